{#- The cursor of incremental builds (docs/incremental.md): a number that rises with every load.
    Embedded it is landing's batch number, on Snowflake the loader's time; a row without one may be
    new at any time, so it always counts as new. It never reaches prod. -#}
{% macro batch_number(loaded_at) -%}
    {{ return(adapter.dispatch('batch_number')(loaded_at)) }}
{%- endmacro %}

{% macro default__batch_number(loaded_at) -%}
    cast(_batch_number as bigint)
{%- endmacro %}

{% macro snowflake__batch_number(loaded_at) -%}
    coalesce({{ epoch_microseconds(loaded_at) }}, {{ always_new() }})
{%- endmacro %}

{#- Above every number that a load has. -#}
{% macro always_new() -%}
    9223372036854775807
{%- endmacro %}

{#- The latest batch in this model's own contents. A literal, not a subquery: base models rank within
    a batch, and only a literal reaches below their windows, where it spares reading the old rows. -#}
{% macro latest_batch_number(column='batch_number') -%}
    {%- set known = column ~ ' < ' ~ always_new() -%}
    {%- set found = run_query('select max(' ~ column ~ ') from ' ~ this ~ ' where ' ~ known) -%}
    {{ (found.columns[0].values()[0] if found else none) or 0 }}
{%- endmacro %}

{#- Written behind `as` of a common table expression that is read more than once: DuckDB would
    otherwise keep all its rows, with all their columns; worked out again, each reader takes only
    the columns it needs. Snowflake decides for itself. -#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized')()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    {{ return(' not materialized') }}
{%- endmacro %}

{% macro snowflake__not_materialized() -%}
    {{ return('') }}
{%- endmacro %}

{#- Pre-hooks of models whose unit may lose all its rows (docs/decisions/0154): what is no longer so
    is forgotten, in the transaction that works out whatever is missing then. -#}

{#- People whose events changed: batches came that this model has not seen. -#}
{% macro forget_retold_members() -%}
    {%- set people = ref('eventful_members') -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where member_id in (
        select retold.member_id from {{ people }} as retold
        where retold.batch_number > {{ latest_batch_number() }}
    )
    {%- endif -%}
{%- endmacro %}

{#- People to whom a step applies now that did not, or the other way round. -#}
{% macro forget_members_judged_otherwise() -%}
    {%- set judgements = ref('member_step_applicability') -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where member_id in (
        select earlier.member_id from {{ this }} as earlier
        inner join {{ judgements }} as judged
            on
                earlier.member_id = judged.member_id
                and earlier.step_number = judged.step_number
        where earlier.applicability_reason != judged.applicability_reason
    )
    {%- endif -%}
{%- endmacro %}

{#- Tasks or projects whose changes or record are new; a change may have been another's until now. -#}
{% macro forget_retold_work(entity) -%}
    {%- set records = ref('delivered_' ~ entity ~ 's') -%}
    {%- set changes = ref('full_' ~ entity ~ '_history') -%}
    {%- set copies = ref(entity ~ '_history') -%}
    {%- if is_incremental() -%}
    {%- set last_change = latest_batch_number() -%}
    {%- set last_record = latest_batch_number('record_batch_number') -%}
    delete from {{ this }}
    where {{ entity }}_id in (
        select changes.{{ entity }}_id from {{ changes }} as changes
        where
            changes.batch_number > {{ last_change }}
            or changes.record_batch_number > {{ last_record }}

        union all

        select copies.{{ entity }}_id from {{ copies }} as copies
        inner join {{ changes }} as changes
            on copies.{{ entity }}_history_id = changes.{{ entity }}_history_id
        where changes.batch_number > {{ last_change }} and changes.source_row_count > 1

        union all

        select records.{{ entity }}_id from {{ records }} as records
        where records.batch_number > {{ last_record }}
    )
    {%- endif -%}
{%- endmacro %}
