select
    id as review_id,
    order_id,
    rating
from {{ source('shop', 'reviews') }}
