select
    rate_card_id,
    carrier_id,
    price_per_kg,
    valid_from,
    valid_to
from {{ source('wms', 'rate_cards') }}
