-- A row means that the steps of the intake funnel are not those from 1 to the variable
-- intake_step_count, so that some would never be matched (funnel.md 8). `carepath build` counts
-- them itself; dbt alone is told: --vars '{intake_step_count: N}'.
with

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

counted as (
    select
        count(*) as step_count,
        max(step_number) as last_step_number
    from intake_steps
)

select
    step_count,
    last_step_number,
    {{ var('intake_step_count') }} as matched_step_count
from counted
where
    step_count != {{ var('intake_step_count') }}
    or coalesce(last_step_number, 0) != {{ var('intake_step_count') }}
