select order_id, customer_id, amount, channel = 'test' as is_test
from {{ ref('stg_orders') }}
