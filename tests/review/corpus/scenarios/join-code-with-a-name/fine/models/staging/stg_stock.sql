with stock as (
    select
        sku,
        warehouse_code,
        quantity
    from {{ source('shop', 'stock') }}
),

warehouses as (
    select * from {{ ref('warehouses') }}
)

select
    stock.sku,
    stock.warehouse_code,
    warehouses.warehouse_name,
    stock.quantity
from stock
left join warehouses on stock.warehouse_code = warehouses.warehouse_code
