with charges as (
    select * from {{ ref('int_phone_charges') }}
)

select
    clinic_code,
    sum(amount) as amount
from charges
group by clinic_code
