with prices as (
    select subscription_id, plan, monthly_price, 25 as base_pct
    from {{ ref('stg_app__subscriptions') }}
),

discounts as (
    select invoice_id, subscription_id, amount, discount as discount_pct
    from {{ ref('stg_app__invoices') }}
)

select
    discounts.invoice_id,
    discounts.discount_pct / 100 as discount_rate,
    discounts.amount * (1 - discounts.discount_pct) as net_amount
from discounts
inner join prices on prices.subscription_id = discounts.subscription_id
