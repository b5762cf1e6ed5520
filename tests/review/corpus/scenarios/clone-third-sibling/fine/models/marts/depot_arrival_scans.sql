select
    depot_id,
    count(*) as arrival_scans
from {{ ref('stg_scans') }}
where scan_type = 'arrival'
group by 1
