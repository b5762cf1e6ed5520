with weekly as (
    select
        account_ref,
        date_trunc(issued_on, week) as starts_on,
        sum(amount) as billed
    from {{ ref('stg_app__invoices') }}
    group by account_ref, date_trunc(issued_on, week)
),

monthly as (
    select
        account_ref,
        date_trunc(issued_on, month) as starts_on,
        sum(amount) as billed
    from {{ ref('stg_app__invoices') }}
    group by account_ref, date_trunc(issued_on, month)
)

select account_ref, starts_on, billed, 'weekly' as periodicity from weekly
union all
select account_ref, starts_on, billed, 'monthly' as periodicity from monthly
