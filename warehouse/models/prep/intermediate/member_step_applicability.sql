{{ config(materialized='view') }}
-- Which steps applied to a person when they entered (funnel.md 14): the definitions' dates, the
-- client's verification, and what the client's people show. Who did a step had it. A step that
-- some clients got later, or never, is one that nobody can tell of where the client is unknown.
with

member_cohorts as (
    select * from {{ ref('member_cohorts') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

member_step_opens as (
    select * from {{ ref('member_step_opens') }}
),

client_step_availability as (
    select * from {{ ref('client_step_availability') }}
),

clients as (
    select * from {{ ref('clients') }}
),

uneven_steps as (
    select distinct step_number
    from client_step_availability
    where availability in ('introduced', 'never')
),

judged as (
    select
        member_cohorts.member_id,
        intake_steps.step_number,
        member_step_opens.member_id is not null as is_open,
        case
            when
                member_cohorts.entered_at < intake_steps.valid_from
                or member_cohorts.entered_at >= intake_steps.valid_to
                then 'outside_valid_dates'
            when intake_steps.step_number = 1 then 'applies'
            when client_step_availability.availability = 'never' then 'never_released'
            when
                client_step_availability.availability = 'introduced'
                and member_cohorts.entered_week_date <= client_step_availability.last_week_without
                then 'not_yet_released'
            when
                client_step_availability.availability = 'introduced'
                and member_cohorts.entered_week_date < client_step_availability.first_week_with
                then 'partial_rollout'
            -- what most of a client's people did speaks against its record, what a few did does not
            when
                client_step_availability.availability = 'always'
                and client_step_availability.doing_count
                <= 0.5 * client_step_availability.passing_count
                and intake_steps.applies_when = 'client_verifies'
                and clients.client_id is not null
                and clients.verification_type is null
                then 'client_does_not_verify'
            when client_step_availability.availability in ('introduced', 'always') then 'applies'
            when
                member_cohorts.entry_client_id is null and uneven_steps.step_number is not null
                then 'client_unknown'
            when
                intake_steps.applies_when = 'client_verifies' and clients.client_id is null
                then 'client_unknown'
            when
                intake_steps.applies_when = 'client_verifies' and clients.verification_type is null
                then 'client_does_not_verify'
            else 'applies'
        end as applicability_reason
    from member_cohorts
    cross join intake_steps
    left join member_step_opens
        on
            member_cohorts.member_id = member_step_opens.member_id
            and intake_steps.step_number = member_step_opens.step_number
    left join client_step_availability
        on
            member_cohorts.entry_client_id = client_step_availability.entry_client_id
            and intake_steps.step_number = client_step_availability.step_number
    left join uneven_steps
        on intake_steps.step_number = uneven_steps.step_number
    left join clients
        on
            member_cohorts.entry_client_id = clients.client_id
            and clients.set_aside_reason is null
),

final as (
    select
        member_id,
        step_number,
        is_open,
        applicability_reason = 'applies'
        or (is_open and applicability_reason != 'outside_valid_dates') as is_applicable,
        case
            when
                is_open and applicability_reason not in ('applies', 'outside_valid_dates')
                then 'observed'
            else applicability_reason
        end as applicability_reason
    from judged
)

select * from final
