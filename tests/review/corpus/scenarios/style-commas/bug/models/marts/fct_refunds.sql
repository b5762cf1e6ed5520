select
    refund_id
    , order_id
    -- what the customer got back
    , amount
    , amount > 100 as is_large
from {{ ref('stg_refunds') }}
where amount > 0
