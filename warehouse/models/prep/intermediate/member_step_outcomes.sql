{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='member_id',
    pre_hook=[
        '{{ forget_retold_members() }}',
        '{{ forget_members_judged_otherwise() }}',
    ],
    meta={
        'variables': [
            'intake_funnel_name', 'intake_step_count', 'conversion_window_seconds', 'tie_seconds',
        ],
    },
) }}
-- What became of each step of each person who entered (funnel.md 13).
with

member_step_applicability as (
    select * from {{ ref('member_step_applicability') }}
    {%- if is_incremental() %}
    where member_id not in (select earlier.member_id from {{ this }} as earlier)
    {%- endif %}
),

member_step_matches as (
    select * from {{ ref('member_step_matches') }}
),

member_step_opens as (
    select * from {{ ref('member_step_opens') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

assembled as (
    select
        member_step_applicability.member_id,
        member_step_applicability.step_number,
        member_step_applicability.is_applicable,
        member_step_applicability.applicability_reason,
        member_step_applicability.is_open,
        intake_steps.is_optional,
        member_step_matches.member_id is not null as is_in_order,
        member_step_matches.reached_microseconds,
        member_entries.entered_microseconds,
        member_entries.batch_number,
        coalesce(member_step_opens.event_count, 0) as event_count
    from member_step_applicability
    inner join member_entries
        on member_step_applicability.member_id = member_entries.member_id
    inner join intake_steps
        on member_step_applicability.step_number = intake_steps.step_number
    left join member_step_matches
        on
            member_step_applicability.member_id = member_step_matches.member_id
            and member_step_applicability.step_number = member_step_matches.step_number
            and member_step_applicability.is_applicable
    left join member_step_opens
        on
            member_step_applicability.member_id = member_step_opens.member_id
            and member_step_applicability.step_number = member_step_opens.step_number
),

{{ funnel_step_statuses('assembled', person='member_id') }},

final as (
    select
        member_id,
        step_number,
        is_applicable,
        applicability_reason,
        status,
        is_closed,
        is_in_order,
        is_open,
        event_count,
        reached_microseconds,
        reached_microseconds - entered_microseconds as microseconds_from_entry,
        reached_microseconds - previous_reached_microseconds as microseconds_from_previous,
        batch_number
    from step_statuses
)

select * from final
