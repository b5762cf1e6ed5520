-- One row per member, known from an account or from events; attributes as they were at entry.
with

funnel_members as (
    select * from {{ ref('funnel_members') }}
),

clients as (
    select * from {{ ref('clients') }}
    where set_aside_reason is null
),

data_freshness as (
    select complete_through from {{ ref('data_freshness') }}
    where source_table = 'snowplow.events'
),

final as (
    select
        funnel_members.member_id,
        funnel_members.exclusion_reason,
        funnel_members.population,
        funnel_members.has_account,
        funnel_members.is_deleted,
        funnel_members.entered_at,
        funnel_members.entered_date,
        funnel_members.entered_week_date,
        funnel_members.entry_event_id,
        funnel_members.entry_client_id,
        funnel_members.entry_client_source,
        clients.client_name as entry_client_name,
        clients.client_size as entry_client_size,
        clients.client_industry as entry_client_industry,
        clients.verification_type as entry_verification_type,
        funnel_members.entry_device_type,
        funnel_members.entry_country,
        funnel_members.entry_referrer,
        funnel_members.entry_is_eligibility_verified,
        funnel_members.window_ends_at,
        case
            when funnel_members.population = 'entrant'
                then coalesce(
                    funnel_members.window_ends_at <= data_freshness.complete_through, false
                )
        end as is_mature,
        case
            when funnel_members.population = 'entrant'
                then funnel_members.converted_at is not null
        end as is_converted,
        funnel_members.converted_at,
        {{ seconds_between('funnel_members.entered_at', 'funnel_members.converted_at') }}
            as seconds_to_convert,
        funnel_members.last_closed_step_number,
        funnel_members.last_closed_step_name,
        funnel_members.applicable_step_count,
        funnel_members.skipped_step_count,
        cast(funnel_members.repeat_event_count as bigint) as repeat_event_count
    from funnel_members
    cross join data_freshness
    left join clients
        on funnel_members.entry_client_id = clients.client_id
)

select * from final
