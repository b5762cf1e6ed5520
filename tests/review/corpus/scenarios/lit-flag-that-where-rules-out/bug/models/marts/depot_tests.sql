select
    depot_id,
    count(*) as deliveries,
    sum(case when is_test then 1 else 0 end) as test_deliveries
from {{ ref('stg_deliveries') }}
where not is_test
group by depot_id
