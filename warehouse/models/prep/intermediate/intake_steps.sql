-- The steps of the intake funnel, as the definitions say.
with

funnel_steps as (
    select * from {{ ref('funnel_steps') }}
),

final as (
    select
        step_number,
        upper({{ trimmed('step_name') }}) as step_name,
        coalesce(is_optional, false) as is_optional,
        valid_from,
        valid_to,
        {{ url_path('page_urlpath', 'cast(null as varchar)') }} as page_path,
        applies_when,
        step_number = max(step_number) over () as is_last_step
    from funnel_steps
    where upper({{ trimmed('funnel_name') }}) = upper({{ quoted(var('intake_funnel_name')) }})
)

select * from final
