with flows as (
    select 'payment' as flow, order_id, amount from {{ ref('stg_payments') }}
    union all
    select 'refund' as flow, order_id, amount from {{ ref('stg_refunds') }}
),

seen as (
    select order_id from {{ ref('stg_payments') }}
    union
    select order_id from {{ ref('stg_refunds') }}
)

select
    seen.order_id,
    sum(flows.amount) as amount
from seen
left join flows on flows.order_id = seen.order_id
group by seen.order_id
