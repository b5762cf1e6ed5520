with orders as (
    select * from {{ ref('stg_orders') }}
),

refunds as (
    select order_id from {{ ref('stg_refunds') }} where refund_id is not null
),

entries as (
    select order_id, channel, amount from orders where status = 'completed'
)

select
    entries.order_id,
    entries.amount,
    'debit' as side
from entries
union all
select
    entries.order_id,
    entries.amount,
    'credit' as side
from entries
left join refunds on refunds.order_id = entries.order_id
