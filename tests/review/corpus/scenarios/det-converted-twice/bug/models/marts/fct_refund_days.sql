select
    convert_timezone('UTC', 'America/New_York', refunded_at)::date as refund_day,
    count(*) as refunds
from {{ ref('stg_refunds') }}
group by 1
