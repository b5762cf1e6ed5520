{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='member_id',
    pre_hook='{{ forget_retold_members() }}',
    meta={'variables': ['intake_funnel_name', 'conversion_window_seconds', 'tie_seconds']},
) }}
-- Who did which step at all within the window of their entry, in whatever order (funnel.md 13).
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

final as (
    select
        member_events.member_id,
        member_events.step_number,
        count(*) as event_count,
        min(member_events.event_microseconds) as first_event_microseconds,
        max(member_entries.batch_number) as batch_number
    from member_events
    inner join member_entries
        on
            member_events.member_id = member_entries.member_id
            and member_events.event_microseconds
            >= member_entries.entered_microseconds - {{ (var("tie_seconds") * 1000000) | int }}
            and member_events.event_microseconds
            <= member_entries.entered_microseconds
            + {{ (var("conversion_window_seconds") * 1000000) | int }}
    where member_events.step_number is not null
    group by member_events.member_id, member_events.step_number
)

select * from final
