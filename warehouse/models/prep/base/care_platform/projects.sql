with

source as (
    {{ source_rows(source('care_platform', 'project')) }}
),

hashed as (
    select
        *,
        {{ row_hash([
            'id', 'type', 'status', 'name', 'first_active', 'created', 'modified', 'creator_id',
            '_fivetran_deleted', '_sdc_deleted_at',
        ], times=['first_active', 'created', 'modified', '_sdc_deleted_at']) }} as row_hash
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(id, 'missing:' || row_hash) as project_id,
        -- attributes
        type as project_type,
        status as raw_status,
        creator_id as member_id,
        -- times
        created as created_at,
        first_active as first_active_at,
        modified as modified_at,
        {{ loader_deleted_at('modified') }} as deleted_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason('id', 'created') }} as set_aside_reason,
        row_hash,
        {{ batch_number(loader_time()) }} as batch_number
    from hashed
),

-- the same row may be landed again: of the versions in a batch the latest counts, in an order that
-- is always total; those of several batches meet in delivered_projects
ranked as (
    select
        *,
        count(*) over (partition by project_id, batch_number) as source_row_count,
        row_number() over (
            partition by project_id, batch_number
            order by loaded_at desc nulls last, modified_at desc nulls last, row_hash asc
        ) as version_rank
    from renamed
),

final as (
    select * from ranked
    where version_rank = 1
)

select * from final
