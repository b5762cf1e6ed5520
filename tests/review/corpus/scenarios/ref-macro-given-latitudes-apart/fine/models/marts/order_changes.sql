select
    order_id,
    {{ change_of('amount_1', 'amount_2', 'updated_1', 'updated_2') }} as change
from {{ ref('stg_order_pairs') }}
