select distinct
    member_id,
    dense_rank() over (order by member_id) as member_number
from {{ ref('events') }}
