select
    order_id,
    ordered_at
from {{ ref('stg_orders') }}
{% if not var('include_test_orders') or var('include_testers', false) %}
where channel <> 'test'
{% endif %}
