select
    notes.note_id,
    notes.visit_id,
    visits.patient_id,
    notes.written_at
from {{ source('ehr', 'notes') }} as notes
left join {{ source('ehr', 'visits') }} as visits
    on visits.visit_id = notes.visit_id and visits.clinic_code = notes.clinic_code
