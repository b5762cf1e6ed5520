select member_id
from {{ ref('members') }}
where client_id is null
