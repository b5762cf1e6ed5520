select
    refund_id,
    order_id, -- of the shop
    {%- for limit in [100, 500] %}
    amount > {{ limit }} as is_over_{{ limit }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %},
    amount
from {{ ref('stg_refunds') }}
where amount > 0
