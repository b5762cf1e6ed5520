select
    event_id,
    user_id as member_id,
    coalesce(derived_tstamp, collector_tstmp) as event_at,
    funnel_step_name as step_name,
    lower(funnel_step_action) as step_action,
    page_urlpath,
    collector_tstamp as collected_at,
    collector_tstamp as first_collected_at,
    date(collector_tstamp) as collected_on
from {{ source('snowplow', 'events') }}
