select parcel_id, 'requested' as event, requested_at as happened_at
from {{ ref('stg_parcels') }}
union all
select parcel_id, 'promised' as event, promised_at as happened_at
from {{ ref('stg_parcels') }}
union all
select parcel_id, 'delivered' as event, promised_at as happened_at
from {{ ref('stg_parcels') }}
