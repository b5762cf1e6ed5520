select
    currency,
    rate_date,
    rate
from {{ source('wms', 'rates_of_exchange') }}
