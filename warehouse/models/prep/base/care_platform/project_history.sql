with

source as (
    {{ source_rows(source('care_platform', 'historical_project')) }}
),

hashed as (
    select
        *,
        {{ row_hash([
            'history_id', 'id', 'type', 'status', 'first_active', 'created', 'history_date',
            'history_user_id',
        ], times=['first_active', 'created', 'history_date']) }} as row_hash
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(history_id, 'missing:' || row_hash) as project_history_id,
        id as project_id,
        -- attributes
        type as project_type,
        status as raw_status,
        history_user_id as changed_by_id,
        -- times
        history_date as changed_at,
        first_active as first_active_at,
        created as created_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason(
            'case when history_id is not null then id end', 'history_date', loader_time()
        ) }} as set_aside_reason,
        row_hash,
        {{ batch_number(loader_time()) }} as batch_number
    from hashed
),

-- the same row may be landed again: of the versions in a batch the latest counts, in an order that
-- is always total; those of several batches meet in full_project_history
ranked as (
    select
        *,
        count(*) over (partition by project_history_id, batch_number) as source_row_count,
        row_number() over (
            partition by project_history_id, batch_number
            order by loaded_at desc nulls last, row_hash asc
        ) as version_rank
    from renamed
),

final as (
    select * from ranked
    where version_rank = 1
)

select * from final
