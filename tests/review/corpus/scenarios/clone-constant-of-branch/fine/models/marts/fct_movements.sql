select
    payment_id as movement_id,
    'payments' as kind,
    'eur' as currency
from {{ ref('stg_payments') }}

union all

select
    refund_id as movement_id,
    'refunds' as kind,
    'eur' as currency
from {{ ref('stg_refunds') }}
