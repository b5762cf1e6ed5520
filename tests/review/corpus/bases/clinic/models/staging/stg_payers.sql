select
    payer_id,
    payer_name,
    case payer_kind when 'C' then 'COMMERCIAL' when 'M' then 'MEDICARE' else 'SELF PAY' end as payer_type,
    cast(tier as varchar(2)) as tier
from {{ source('ehr', 'payers') }}
