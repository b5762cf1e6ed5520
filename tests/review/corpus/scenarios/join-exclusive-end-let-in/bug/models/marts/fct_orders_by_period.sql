-- Orders of the period; period_end_exclusive is the first moment after it.
select
    orders.order_id,
    periods.period_start
from {{ ref('stg_orders') }} as orders
inner join {{ ref('periods') }} as periods
    on orders.ordered_at between periods.period_start and periods.period_end_exclusive
