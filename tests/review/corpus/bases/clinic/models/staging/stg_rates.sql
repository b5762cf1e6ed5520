select
    payer_id,
    charge_code,
    rate,
    valid_from,
    valid_to
from {{ source('ehr', 'rates') }}
