{{ config(materialized='view') }}
-- The client at entry: the landing page that brought the person, else their account, else unknown
-- (funnel.md 21). The landing page may have been seen before the person was known: by the same
-- visitor, where that visitor was only ever one person, or in the session of the sign-up.
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

landing_views as (
    select * from {{ ref('landing_views') }}
),

members as (
    select * from {{ ref('members') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
),

single_person_visitors as (
    select
        visitor_id,
        min(member_id) as member_id
    from accepted_events
    where visitor_id is not null and member_id is not null
    group by visitor_id
    having min(member_id) = max(member_id)
),

attributed_views as (
    select
        member_id,
        event_at,
        event_id,
        client_id
    from landing_views
    where member_id is not null

    union all

    select
        single_person_visitors.member_id,
        landing_views.event_at,
        landing_views.event_id,
        landing_views.client_id
    from landing_views
    inner join single_person_visitors
        on landing_views.visitor_id = single_person_visitors.visitor_id
    where landing_views.member_id is null

    union all

    select
        member_entries.member_id,
        landing_views.event_at,
        landing_views.event_id,
        landing_views.client_id
    from landing_views
    inner join member_entries
        on landing_views.session_id = member_entries.session_id
    where landing_views.member_id is null
),

-- the last landing page at or before entry, within the tolerance
ranked_views as (
    select
        attributed_views.member_id,
        attributed_views.client_id,
        row_number() over (
            partition by attributed_views.member_id
            order by
                attributed_views.event_at desc nulls last,
                attributed_views.event_id desc nulls last
        ) as view_rank
    from attributed_views
    inner join member_entries
        on
            attributed_views.member_id = member_entries.member_id
            and {{ epoch_microseconds('attributed_views.event_at') }}
            <= member_entries.entered_microseconds + {{ (var("tie_seconds") * 1000000) | int }}
),

final as (
    select
        member_entries.member_id,
        coalesce(ranked_views.client_id, members.client_id) as entry_client_id,
        case
            when ranked_views.client_id is not null then 'landing_page'
            when members.client_id is not null then 'account'
            else 'unknown'
        end as entry_client_source
    from member_entries
    left join ranked_views
        on
            member_entries.member_id = ranked_views.member_id
            and ranked_views.view_rank = 1
    left join members
        on
            member_entries.member_id = members.member_id
            and members.set_aside_reason is null
)

select * from final
