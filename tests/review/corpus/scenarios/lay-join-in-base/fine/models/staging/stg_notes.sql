select
    notes.note_id,
    notes.visit_id,
    notes.clinic_code,
    notes.written_at
from {{ source('ehr', 'notes') }} as notes
