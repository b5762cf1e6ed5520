select
    contract_id,
    carrier_id,
    signed_on,
    terminated_on
from {{ source('wms', 'contracts') }}
