with

source as (
    {{ source_rows(source('care_platform', 'project')) }}
),

final as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(
            id,
            'missing:' || {{ row_hash([
                'id', 'type', 'status', 'name', 'first_active', 'created', 'modified', 'creator_id',
                '_fivetran_deleted', '_sdc_deleted_at',
            ], times=['first_active', 'created', 'modified', '_sdc_deleted_at']) }}
        ) as project_id,
        -- attributes
        type as project_type,
        {{ known_then('status', 'modified') }} as raw_status,
        creator_id as member_id,
        -- times
        created as created_at,
        {{ plausible('first_active') }} as first_active_at,
        {{ plausible('modified') }} as modified_at,
        {{ loader_deleted_at('modified') }} as deleted_at,
        {{ loader_time() }} as loaded_at,
        -- handling
        {{ set_aside_reason(
            'id', 'created', recorded_at=loader_time(), ends_at=loader_deleted_at('modified')
        ) }} as set_aside_reason,
        {{ early_moment_count(['first_active', 'modified', '_sdc_deleted_at']) }}
            as early_moment_count,
        1 as source_row_count,
        {{ batch_number(loader_time()) }} as batch_number
    from source
)

select * from final
