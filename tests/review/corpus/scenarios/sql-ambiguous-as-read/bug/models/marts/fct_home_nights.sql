with homes as (
    select * from {{ source('ehr_more', 'homes') }}
),

stays as (
    select * from {{ source('ehr_more', 'stays') }}
)

select
    home_code,
    homes.zip3,
    stays.nights
from homes
inner join stays
    on stays.home_code = homes.home_code
