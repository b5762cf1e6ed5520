with

source as (
    {{ source_rows(source('care_platform', 'clients')) }}
),

hashed as (
    select
        *,
        {{ row_hash([
            'id', 'name', 'created', 'modified', 'client_size', 'client_industry',
            'client_landing_page_url', 'verification_type', 'is_archived', '_fivetran_deleted',
            '_sdc_deleted_at',
        ], times=['created', 'modified', '_sdc_deleted_at']) }} as row_hash
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(id, 'missing:' || row_hash) as client_id,
        -- attributes
        name as client_name,
        client_size,
        client_industry,
        client_landing_page_url as landing_page_url,
        nullif({{ trimmed('verification_type') }}, '') as verification_type,
        coalesce(is_archived, false) as is_archived,
        -- times
        {{ plausible('created') }} as created_at,
        {{ plausible('modified') }} as modified_at,
        {{ loader_deleted_at('modified') }} as deleted_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason('id', 'created') }} as set_aside_reason,
        {{ early_moment_count(['created', 'modified', '_sdc_deleted_at']) }}
            as early_moment_count,
        row_hash
    from hashed
),

-- the same row may be landed again: the latest version counts, in an order that is always total
ranked as (
    select
        *,
        count(*) over (partition by client_id) as source_row_count,
        row_number() over (
            partition by client_id
            order by loaded_at desc nulls last, modified_at desc nulls last, row_hash asc
        ) as version_rank
    from renamed
),

final as (
    select * from ranked
    where version_rank = 1
)

select * from final
