select order_id from {{ ref('old_orders') }}
