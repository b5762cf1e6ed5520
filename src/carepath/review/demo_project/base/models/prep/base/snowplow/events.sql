with source as (
    select * from {{ source('snowplow', 'events') }}
),

renamed as (
    select
        event_id,
        user_id as member_id,
        collector_tstamp as event_at,
        event_name,
        funnel_funnel_name as funnel_name,
        funnel_step_name as step_name,
        upper(funnel_step_action) as step_action
    from source
    where event_name = 'funnel'
)

select * from renamed
