-- The events of known people, in the one order in which everything reads them (funnel.md 7).
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

step_pages as (
    select
        page_path,
        min(step_number) as step_number
    from intake_steps
    where page_path is not null
    group by page_path
),

-- an event stands for a step when the step was done: not skipped, not merely opened, not failed
stepped as (
    select
        accepted_events.*,
        coalesce(intake_steps.step_number, step_pages.step_number) as step_number
    from accepted_events
    left join intake_steps
        on
            accepted_events.step_name = intake_steps.step_name
            and accepted_events.funnel_name = upper('{{ var("intake_funnel_name") }}')
            and coalesce(accepted_events.step_action, 'SUBMIT') = 'SUBMIT'
            and accepted_events.failure_reason is null
    left join step_pages
        on
            accepted_events.page_path = step_pages.page_path
            and accepted_events.event_name = 'page_view'
    where accepted_events.member_id is not null
),

final as (
    select
        *,
        row_number() over (
            partition by member_id
            order by event_at, step_number nulls last, event_id
        ) as event_number,
        {{ epoch_microseconds('event_at') }} as event_microseconds
    from stepped
)

select * from final
