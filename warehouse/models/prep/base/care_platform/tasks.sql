with

source as (
    {{ source_rows(source('care_platform', 'task')) }}
),

hashed as (
    select
        *,
        {{ row_hash([
            'id', 'project_id', 'title', 'status', 'due', 'created', 'modified',
            '_fivetran_deleted', '_sdc_deleted_at',
        ], times=['due', 'created', 'modified', '_sdc_deleted_at']) }} as row_hash
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(id, 'missing:' || row_hash) as task_id,
        -- attributes
        project_id,
        title,
        status as raw_status,
        -- times
        due as due_at,
        created as created_at,
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
-- is always total; those of several batches meet in delivered_tasks
ranked as (
    select
        *,
        count(*) over (partition by task_id, batch_number) as source_row_count,
        row_number() over (
            partition by task_id, batch_number
            order by loaded_at desc nulls last, modified_at desc nulls last, row_hash asc
        ) as version_rank
    from renamed
),

final as (
    select * from ranked
    where version_rank = 1
)

select * from final
