select
    order_id,
    ordered_at
from {{ ref('stg_orders') }}
{% if not var('include_test_order') %}
where channel <> 'test'
{% endif %}
