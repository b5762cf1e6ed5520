-- Anyone who was ever staff is out of every step, whenever that was (funnel.md 3).
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

final as (
    select distinct member_id
    from accepted_events
    where member_id is not null and user_role = 'STAFF'
)

select * from final
