{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    meta={'variables': ['intake_funnel_name']},
) }}
{%- set columns = [
    'event_id', 'member_id', 'visitor_id', 'session_id', 'event_at', 'event_name', 'funnel_name',
    'step_name', 'step_action', 'failure_reason', 'user_role', 'is_eligibility_verified', 'app_id',
    'platform', 'device_type', 'country', 'page_host', 'page_path', 'referrer_host',
    'collected_at', 'loaded_at', 'set_aside_reason', 'source_row_count', 'has_payload_conflict',
    'payload_hash', 'row_hash', 'batch_number',
] -%}
-- Every event ever delivered, once, and its place among its person's events. New rows rebuild the
-- whole path of every person they concern (funnel.md 30): whose event is new, and whose event now
-- is another's because a copy collected earlier says so. Events never vanish, people may: so rows
-- are replaced by event.
with

delivered as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('events') }}
    {%- if is_incremental() %}
    where batch_number > {{ latest_batch_number() }}
    {%- endif %}
),

{%- if is_incremental() %}

earlier as (
    select
        {{ columns | join(',\n        ') }}
    from {{ this }}
),

touched_members as (
    select member_id from delivered
    where member_id is not null

    union distinct

    select member_id from earlier
    where
        member_id is not null
        and event_id in (select delivered.event_id from delivered)
),

known as (
    select * from earlier
    where
        event_id in (select delivered.event_id from delivered)
        or member_id in (select touched_members.member_id from touched_members)
),

copies as (
    select * from delivered

    union all

    select * from known
),
{%- else %}

copies as (
    select * from delivered
),
{%- endif %}

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

-- base dedups within a batch; here copies from several batches meet, which few events have
repeated as (
    select
        event_id,
        sum(source_row_count) as source_row_count,
        max(batch_number) as batch_number,
        max(case when has_payload_conflict then 1 else 0 end) = 1
        or min(payload_hash) != max(payload_hash) as has_payload_conflict
    from copies
    group by event_id
    having count(*) > 1
),

ranked as (
    select
        copies.*,
        cast(repeated.source_row_count as bigint) as all_row_count,
        repeated.batch_number as last_batch_number,
        repeated.has_payload_conflict as has_any_conflict,
        row_number() over (
            partition by copies.event_id
            order by
                copies.collected_at,
                copies.loaded_at nulls last,
                copies.payload_hash,
                copies.row_hash
        ) as copy_rank
    from copies
    inner join repeated
        on copies.event_id = repeated.event_id
),

deduplicated as (
    select copies.* from copies
    left join repeated
        on copies.event_id = repeated.event_id
    where repeated.event_id is null

    union all

    select
        {{ columns[:-5] | join(',\n        ') }},
        all_row_count as source_row_count,
        has_any_conflict as has_payload_conflict,
        payload_hash,
        row_hash,
        last_batch_number as batch_number
    from ranked
    where copy_rank = 1
),

step_pages as (
    select
        page_path,
        min(step_number) as step_number
    from intake_steps
    where page_path is not null
    group by page_path
),

-- an event stands for a step when the step was done: not skipped, not merely opened, not failed
stepped as (
    select
        deduplicated.*,
        coalesce(intake_steps.step_number, step_pages.step_number) as step_number
    from deduplicated
    left join intake_steps
        on
            deduplicated.step_name = intake_steps.step_name
            and deduplicated.funnel_name = upper('{{ var("intake_funnel_name") }}')
            and coalesce(deduplicated.step_action, 'SUBMIT') = 'SUBMIT'
            and deduplicated.failure_reason is null
    left join step_pages
        on
            deduplicated.page_path = step_pages.page_path
            and deduplicated.event_name = 'page_view'
    where deduplicated.member_id is not null and deduplicated.set_aside_reason is null
),

final as (
    select
        *,
        row_number() over (
            partition by member_id
            order by event_at, step_number nulls last, event_id
        ) as event_number
    from stepped

    union all

    select
        *,
        cast(null as integer) as step_number,
        cast(null as bigint) as event_number
    from deduplicated
    where member_id is null or set_aside_reason is not null
)

select * from final
