with accounts as (
    select account_id, cast(account_id as string) as account_ref
    from {{ ref('stg_app__accounts') }}
),

weeks as (
    select starts_on
    from unnest(generate_date_array('2024-01-01', '2026-12-28', interval 1 week)) as starts_on
)

select
    accounts.account_id,
    weeks.starts_on,
    'weekly' as periodicity,
    coalesce(totals.billed, 0) as billed
from accounts
cross join weeks
left join {{ ref('int_billed_totals') }} as totals
    on totals.account_ref = accounts.account_ref
    and totals.starts_on = weeks.starts_on
