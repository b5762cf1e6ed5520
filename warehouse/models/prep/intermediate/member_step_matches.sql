{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='member_id',
    pre_hook='{{ forget_retold_members() }}',
    meta={
        'variables': [
            'intake_funnel_name', 'intake_step_count', 'conversion_window_seconds', 'tie_seconds',
        ],
    },
) }}
-- The event that serves each step of each person, in order, within the window (funnel.md 8-12).
-- Whether a step applied matters by its dates only: who did a step that did not apply otherwise had
-- it all the same, and who did not do it has no event that could serve it (14).
with

member_events as (
    select * from {{ ref('member_events') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
    {%- if is_incremental() %}
    where member_id not in (select earlier.member_id from {{ this }} as earlier)
    {%- endif %}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

attempts as (
    select
        member_id as attempt_id,
        member_id as person_id,
        entry_event_number,
        entered_microseconds
    from member_entries
),

step_events as (
    select
        member_events.member_id as person_id,
        member_events.step_number,
        member_events.event_number,
        member_events.event_microseconds
    from member_events
    inner join member_entries
        on member_events.member_id = member_entries.member_id
    inner join intake_steps
        on member_events.step_number = intake_steps.step_number
    where
        coalesce(member_entries.entered_at >= intake_steps.valid_from, true)
        and coalesce(member_entries.entered_at < intake_steps.valid_to, true)
),

{{ funnel_match_steps(
    attempts='attempts',
    step_events='step_events',
    step_numbers=range(2, var('intake_step_count') + 1),
    window_seconds=var('conversion_window_seconds'),
    tie_seconds=var('tie_seconds'),
) }},

final as (
    select
        matched_steps.attempt_id as member_id,
        matched_steps.step_number,
        matched_steps.event_number,
        matched_steps.reached_microseconds,
        member_entries.batch_number
    from matched_steps
    inner join member_entries
        on matched_steps.attempt_id = member_entries.member_id
)

select * from final
