-- One row per member and defined step, reached or not.
with

people as (
    select * from {{ ref('member_intake_funnel_metrics') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

member_step_outcomes as (
    select * from {{ ref('member_step_outcomes') }}
),

final as (
    select
        people.member_id,
        intake_steps.step_number,
        intake_steps.step_name,
        intake_steps.is_optional,
        people.exclusion_reason,
        people.population,
        people.is_mature,
        coalesce(member_step_outcomes.is_applicable, true) as is_applicable,
        coalesce(member_step_outcomes.applicability_reason, 'no_entry') as applicability_reason,
        coalesce(member_step_outcomes.status, 'not_reached') as status,
        coalesce(member_step_outcomes.is_closed, false) as is_closed,
        coalesce(member_step_outcomes.is_in_order, false) as is_in_order,
        coalesce(member_step_outcomes.is_open, false) as is_open,
        {{ from_epoch_microseconds('member_step_outcomes.reached_microseconds') }} as reached_at,
        {{ microseconds_to_seconds('member_step_outcomes.microseconds_from_previous') }}
            as seconds_from_previous,
        {{ microseconds_to_seconds('member_step_outcomes.microseconds_from_entry') }}
            as seconds_from_entry,
        coalesce(member_step_outcomes.event_count, 0) as event_count
    from people
    cross join intake_steps
    left join member_step_outcomes
        on
            people.member_id = member_step_outcomes.member_id
            and intake_steps.step_number = member_step_outcomes.step_number
)

select * from final
