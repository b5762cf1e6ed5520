-- One row per change of the product, as the team recorded it.
with

product_changes as (
    select * from {{ ref('product_changes') }}
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

localised as (
    select
        product_changes.change_name,
        lower(coalesce({{ trimmed('product_changes.kind') }}, 'other')) as kind,
        upper({{ trimmed('product_changes.step_name') }}) as step_name,
        product_changes.client_id,
        product_changes.released_at,
        cast(product_changes.released_at as date) as recorded_date,
        cast({{ local_time('product_changes.released_at', 'site.time_zone') }} as date)
            as local_date
    from product_changes
    cross join site
),

final as (
    select
        cast(
            row_number() over (
                order by released_at, change_name, step_name, client_id, kind
            ) as bigint
        ) as release_number,
        change_name,
        kind,
        step_name,
        client_id,
        released_at,
        -- a date without a time means the team's own date
        case
            when released_at = cast(recorded_date as timestamp) then recorded_date
            else local_date
        end as released_date
    from localised
)

select * from final
