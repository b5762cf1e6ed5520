with

source as (
    {{ source_rows(source('care_platform', 'task')) }}
),

final as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(
            id,
            'missing:' || {{ row_hash([
                'id', 'project_id', 'title', 'status', 'due', 'created', 'modified',
                '_fivetran_deleted', '_sdc_deleted_at',
            ], times=['due', 'created', 'modified', '_sdc_deleted_at']) }}
        ) as task_id,
        -- attributes
        project_id,
        title,
        {{ known_then('status', 'modified') }} as raw_status,
        -- times
        {{ plausible('due') }} as due_at,
        created as created_at,
        {{ plausible('modified') }} as modified_at,
        {{ loader_deleted_at('modified') }} as deleted_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason(
            'id', 'created', recorded_at=loader_time(), ends_at=loader_deleted_at('modified')
        ) }} as set_aside_reason,
        {{ early_moment_count(['due', 'modified', '_sdc_deleted_at']) }}
            as early_moment_count,
        1 as source_row_count,
        {{ batch_number(loader_time()) }} as batch_number
    from source
)

select * from final
