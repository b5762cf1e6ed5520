with order_returns as (
    select * from {{ ref('stg_order_returns') }}
)

select
    order_id,
    count(*) as return_count
from order_returns
group by order_id
