{#- The attempts: which events count as entering (funnel.md 2, 12, 18).

    entry_events   one row per event that may enter: person_id, event_number, event_microseconds
                   and, for first_time_only, is_first_ever
    entry          first_entry: a person's first in the range; any_entry: each of them
    from_microseconds, to_microseconds
                   the range of entries, its end exclusive; none: without limit

    Gives `attempts`: attempt_id, person_id, entry_event_number, entered_microseconds. -#}
{% macro funnel_attempts(
    entry_events, entry='first_entry', from_microseconds=none, to_microseconds=none,
    first_time_only=false
) -%}
ranged_entries as (
    select
        person_id,
        event_number,
        event_microseconds
    from {{ entry_events }}
    where
        true
        {%- if from_microseconds is not none %}
        and event_microseconds >= {{ from_microseconds }}
        {%- endif %}
        {%- if to_microseconds is not none %}
        and event_microseconds < {{ to_microseconds }}
        {%- endif %}
        {%- if first_time_only %}
        and is_first_ever
        {%- endif %}
),

attempts as (
    {%- if entry == 'first_entry' %}
    select
        person_id as attempt_id,
        person_id,
        -- event numbers rise with time: both are of the same event
        min(event_number) as entry_event_number,
        min(event_microseconds) as entered_microseconds
    from ranged_entries
    group by person_id
    {%- else %}
    select
        row_number() over (order by person_id, event_number) as attempt_id,
        person_id,
        event_number as entry_event_number,
        event_microseconds as entered_microseconds
    from ranged_entries
    {%- endif %}
)
{%- endmacro %}
