-- A row means that a later step is closed although an earlier one is not, or was reached before it
-- (funnel.md 8, 13).
with

steps as (
    select
        *,
        lag(is_closed) over (partition by member_id order by step_number) as was_closed,
        max(reached_at) over (
            partition by member_id order by step_number
            rows between unbounded preceding and 1 preceding
        ) as previous_reached_at
    from {{ ref('member_intake_funnel_steps') }}
)

select
    member_id,
    step_number
from steps
where
    (is_closed and not was_closed)
    or reached_at < previous_reached_at
