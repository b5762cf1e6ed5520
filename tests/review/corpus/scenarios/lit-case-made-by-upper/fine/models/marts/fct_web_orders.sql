select count(*) as web_orders
from {{ ref('int_channels') }}
where sales_channel = 'WEB'
