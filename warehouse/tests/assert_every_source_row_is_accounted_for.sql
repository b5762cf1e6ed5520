-- A row means that rows of this source table were lost or invented on the way to prod.
with

raw as (
    {%- for source_name, table in [
        ('care_platform', 'clients'),
        ('care_platform', 'members'),
        ('care_platform', 'project'),
        ('care_platform', 'historical_project'),
        ('care_platform', 'task'),
        ('care_platform', 'historical_task'),
        ('snowplow', 'events'),
    ] %}
    select
        '{{ source_name }}.{{ table }}' as source_table,
        count(*) as raw_row_count
    from {{ source_as_read(source(source_name, table)) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

accounted as (
    select
        source_table,
        sum(row_count) as accounted_row_count
    from {{ ref('row_reconciliation') }}
    group by source_table
)

select
    raw.source_table,
    raw.raw_row_count,
    accounted.accounted_row_count
from raw
left join accounted
    on raw.source_table = accounted.source_table
where raw.raw_row_count != coalesce(accounted.accounted_row_count, -1)
