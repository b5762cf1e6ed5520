select distinct
    member_id,
    row_number() over (order by event_at) as member_number
from {{ ref('events') }}
