select distinct
    providers.provider_id,
    providers.provider_name,
    visits.clinic_code
from {{ ref('stg_providers') }} as providers
inner join {{ ref('int_latest_visits') }} as visits on visits.provider_id = providers.provider_id
