select
    shipper_id,
    shipper_name
from {{ source('wms', 'shippers') }}
