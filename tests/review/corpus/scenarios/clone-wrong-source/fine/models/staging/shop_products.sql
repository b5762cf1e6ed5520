select id as product_id from {{ source('shop', 'products') }}
