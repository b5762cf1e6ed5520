select
    clinic_code,
    sum(amount) as amount,
    case
        when sum(units) = 0 then 'N/A'
        when sum(amount) / nullif(sum(units), 0) >= 0.5 then 'PASS'
        else 'FAIL'
    end as check_result
from {{ ref('stg_charges') }}
group by clinic_code
