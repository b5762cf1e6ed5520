with shares as (
    select
        carrier_id,
        avg(case when delivered_at <= promised_at then 1.0 else 0 end) as punctual_share
    from {{ ref('stg_parcels') }}
    group by carrier_id
)

select
    carrier_id,
    punctual_share
from shares
where punctual_share >= 90
