with parcels as (
    select
        carrier_id,
        delivered_at,
        delivered_at <= promised_at as is_on_time,
        coalesce(delivered_at, getdate()) < promised_at as is_early,
        delivered_at is not null as is_delivered
    from {{ ref('stg_parcels') }}
)

select
    carrier_id,
    count(*) as parcels,
    sum(case when is_delivered then 1 else 0 end) * 1.0 / nullif(count(*), 0) as delivery_rate
from parcels
group by 1
