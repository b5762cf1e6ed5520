with versions as (
    select * from {{ ref('customers_snapshot') }}
)

select
    customer_id,
    country,
    dbt_valid_from as valid_from,
    dbt_valid_to as valid_to
from versions
