{#- Which changes begin a visit (durations.md 1-4): a visit is a maximal run of equal status.

    changes    one row per change: change_id, entity_id, changed_at, status, category,
               set_aside_reason, batch_number, record_batch_number

    Gives common table expressions; the last, `placed`, has one row per change: all these but the
    reason, is_out_of_order, and of changes that begin a visit visit_number, previous_category and
    exited_at, null for the others. -#}
{% macro visit_beginnings(changes) -%}
numbered as (
    select
        *,
        try_cast(change_id as decimal(38, 6)) as history_number
    from {{ changes }}
),

-- rows set aside are compared among themselves, never with those that count
ordered as (
    select
        *,
        row_number() over (
            partition by entity_id, set_aside_reason
            order by changed_at, history_number nulls last, change_id
        ) as change_number,
        lag(history_number) over (
            partition by entity_id, set_aside_reason
            order by changed_at, history_number nulls last, change_id
        ) as previous_history_number,
        {{ lag_ignoring_nulls('status') }} over (
            partition by entity_id, set_aside_reason
            order by changed_at, history_number nulls last, change_id
        ) as previous_status
    from numbered
),

-- a row without status carries the last one on
judged as (
    select
        *,
        coalesce(set_aside_reason is null and history_number < previous_history_number, false)
            as is_out_of_order,
        set_aside_reason is null
        and status is not null
        and (previous_status is null or previous_status != status) as is_beginning
    from ordered
),

placed as (
    select
        change_id,
        entity_id,
        changed_at,
        status,
        category,
        is_out_of_order,
        batch_number,
        record_batch_number,
        row_number() over (partition by entity_id order by change_number) as visit_number,
        lag(category) over (partition by entity_id order by change_number) as previous_category,
        lead(changed_at) over (partition by entity_id order by change_number) as exited_at
    from judged
    where is_beginning

    union all

    select
        change_id,
        entity_id,
        changed_at,
        status,
        category,
        is_out_of_order,
        batch_number,
        record_batch_number,
        cast(null as bigint) as visit_number,
        cast(null as varchar) as previous_category,
        cast(null as timestamp) as exited_at
    from judged
    where not is_beginning
)
{%- endmacro %}

{#- The visits of every task or project (durations.md 5-8): those that changes begin, the time
    before them, and one imputed visit where there is no history.

    entities     one row per task or project: entity_id, created_at, deleted_at, status, category
                 (the current ones)
    beginnings   the relation that `visit_beginnings` gives; it is read twice
    key          its column that says whose a change is

    Gives common table expressions; the last, `visits`, has one row per entity and visit:
    entity_id, visit_number, status, category, previous_category, entered_at, exited_at, is_last,
    is_open, is_imputed, batch_number. The phase `before_history` has number 0. -#}
{% macro status_visits(entities, beginnings, key) -%}
firsts as (
    select
        {{ key }} as entity_id,
        changed_at as first_entered_at
    from {{ beginnings }}
    where visit_number = 1
),

visits as (
    -- a deletion ends the visit that is open then: it is an end of its own, not a completion, and
    -- no change that counts is dated later
    select
        beginnings.{{ key }} as entity_id,
        beginnings.visit_number,
        beginnings.status,
        beginnings.category,
        coalesce(
            beginnings.previous_category,
            case when entities.created_at < beginnings.changed_at then 'before_history' end
        ) as previous_category,
        beginnings.changed_at as entered_at,
        coalesce(beginnings.exited_at, entities.deleted_at) as exited_at,
        beginnings.exited_at is null as is_last,
        beginnings.exited_at is null and entities.deleted_at is null as is_open,
        false as is_imputed,
        beginnings.batch_number
    from {{ beginnings }} as beginnings
    inner join {{ entities }} as entities
        on beginnings.{{ key }} = entities.entity_id
    where beginnings.visit_number is not null

    union all

    select
        entities.entity_id,
        case when firsts.entity_id is null then 1 else 0 end as visit_number,
        case when firsts.entity_id is null then entities.status else 'before_history' end as status,
        case when firsts.entity_id is null then entities.category else 'before_history' end
            as category,
        cast(null as varchar) as previous_category,
        entities.created_at as entered_at,
        coalesce(firsts.first_entered_at, entities.deleted_at) as exited_at,
        firsts.entity_id is null as is_last,
        firsts.entity_id is null and entities.deleted_at is null as is_open,
        firsts.entity_id is null as is_imputed,
        cast(null as bigint) as batch_number
    from {{ entities }} as entities
    left join firsts
        on entities.entity_id = firsts.entity_id
    where
        entities.created_at < firsts.first_entered_at
        or (firsts.entity_id is null and entities.created_at is not null)
)
{%- endmacro %}

{#- The value of the row before that has one, as a window function without its window. -#}
{% macro lag_ignoring_nulls(column) -%}
    {{ return(adapter.dispatch('lag_ignoring_nulls')(column)) }}
{%- endmacro %}

{% macro default__lag_ignoring_nulls(column) -%}
    lag({{ column }} ignore nulls)
{%- endmacro %}

{% macro snowflake__lag_ignoring_nulls(column) -%}
    lag({{ column }}) ignore nulls
{%- endmacro %}
