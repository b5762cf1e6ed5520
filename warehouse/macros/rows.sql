{#- A hash of the whole row: the last word of every total order, so that results never depend on
    the order in which rows arrived. The same in every database: `times` are written out alike.
    One `concat` of all parts: a chain of `||` copies the text once for each of them. -#}
{% macro row_hash(columns, times=[]) -%}
    md5(concat(
        {%- for column in columns %}
        coalesce(
            {{- time_text(column) if column in times else 'cast(' ~ column ~ ' as varchar)' }}, '~')
            {{- ", '|'," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{#- Text without the spaces around it, of whatever width (Unicode category Zs). -#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed')(text)) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}

{#- Snowflake's own trim takes away U+0020 alone. -#}
{% macro snowflake__trimmed(text) -%}
    trim(
        {{ text }},
        ' {% for code in ['00a0', '1680', '2000', '2001', '2002', '2003', '2004', '2005', '2006', '2007',
            '2008', '2009', '200a', '202f', '205f', '3000'] %}\u{{ code }}{% endfor %}'
    )
{%- endmacro %}

{#- When the loader wrote the row, whichever replication tool it was; null when it does not say. -#}
{% macro loader_time() -%}
    coalesce(_fivetran_synced, _sdc_received_at)
{%- endmacro %}

{#- Whether a moment is late enough to be one; null where there is none. Year 1, 1900 and 1970 are how
    systems write that they have no date. -#}
{% macro is_plausible(moment) -%}
    {{ moment }} >= cast('{{ var("earliest_plausible_at") }}' as timestamp)
{%- endmacro %}

{#- A moment that a row tells of beside its own: null where it is too early to be one. -#}
{% macro plausible(moment) -%}
    case when {{ is_plausible(moment) }} then {{ moment }} end
{%- endmacro %}

{#- How many of a row's moments are taken for none because they are too early. -#}
{% macro early_moment_count(moments) -%}
    {%- for moment in moments -%}
    case when not {{ is_plausible(moment) }} then 1 else 0 end
    {%- if not loop.last %}
        + {% endif %}
    {%- endfor %}
{%- endmacro %}

{#- When the row was deleted at its source, null when it was not (or not yet, at `as_of`). A tool
    that only flags the deletion dates it no better than the time at which it saw it. -#}
{% macro loader_deleted_at(fallback) -%}
    {%- set deleted_at -%}
    case
        when {{ is_plausible('_sdc_deleted_at') }} then _sdc_deleted_at
        when _fivetran_deleted
            then coalesce(_fivetran_synced, _sdc_received_at, {{ plausible(fallback) }})
    end
    {%- endset -%}
    {%- if var('as_of') -%}
    case
        when {{ deleted_at }} <= cast('{{ var("as_of") }}' as timestamp) then {{ deleted_at }}
    end
    {%- else -%}
    {{ deleted_at }}
    {%- endif -%}
{%- endmacro %}

{#- What a record says, null where it was changed after `as_of`: then it does not tell of that moment. -#}
{% macro known_then(column, changed_at) -%}
    {%- if var('as_of') -%}
    case
        when {{ changed_at }} > cast('{{ var("as_of") }}' as timestamp) then null
        else {{ column }}
    end
    {%- else -%}
    {{ column }}
    {%- endif -%}
{%- endmacro %}

{#- When a record was last touched at its source. -#}
{% macro touched_at() -%}
    case
        when modified_at >= created_at or created_at is null then modified_at
        else created_at
    end
{%- endmacro %}

{#- A moment that a row tells of: no later than the one at which it was seen, where that is known. -#}
{% macro known_by(seen_at, moment) -%}
    case when {{ seen_at }} < {{ moment }} then {{ seen_at }} else {{ moment }} end
{%- endmacro %}

{#- Why a row cannot be used, judged from the row alone; null when it can. `loaded_at` is given for
    rows that record a moment (events, history): those must be dated, and credibly; `recorded_at` for
    records whose creation starts a clock: they cannot be loaded before it, and it is credible too; `ends_at` for rows with
    an end of their own, which cannot come before their beginning. -#}
{% macro set_aside_reason(key, occurred_at, loaded_at=none, recorded_at=none, ends_at=none) -%}
    case
        when {{ key }} is null then 'missing_id'
        {%- if loaded_at is not none %}
        when {{ occurred_at }} is null then 'missing_date'
        when {{ occurred_at }} > {{ loaded_at }} then 'dated_after_load'
        {%- elif recorded_at is not none %}
        when {{ occurred_at }} > {{ recorded_at }} then 'dated_after_load'
        {%- endif %}
        {%- if loaded_at is not none or recorded_at is not none %}
        when not {{ is_plausible(occurred_at) }} then 'dated_too_early'
        {%- endif %}
        {%- if var('as_of') %}
        when {{ occurred_at }} > cast('{{ var("as_of") }}' as timestamp) then 'after_as_of'
        {%- endif %}
        {%- if ends_at is not none %}
        when {{ ends_at }} < {{ occurred_at }} then 'deleted_before_created'
        {%- endif %}
    end
{%- endmacro %}

{#- A status spelled the one way in which it is matched: trimmed, upper case, `_` for `-` and space. -#}
{% macro normalised_status(column) -%}
    {{ return(adapter.dispatch('normalised_status')(column)) }}
{%- endmacro %}

{% macro default__normalised_status(column) -%}
    nullif(regexp_replace(upper({{ trimmed(column) }}), '[-_ ]+', '_', 'g'), '')
{%- endmacro %}

{% macro snowflake__normalised_status(column) -%}
    nullif(regexp_replace(upper({{ trimmed(column) }}), '[-_ ]+', '_'), '')
{%- endmacro %}
