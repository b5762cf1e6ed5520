{%- set payload = [
    'event_name', 'event_version', 'domain_userid', 'domain_sessionid', 'page_urlpath',
    'dvce_created_tstamp', 'funnel_funnel_name', 'funnel_step_name', 'funnel_step_action',
    'funnel_failure_reason', 'user_id', 'user_role', 'user_is_eligibility_verified',
] -%}
{%- set circumstances = [
    'derived_tstamp', 'collector_tstamp', 'dvce_type', 'geo_country', 'page_url', 'page_referrer',
    'page_urlhost', 'refr_urlhost', 'app_id', 'platform', 'user_ipaddress', 'geo_latitude',
    'geo_longitude', 'geo_zipcode', 'useragent',
] -%}
{%- set rows = source_rows(source('snowplow', 'events')) -%}
{%- set payload_hash = row_hash(payload, times=['dvce_created_tstamp']) -%}
with

identified as (
    {{ rows }}
    where event_id is not null
),

unidentified as (
    {{ rows }}
    where event_id is null
),

-- a row without an id keeps one of its own, so that it can be counted; the id of the others stays a
-- plain column: a join on it then reads only the rows that match
keyed as (
    select
        *,
        event_id as event_key
    from identified

    union all

    select
        *,
        'missing:' || {{ row_hash(
            [payload_hash, 'collector_tstamp', 'derived_tstamp'],
            times=['collector_tstamp', 'derived_tstamp'],
        ) }} as event_key
    from unidentified
),

hashed as (
    select
        *,
        {{ payload_hash }} as payload_hash,
        {{ row_hash(circumstances, times=['derived_tstamp', 'collector_tstamp']) }} as row_hash,
        coalesce(derived_tstamp, collector_tstamp) as occurred_at
    from keyed
),

final as (
    select
        -- keys
        event_key as event_id,
        user_id as member_id,
        domain_userid as visitor_id,
        domain_sessionid as session_id,
        -- what happened
        event_name,
        event_version,
        upper({{ trimmed('funnel_funnel_name') }}) as funnel_name,
        upper({{ trimmed('funnel_step_name') }}) as step_name,
        upper({{ trimmed('funnel_step_action') }}) as step_action,
        {{ without_addresses('funnel_failure_reason') }} as failure_reason,
        upper({{ trimmed('user_role') }}) as user_role,
        user_is_eligibility_verified as is_eligibility_verified,
        -- where
        app_id,
        platform,
        lower(dvce_type) as device_type,
        upper(geo_country) as country,
        {{ url_host('page_urlhost', 'page_url') }} as page_host,
        {{ url_path('page_urlpath', 'page_url') }} as page_path,
        {{ url_host('refr_urlhost', 'page_referrer') }} as referrer_host,
        -- direct identifiers: end here
        user_ipaddress as ip_address,
        geo_latitude as latitude,
        geo_longitude as longitude,
        geo_zipcode as zip_code,
        page_url,
        page_referrer,
        useragent as user_agent,
        -- times
        occurred_at as event_at,
        collector_tstamp as collected_at,
        load_tstamp as loaded_at,
        -- handling
        {{ set_aside_reason('event_id', 'occurred_at', 'load_tstamp') }} as set_aside_reason,
        payload_hash,
        row_hash,
        {{ batch_number('load_tstamp') }} as batch_number
    from hashed
)

select * from final
