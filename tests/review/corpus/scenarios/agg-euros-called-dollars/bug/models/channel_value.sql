with prices as (
    select 'mail' as channel, 25 as price_eur, 27 as list_price_usd
)

select
    signups.channel,
    count(*) * max(prices.price_eur) as value_per_signup,
    sum(prices.price_eur) as value_usd
from {{ ref('stg_signups') }} as signups
left join prices on prices.channel = signups.channel
group by signups.channel
