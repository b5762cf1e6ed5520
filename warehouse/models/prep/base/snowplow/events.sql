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
with

source as (
    {{ source_rows(source('snowplow', 'events')) }}
),

hashed as (
    select
        *,
        {{ row_hash(payload, times=['dvce_created_tstamp']) }} as payload_hash,
        {{ row_hash(circumstances, times=['derived_tstamp', 'collector_tstamp']) }} as row_hash,
        coalesce(derived_tstamp, collector_tstamp) as occurred_at
    from source
),

renamed as (
    select
        -- keys: a row without one keeps a key of its own, so that it can be counted
        coalesce(
            event_id,
            'missing:' || {{ row_hash(
                ['payload_hash', 'collector_tstamp', 'derived_tstamp'],
                times=['collector_tstamp', 'derived_tstamp'],
            ) }}
        ) as event_id,
        user_id as member_id,
        domain_userid as visitor_id,
        domain_sessionid as session_id,
        -- what happened
        event_name,
        event_version,
        upper({{ trimmed('funnel_funnel_name') }}) as funnel_name,
        upper({{ trimmed('funnel_step_name') }}) as step_name,
        upper({{ trimmed('funnel_step_action') }}) as step_action,
        funnel_failure_reason as failure_reason,
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
),

-- delivered at least once: of the copies in a batch the one collected first counts, in an order
-- that is always total; copies in several batches meet in delivered_events
ranked as (
    select
        *,
        count(*) over (partition by event_id, batch_number) as source_row_count,
        min(payload_hash) over (partition by event_id, batch_number)
        != max(payload_hash) over (partition by event_id, batch_number) as has_payload_conflict,
        row_number() over (
            partition by event_id, batch_number
            order by collected_at, loaded_at nulls last, payload_hash, row_hash
        ) as copy_rank
    from renamed
),

final as (
    select * from ranked
    where copy_rank = 1
)

select * from final
