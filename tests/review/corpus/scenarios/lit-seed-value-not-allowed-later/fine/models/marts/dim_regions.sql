select country, region
from {{ ref('country_regions') }}
where country != 'ZA'
