select sum(amount) as amount
from {{ ref('old_orders') }}
