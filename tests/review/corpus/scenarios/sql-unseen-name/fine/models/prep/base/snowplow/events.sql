select
    event_id,
    user_id as member_id,
    coalesce(derived_tstamp, collector_tstamp) as event_at,
    funnel_step_name as step_name,
    lower(funnel_step_action) as step_action,
    page_urlpath
from {{ source('snowplow', 'events') }}
