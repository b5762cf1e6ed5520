select
    order_id,
    amount,
    'web' as sold_by
from {{ ref('stg_orders') }}
where channel = 'web'
