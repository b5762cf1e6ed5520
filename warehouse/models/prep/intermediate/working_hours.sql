-- The site's opening hours, date by date over the span of the data, in UTC: time zone, daylight
-- saving and holidays resolved once, here.
with

calendar as (
    select * from {{ ref('calendar') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

moments as (
    {%- for entity in ['task', 'project'] %}
    select
        min(changed_at) as first_at,
        max(changed_at) as last_at
    from {{ ref(entity ~ '_visit_beginnings') }}
    where visit_number is not null
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

site as (
    select max(time_zone) as time_zone from calendar
),

bounds as (
    select
        site.time_zone,
        cast({{ local_time('min(moments.first_at)', 'site.time_zone') }} as date)
            as first_date,
        cast({{ local_time('max(moments.last_at)', 'site.time_zone') }} as date)
            as last_date
    from moments
    cross join site
    group by site.time_zone
),

{{ numbers() }},

dates as (
    select
        bounds.time_zone,
        cast({{ dbt.dateadd('day', 'numbers.number', 'bounds.first_date') }} as date) as local_date
    from bounds
    inner join numbers
        on numbers.number <= {{ dbt.datediff('bounds.first_date', 'bounds.last_date', 'day') }}
),

opened as (
    select
        dates.local_date,
        dates.time_zone,
        {{ epoch_microseconds(utc_time(
            local_moment('dates.local_date', 'calendar.opens_at'), 'dates.time_zone'
        )) }} as opens_microseconds,
        {{ epoch_microseconds(utc_time(
            local_moment('dates.local_date', 'calendar.closes_at'), 'dates.time_zone'
        )) }} as closes_microseconds
    from dates
    left join holidays
        on dates.local_date = holidays.holiday_date
    left join calendar
        on
            {{ iso_weekday('dates.local_date') }} = calendar.iso_weekday
            and holidays.holiday_date is null
),

measured as (
    select
        *,
        coalesce(closes_microseconds - opens_microseconds, 0) as open_microseconds,
        row_number() over (
            partition by local_date
            order by opens_microseconds, closes_microseconds
        ) as opening_number
    from opened
),

daily as (
    select
        local_date,
        sum(open_microseconds) as open_microseconds
    from measured
    group by local_date
),

accumulated as (
    select
        local_date,
        sum(open_microseconds) over (
            order by local_date
            rows between unbounded preceding and current row
        ) - open_microseconds as microseconds_before
    from daily
),

final as (
    select
        measured.local_date,
        measured.opening_number,
        measured.time_zone,
        coalesce(measured.opens_microseconds, 0) as opens_microseconds,
        measured.open_microseconds,
        accumulated.microseconds_before
    from measured
    inner join accumulated
        on measured.local_date = accumulated.local_date
)

select * from final
