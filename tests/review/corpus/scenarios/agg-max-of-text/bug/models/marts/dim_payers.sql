select
    payer_type,
    count(*) as payers,
    max(tier) as highest_tier
from {{ ref('stg_payers') }}
group by payer_type
