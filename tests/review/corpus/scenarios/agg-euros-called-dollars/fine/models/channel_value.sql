with prices as (
    select 'mail' as channel, 25 as price_eur, 27 as list_price_usd, 2 as usd_per_eur_rate
)

select
    signups.channel,
    sum(prices.price_eur) as value_eur,
    sum(prices.price_eur * prices.usd_per_eur_rate) as value_usd
from {{ ref('stg_signups') }} as signups
left join prices on prices.channel = signups.channel
group by signups.channel
