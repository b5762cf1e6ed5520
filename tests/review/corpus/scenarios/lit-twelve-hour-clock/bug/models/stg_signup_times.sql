select
    id as signup_id,
    to_char(created_at, 'YYYY-MM-DD HH:MI:SS') as created_text,
    to_char(paid_at, 'HH:MI AM') as paid_in_words
from {{ source('web', 'signups') }}
