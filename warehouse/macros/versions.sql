{#- Of the copies that deliveries brought of one row, the one that counts: loaded last, and then in an
    order that is always total. Few rows come more than once, and only those are ranked.

    copies      relation: the key, loaded_at, the columns, source_row_count, batch_number. It is read
                three times: give a model itself, not a common table expression, where it is large
    columns     all that tells copies apart but the time of loading; `times` among them
    newest      what decides between copies loaded at one time

    Gives common table expressions; the last is `latest`: key, loaded_at, columns, source_row_count,
    batch_number. -#}
{% macro latest_versions(copies, key, columns, times, newest=[]) -%}
repeated as (
    select
        {{ key }},
        sum(source_row_count) as source_row_count,
        max(batch_number) as batch_number
    from {{ copies }}
    group by {{ key }}
    having count(*) > 1
),

repeated_copies as (
    select
        copies.*,
        repeated.source_row_count as all_row_count,
        repeated.batch_number as last_batch_number
    from {{ copies }} as copies
    inner join repeated
        on copies.{{ key }} = repeated.{{ key }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ key }}
            order by
                loaded_at desc nulls last,
                {%- for column in newest %}
                {{ column }} desc nulls last,
                {%- endfor %}
                {{ row_hash([key] + columns, times=times) }} asc
        ) as version_rank
    from repeated_copies
),

latest as (
    select
        copies.{{ key }},
        copies.loaded_at,
        {%- for column in columns %}
        copies.{{ column }},
        {%- endfor %}
        copies.source_row_count,
        copies.batch_number
    from {{ copies }} as copies
    left join repeated
        on copies.{{ key }} = repeated.{{ key }}
    where repeated.{{ key }} is null

    union all

    select
        {{ key }},
        loaded_at,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        cast(all_row_count as bigint) as source_row_count,
        last_batch_number as batch_number
    from ranked
    where version_rank = 1
)
{%- endmacro %}
