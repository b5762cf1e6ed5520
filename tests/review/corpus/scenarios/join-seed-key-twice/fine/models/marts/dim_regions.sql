select
    customers.customer_id,
    customers.country,
    country_regions.region
from {{ ref('stg_customers') }} as customers
left join {{ ref('country_regions') }} as country_regions
    on customers.country = country_regions.country
