select
    customer_id,
    sum(
        case
            when status = 'placed' or status = 'shipped' and amount > 100 then 1
            else 0
        end
    ) as large_open_orders
from {{ ref('stg_orders') }}
group by customer_id
