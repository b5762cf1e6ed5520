{#- From history rows to visits (durations.md 1-8): a visit is a maximal run of equal status.

    entities   one row per task or project: entity_id, created_at, deleted_at, status, category
               (the current ones)
    history    one row per accepted history row: entity_id, history_id, changed_at, status, category

    Gives common table expressions; the last, `visits`, has one row per entity and visit:
    entity_id, visit_number, status, category, entered_at, exited_at, is_open, is_imputed. The phase
    `before_history` has number 0. -#}
{% macro status_visits(entities, history) -%}
stated as (
    select
        entity_id,
        changed_at,
        status,
        category,
        row_number() over (
            partition by entity_id
            order by
                changed_at,
                try_cast(history_id as decimal(38, 6)) nulls last,
                history_id
        ) as change_number
    from {{ history }}
    where status is not null
),

compared as (
    select
        *,
        lag(status) over (partition by entity_id order by change_number) as previous_status
    from stated
),

-- only the first row of each run begins a visit
begun as (
    select
        entity_id,
        status,
        category,
        changed_at as entered_at,
        row_number() over (partition by entity_id order by change_number) as visit_number,
        lead(changed_at) over (partition by entity_id order by change_number) as exited_at
    from compared
    where previous_status is null or previous_status != status
),

firsts as (
    select
        entity_id,
        entered_at as first_entered_at
    from begun
    where visit_number = 1
),

phases as (
    select
        begun.entity_id,
        begun.visit_number,
        begun.status,
        begun.category,
        begun.entered_at,
        begun.exited_at,
        false as is_imputed
    from begun

    union all

    select
        {{ entities }}.entity_id,
        0 as visit_number,
        'before_history' as status,
        'before_history' as category,
        {{ entities }}.created_at as entered_at,
        firsts.first_entered_at as exited_at,
        false as is_imputed
    from {{ entities }}
    inner join firsts
        on {{ entities }}.entity_id = firsts.entity_id
    where {{ entities }}.created_at < firsts.first_entered_at

    union all

    select
        {{ entities }}.entity_id,
        1 as visit_number,
        {{ entities }}.status,
        {{ entities }}.category,
        {{ entities }}.created_at as entered_at,
        cast(null as timestamp) as exited_at,
        true as is_imputed
    from {{ entities }}
    left join firsts
        on {{ entities }}.entity_id = firsts.entity_id
    where firsts.entity_id is null and {{ entities }}.created_at is not null
),

-- a deletion ends the visit that is open then: it is an end of its own, not a completion
visits as (
    select
        phases.entity_id,
        phases.visit_number,
        phases.status,
        phases.category,
        phases.entered_at,
        coalesce(
            phases.exited_at,
            case
                when {{ entities }}.deleted_at is not null
                    then greatest({{ entities }}.deleted_at, phases.entered_at)
            end
        ) as exited_at,
        phases.exited_at is null and {{ entities }}.deleted_at is null as is_open,
        phases.is_imputed
    from phases
    inner join {{ entities }}
        on phases.entity_id = {{ entities }}.entity_id
)
{%- endmacro %}
