select
    convert_timezone('America/New_York', 'Europe/Berlin', refunded_at)::date as refund_day,
    count(*) as refunds
from {{ ref('stg_refunds') }}
group by 1
