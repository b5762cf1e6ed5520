with

source as (
    {{ source_rows(source('care_platform', 'historical_task')) }}
),

final as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(
            history_id,
            'missing:' || {{ row_hash([
                'history_id', 'id', 'created', 'status', 'title', 'due', 'history_date',
                'history_user_id',
            ], times=['created', 'due', 'history_date']) }}
        ) as task_history_id,
        id as task_id,
        -- attributes
        title,
        status as raw_status,
        history_user_id as changed_by_id,
        -- times
        history_date as changed_at,
        {{ plausible('due') }} as due_at,
        {{ plausible('created') }} as own_created_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason(
            'case when history_id is not null then id end', 'history_date', loader_time()
        ) }} as own_set_aside_reason,
        {{ early_moment_count(['created', 'due']) }}
            as early_moment_count,
        1 as source_row_count,
        {{ batch_number(loader_time()) }} as batch_number
    from source
)

select * from final
