with lagged as (
    select
        month,
        plan,
        revenue,
        lag(revenue) over (partition by plan order by month) as previous_revenue
    from {{ ref('monthly_revenue') }}
)

select
    month,
    plan,
    case
        when previous_revenue is null then 'new'
        when revenue > previous_revenue then 'expansion'
        when previous_revenue > revenue then 'contraction'
        else 'flat'
    end as movement
from lagged
