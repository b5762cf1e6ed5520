{{ config(materialized='view') }}
-- Where the task's record and its history disagree; history wins (durations.md 4, 7).
with

known_tasks as (
    select * from {{ ref('known_tasks') }}
),

changes as (
    select * from {{ ref('task_visit_beginnings') }}
),

out_of_order as (
    select distinct task_id from changes
    where is_out_of_order
),

last_visits as (
    select
        task_id,
        status
    from changes
    where visit_number is not null and exited_at is null
),

final as (
    select
        known_tasks.task_id,
        out_of_order.task_id is not null as has_order_conflict,
        coalesce(
            known_tasks.is_listed
            and known_tasks.status != 'unknown'
            and last_visits.status != known_tasks.status,
            false
        ) as has_status_conflict
    from known_tasks
    left join out_of_order
        on known_tasks.task_id = out_of_order.task_id
    left join last_visits
        on known_tasks.task_id = last_visits.task_id
)

select * from final
