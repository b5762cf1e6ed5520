-- A row means that a visit does not end where the next one begins, lasts a negative time, or is
-- open although another follows (durations.md 3).
with

phases as (
    {%- for entity in ['task', 'project'] %}
    select
        '{{ entity }}' as entity,
        {{ entity }}_id as entity_id,
        visit_number,
        entered_at,
        exited_at,
        is_open,
        seconds
    from {{ ref(entity ~ '_phases') }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

followed as (
    select
        *,
        lead(entered_at) over (
            partition by entity, entity_id order by visit_number
        ) as next_entered_at
    from phases
)

select
    entity,
    entity_id,
    visit_number
from followed
where
    seconds < 0
    or (is_open and exited_at is not null)
    or (next_entered_at is not null and coalesce(exited_at != next_entered_at, true))
