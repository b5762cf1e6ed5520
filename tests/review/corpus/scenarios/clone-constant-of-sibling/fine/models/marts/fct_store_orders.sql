select
    order_id,
    amount,
    'store' as sold_by
from {{ ref('stg_orders') }}
where channel = 'store'
