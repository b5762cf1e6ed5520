-- Since when each step exists for each client, read off its people (funnel.md 14, 28): the week
-- that best splits the client's weeks in two; the last week before it by which hardly anyone had
-- done the step; the first week after it from which most do. Between them lies a partial roll-out,
-- however gradual. With under ten people by the one or from the other nothing is inferred.
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
                ) desc nulls last,
                entered_week_date
        ) as split_rank
    from split
    where passing_before > 0
),

splits as (
    select
        entry_client_id,
        step_number,
        entered_week_date as split_week_date
    from scored
    where split_rank = 1
),

roll_outs as (
    select
        split.entry_client_id,
        split.step_number,
        max(
            case
                when
                    split.entered_week_date < splits.split_week_date
                    and split.doing_count < 0.05 * split.passing_count
                    and split.passing_before + split.passing_count >= 10
                    and split.doing_before + split.doing_count
                    < 0.05 * (split.passing_before + split.passing_count)
                    then split.entered_week_date
            end
        ) as last_week_without,
        min(
            case
                when
                    split.entered_week_date >= splits.split_week_date
                    and split.doing_count > 0.5 * split.passing_count
                    and split.passing_after >= 10
                    and split.doing_after > 0.5 * split.passing_after
                    then split.entered_week_date
            end
        ) as first_week_with
    from split
    inner join splits
        on
            split.entry_client_id = splits.entry_client_id
            and split.step_number = splits.step_number
    group by split.entry_client_id, split.step_number
),

introductions as (
    select *
    from roll_outs
    where last_week_without is not null and first_week_with is not null
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
            when introductions.step_number is not null then 'introduced'
            when totals.doing_count < 0.05 * totals.passing_count then 'never'
            else 'always'
        end as availability,
        introductions.last_week_without,
        introductions.first_week_with
    from totals
    left join introductions
        on
            totals.entry_client_id = introductions.entry_client_id
            and totals.step_number = introductions.step_number
)

select * from final
