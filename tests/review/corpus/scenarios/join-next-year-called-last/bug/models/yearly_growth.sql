with yearly as (
    select extract(year from created_at) as signup_year, count(*) as signups
    from {{ ref('stg_signups') }}
    group by 1
)

select
    this_year.signup_year,
    this_year.signups,
    last_year.signups as signups_before
from yearly as this_year
left join yearly as last_year on last_year.signup_year = this_year.signup_year + 1
