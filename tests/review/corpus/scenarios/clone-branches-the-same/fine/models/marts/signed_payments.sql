select
    payment_id,
    case payment_status when 'FAILED' then -amount when 'SETTLED' then amount end as signed_amount
from {{ ref('stg_payments') }}
