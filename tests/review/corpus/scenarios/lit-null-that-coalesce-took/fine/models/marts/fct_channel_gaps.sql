select
    count(*) as order_count,
    count_if(sales_channel = 'unknown') as without_channel
from {{ ref('int_channels') }}
