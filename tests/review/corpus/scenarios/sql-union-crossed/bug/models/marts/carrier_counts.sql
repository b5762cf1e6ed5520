with counts as (
    select carrier_id, count(*) as parcels, count(delivered_at) as delivered
    from {{ ref('stg_parcels') }}
    where service_level = 'standard'
    group by carrier_id
),

express as (
    select carrier_id, count(*) as express_parcels, count(delivered_at) as express_delivered
    from {{ ref('stg_parcels') }}
    where service_level = 'express'
    group by carrier_id
)

select carrier_id, parcels, delivered from counts
union all
select carrier_id, express_delivered, express_parcels from express
