select
    agent,
    region,
    sales,
    sales * 0.03 as credit
from {{ source('ehr_more', 'agent_sales') }}
group by 1, 2, 3, 4
