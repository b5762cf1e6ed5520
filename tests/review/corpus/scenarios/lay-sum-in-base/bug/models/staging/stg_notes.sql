select
    visit_id,
    max(written_at) as last_written_at,
    count(*) as note_count
from {{ source('ehr', 'notes') }}
group by visit_id
