-- Who entered, for which client, in which local week: the cohort by which exposure is judged.
with

member_entries as (
    select * from {{ ref('member_entries') }}
),

member_entry_clients as (
    select * from {{ ref('member_entry_clients') }}
),

staff_members as (
    select * from {{ ref('staff_members') }}
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

localised as (
    select
        member_entries.member_id,
        member_entries.entered_at,
        member_entry_clients.entry_client_id,
        member_entry_clients.entry_client_source,
        staff_members.member_id is not null as is_staff,
        {{ local_time('member_entries.entered_at', 'site.time_zone') }} as entered_local_at
    from member_entries
    inner join member_entry_clients
        on member_entries.member_id = member_entry_clients.member_id
    left join staff_members
        on member_entries.member_id = staff_members.member_id
    cross join site
),

final as (
    select
        member_id,
        entered_at,
        entry_client_id,
        entry_client_source,
        is_staff,
        cast(entered_local_at as date) as entered_date,
        {{ week_start_date('entered_local_at') }} as entered_week_date
    from localised
)

select * from final
