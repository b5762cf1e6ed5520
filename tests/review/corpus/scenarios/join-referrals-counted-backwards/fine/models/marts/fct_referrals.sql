select
    giver.customer_id,
    count(friend.customer_id) as referred_customers
from {{ ref('stg_customers') }} as giver
left join {{ ref('stg_customers') }} as friend on friend.referrer_id = giver.customer_id
group by 1
