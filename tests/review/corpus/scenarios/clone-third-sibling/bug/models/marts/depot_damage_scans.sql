select
    depot_id,
    count(*) as damage_scans
from {{ ref('stg_scans') }}
where scan_type = 'departure'
group by 1
