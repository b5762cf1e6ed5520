{#- The host of a page, lower case, without `www.`: the parsed column, else taken from the URL.
    Who is named before it (`anna@host`) is left out. -#}
{% macro url_host(host_column, url_column) -%}
    {%- set address -%}
        coalesce(
            nullif({{ trimmed(host_column) }}, ''),
            regexp_replace({{ url_column }}, '^[A-Za-z][A-Za-z0-9+.-]*://', '')
        )
    {%- endset -%}
    {%- set authority -%}
        split_part(split_part(split_part({{ address }}, '/', 1), '?', 1), '#', 1)
    {%- endset -%}
    {%- set host = "lower(split_part(split_part(" ~ authority ~ ", '@', -1), ':', 1))" -%}
    nullif(
        regexp_replace(
            case
                -- Nearly all are plain, and then nothing need be looked for.
                when {{ matches(host_column, '[A-Za-z0-9.-]+') }} then lower({{ host_column }})
                else {{ without_addresses(host) }}
            end,
            '^www[.]', ''
        ),
        ''
    )
{%- endmacro %}

{#- The path of a page without query, fragment and trailing slash; `/` for the root. Parts that
    name people, by the setting `personal_paths`, are `*`. -#}
{% macro url_path(path_column, url_column) -%}
    {%- set address -%}
        coalesce(
            nullif({{ trimmed(path_column) }}, ''),
            regexp_replace({{ url_column }}, '^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*', '')
        )
    {%- endset -%}
    {%- set path = "split_part(split_part(" ~ address ~ ", '?', 1), '#', 1)" -%}
    {%- set plain -%}
    coalesce(
        nullif(
            regexp_replace(
                case
                    when {{ matches(path_column, '/[A-Za-z0-9/_.-]*') }} then {{ path_column }}
                    else {{ without_addresses(path) }}
                end,
                '/+$', ''
            ),
            ''
        ),
        case when coalesce({{ path_column }}, {{ url_column }}) is not null then '/' end
    )
    {%- endset -%}
    {{ without_personal_parts(plain) }}
{%- endmacro %}

{#- A path in which what `personal_paths` says names a person is `*`. An empty list costs nothing. -#}
{% macro without_personal_parts(path) -%}
    {%- set read = namespace(path=path) -%}
    {%- for pattern in var('personal_paths') -%}
        {%- set expression = pattern | replace('.', '[.]') | replace('*', '[^/]+') -%}
        {%- set read.path = "regexp_replace(" ~ read.path ~ ", '^" ~ expression ~ "', '" ~ pattern ~ "')" -%}
    {%- endfor -%}
    {{ read.path }}
{%- endmacro %}

{#- A text in which each part, between slashes and spaces, that holds an e-mail address is `*`. -#}
{% macro without_addresses(text) -%}
    {{ return(adapter.dispatch('without_addresses')(text)) }}
{%- endmacro %}

{% macro default__without_addresses(text) -%}
    regexp_replace({{ text }}, '[^/ ]+(@|%(25)*40)[^/ ]+', '*', 'g')
{%- endmacro %}

{% macro snowflake__without_addresses(text) -%}
    regexp_replace({{ text }}, '[^/ ]+(@|%(25)*40)[^/ ]+', '*')
{%- endmacro %}
