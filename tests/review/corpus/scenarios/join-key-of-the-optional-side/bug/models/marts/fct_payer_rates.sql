with payers as (
    select distinct payer_id
    from {{ ref('stg_visits') }}
    union
    select payer_id
    from {{ ref('stg_rates') }}
),

rates as (
    select payer_id, max(rate) as highest_rate
    from {{ ref('stg_rates') }}
    group by payer_id
)

select
    rates.payer_id,
    rates.highest_rate
from payers
left join rates
    on rates.payer_id = payers.payer_id
