-- Views of the page on which a client's people arrive (funnel.md 21). A page that two clients share
-- tells nothing; nor does the root of a site when the landing page names no host.
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

clients as (
    select * from {{ ref('clients') }}
    where set_aside_reason is null and landing_page_url is not null
),

parsed as (
    select
        client_id,
        {{ url_host('null', 'landing_page_url') }} as page_host,
        {{ url_path('null', 'landing_page_url') }} as page_path
    from clients
),

landing_pages as (
    select
        page_host,
        page_path,
        min(client_id) as client_id
    from parsed
    group by page_host, page_path
    having count(*) = 1 and (page_host is not null or page_path != '/')
),

-- few paths are landing pages: the rest is left out before anything is joined
candidates as (
    select
        event_id,
        member_id,
        visitor_id,
        session_id,
        event_at,
        page_host,
        page_path
    from accepted_events
    where page_path in (select landing_pages.page_path from landing_pages)
),

-- a landing page on the host of the view says more than one written without a host
final as (
    select
        candidates.event_id,
        candidates.member_id,
        candidates.visitor_id,
        candidates.session_id,
        candidates.event_at,
        coalesce(pages_of_host.client_id, pages_of_any_host.client_id) as client_id
    from candidates
    left join landing_pages as pages_of_host
        on
            candidates.page_path = pages_of_host.page_path
            and candidates.page_host = pages_of_host.page_host
    left join landing_pages as pages_of_any_host
        on
            candidates.page_path = pages_of_any_host.page_path
            and pages_of_any_host.page_host is null
    where pages_of_host.client_id is not null or pages_of_any_host.client_id is not null
)

select * from final
