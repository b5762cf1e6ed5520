{{ config(materialized='view') }}
-- Anyone who was ever staff is out of every step, whenever that was (funnel.md 3).
with

eventful_members as (
    select * from {{ ref('eventful_members') }}
),

final as (
    select member_id
    from eventful_members
    where is_staff
)

select * from final
