-- Since when each step exists for each client, read off its people (funnel.md 14, 28): the week
-- that best splits the client's weeks in two, where hardly anyone did the step before and most did
-- it after. Under ten people on a side nothing is inferred.
with

client_step_weeks as (
    select * from {{ ref('client_step_weeks') }}
),

running as (
    select
        *,
        sum(passing_count) over (
            partition by entry_client_id, step_number order by entered_week_date
            rows between unbounded preceding and current row
        ) - passing_count as passing_before,
        sum(doing_count) over (
            partition by entry_client_id, step_number order by entered_week_date
            rows between unbounded preceding and current row
        ) - doing_count as doing_before,
        sum(passing_count) over (partition by entry_client_id, step_number) as passing_total,
        sum(doing_count) over (partition by entry_client_id, step_number) as doing_total
    from client_step_weeks
),

split as (
    select
        *,
        passing_total - passing_before as passing_after,
        doing_total - doing_before as doing_after
    from running
),

scored as (
    select
        *,
        row_number() over (
            partition by entry_client_id, step_number
            order by
                round(
                    {{ binomial_log_likelihood('doing_before', 'passing_before') }}
                    + {{ binomial_log_likelihood('doing_after', 'passing_after') }},
                    9
                ) desc,
                entered_week_date
        ) as split_rank
    from split
    where passing_before > 0
),

introductions as (
    select
        entry_client_id,
        step_number,
        entered_week_date as split_week_date
    from scored
    where
        split_rank = 1
        and passing_before >= 10 and doing_before < 0.05 * passing_before
        and passing_after >= 10 and doing_after > 0.5 * passing_after
),

roll_outs as (
    select
        introductions.entry_client_id,
        introductions.step_number,
        max(
            case
                when
                    client_step_weeks.entered_week_date < introductions.split_week_date
                    and client_step_weeks.doing_count < 0.05 * client_step_weeks.passing_count
                    then client_step_weeks.entered_week_date
            end
        ) as last_week_without,
        min(
            case
                when
                    client_step_weeks.entered_week_date >= introductions.split_week_date
                    and client_step_weeks.doing_count > 0.5 * client_step_weeks.passing_count
                    then client_step_weeks.entered_week_date
            end
        ) as first_week_with
    from introductions
    inner join client_step_weeks
        on
            introductions.entry_client_id = client_step_weeks.entry_client_id
            and introductions.step_number = client_step_weeks.step_number
    group by introductions.entry_client_id, introductions.step_number
),

totals as (
    select
        entry_client_id,
        step_number,
        sum(passing_count) as passing_count,
        sum(doing_count) as doing_count
    from client_step_weeks
    group by entry_client_id, step_number
),

final as (
    select
        totals.entry_client_id,
        totals.step_number,
        totals.passing_count,
        totals.doing_count,
        case
            when totals.passing_count < 10 then 'too_few'
            when roll_outs.first_week_with is not null then 'introduced'
            when totals.doing_count < 0.05 * totals.passing_count then 'never'
            else 'always'
        end as availability,
        roll_outs.last_week_without,
        roll_outs.first_week_with
    from totals
    left join roll_outs
        on
            totals.entry_client_id = roll_outs.entry_client_id
            and totals.step_number = roll_outs.step_number
)

select * from final
