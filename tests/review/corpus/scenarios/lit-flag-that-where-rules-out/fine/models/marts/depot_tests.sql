select
    depot_id,
    sum(case when not is_test then 1 else 0 end) as deliveries,
    sum(case when is_test then 1 else 0 end) as test_deliveries
from {{ ref('stg_deliveries') }}
where loaded_at is not null
group by depot_id
