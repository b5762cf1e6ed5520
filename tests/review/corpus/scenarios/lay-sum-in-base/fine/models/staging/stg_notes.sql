select
    visit_id,
    written_at as last_written_at,
    sum(1) over (partition by visit_id) as note_count
from {{ source('ehr', 'notes') }}
