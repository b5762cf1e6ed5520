-- The status map, spelled the one way in which statuses are matched.
with

status_map as (
    select * from {{ ref('status_map') }}
),

final as (
    select
        lower({{ trimmed('entity') }}) as entity,
        {{ normalised_status('raw_status') }} as normalised_status,
        {{ trimmed('status') }} as status,
        lower({{ trimmed('category') }}) as category
    from status_map
)

select * from final
