select
    order_id,
    customer_id,
    status
from {{ ref('stg_orders') }}
where (status = 'shipped' or status is null)
    and customer_id is not null
