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
    'collected_at', 'loaded_at', 'set_aside_reason',
] -%}
{#- from scratch these are all the rows there are: they are not kept in between -#}
{%- set streamed = '' if is_incremental() else not_materialized() -%}
-- Every event ever delivered, once, and its place among its person's events. New rows rebuild the
-- whole path of every person they concern (funnel.md 30): whose event is new, and whose event now
-- is another's because a copy collected earlier says so. Events never vanish, people may: so rows
-- are replaced by event.
with

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

{% if is_incremental() -%}
new_events as (
    select event_id from {{ ref('events') }}
    where batch_number > {{ latest_batch_number() }}
),

-- every copy of the events that are new or delivered again, in whichever batch
copies as (
    select * from {{ ref('events') }}
    where event_id in (select new_events.event_id from new_events)
),
{%- else -%}
copies as{{ streamed }} (
    select * from {{ ref('events') }}
),
{%- endif %}

-- delivered at least once (funnel.md 6): few events have more than one copy
repeated as (
    select
        event_id,
        count(*) as source_row_count,
        max(batch_number) as batch_number
    from copies
    group by event_id
    having count(*) > 1
),

-- the copy collected first counts, in an order that is always total
ranked as (
    select
        copies.{{ columns | join(',\n        copies.') }},
        repeated.source_row_count,
        min(copies.payload_hash) over (partition by copies.event_id)
        != max(copies.payload_hash) over (partition by copies.event_id) as has_payload_conflict,
        repeated.batch_number,
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

deduplicated as{{ streamed }} (
    select
        copies.{{ columns | join(',\n        copies.') }},
        cast(1 as bigint) as source_row_count,
        false as has_payload_conflict,
        copies.batch_number
    from copies
    left join repeated
        on copies.event_id = repeated.event_id
    where repeated.event_id is null

    union all

    select
        {{ columns | join(',\n        ') }},
        source_row_count,
        has_payload_conflict,
        batch_number
    from ranked
    where copy_rank = 1
),

{%- if is_incremental() %}

touched_members as (
    select distinct member_id from copies
    where member_id is not null
),

paths as (
    select * from deduplicated

    union all

    select
        {{ columns | join(',\n        ') }},
        source_row_count,
        has_payload_conflict,
        batch_number
    from {{ this }}
    where
        member_id in (select touched_members.member_id from touched_members)
        and event_id not in (select new_events.event_id from new_events)
),
{%- else %}

paths as{{ streamed }} (
    select * from deduplicated
),
{%- endif %}

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
        paths.event_id,
        paths.member_id,
        paths.event_at,
        coalesce(intake_steps.step_number, step_pages.step_number) as step_number
    from paths
    left join intake_steps
        on
            paths.step_name = intake_steps.step_name
            and paths.funnel_name = upper({{ quoted(var('intake_funnel_name')) }})
            and coalesce(paths.step_action, 'SUBMIT') = 'SUBMIT'
            and paths.failure_reason is null
    left join step_pages
        on
            paths.page_path = step_pages.page_path
            and paths.event_name = 'page_view'
    where paths.member_id is not null and paths.set_aside_reason is null
),

-- of the few columns that it takes: whole rows are costly to sort
numbered as (
    select
        event_id,
        step_number,
        row_number() over (
            partition by member_id
            order by event_at, step_number nulls last, event_id
        ) as event_number
    from stepped
),

final as (
    select
        paths.*,
        numbered.step_number,
        numbered.event_number
    from paths
    left join numbered
        on paths.event_id = numbered.event_id
)

select * from final
