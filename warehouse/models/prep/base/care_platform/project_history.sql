with

source as (
    {{ source_rows(source('care_platform', 'historical_project')) }}
),

final as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(
            history_id,
            'missing:' || {{ row_hash([
                'history_id', 'id', 'type', 'status', 'first_active', 'created', 'history_date',
                'history_user_id',
            ], times=['first_active', 'created', 'history_date']) }}
        ) as project_history_id,
        id as project_id,
        -- attributes
        type as project_type,
        status as raw_status,
        history_user_id as changed_by_id,
        -- times
        history_date as changed_at,
        {{ plausible('first_active') }} as first_active_at,
        {{ plausible('created') }} as own_created_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason(
            'case when history_id is not null then id end', 'history_date', loader_time()
        ) }} as own_set_aside_reason,
        {{ early_moment_count(['first_active', 'created']) }}
            as early_moment_count,
        1 as source_row_count,
        {{ batch_number(loader_time()) }} as batch_number
    from source
)

select * from final
