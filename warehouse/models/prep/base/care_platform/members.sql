with

source as (
    {{ source_rows(source('care_platform', 'members')) }}
),

hashed as (
    select
        *,
        {{ row_hash([
            'user_id', 'user_name', 'email', 'birthdate', 'country', 'client_id',
            'is_eligibility_verified', 'created', '_fivetran_deleted', '_sdc_deleted_at',
        ], times=['created', '_sdc_deleted_at']) }} as row_hash
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(user_id, 'missing:' || row_hash) as member_id,
        -- attributes
        user_name as full_name,
        nullif({{ trimmed('email') }}, '') as email,
        birthdate as birth_date,
        country,
        client_id,
        is_eligibility_verified,
        -- times
        {{ plausible('created') }} as created_at,
        {{ loader_deleted_at('created') }} as deleted_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason('user_id', 'created') }} as set_aside_reason,
        {{ early_moment_count(['created', '_sdc_deleted_at']) }}
            as early_moment_count,
        row_hash
    from hashed
),

-- the same row may be landed again: the latest version counts, in an order that is always total
ranked as (
    select
        *,
        count(*) over (partition by member_id) as source_row_count,
        row_number() over (
            partition by member_id
            order by loaded_at desc nulls last, created_at desc nulls last, row_hash asc
        ) as version_rank
    from renamed
),

final as (
    select * from ranked
    where version_rank = 1
)

select * from final
