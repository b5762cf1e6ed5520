{#- The host of a page, lower case, without `www.`: the parsed column, else taken from the URL. -#}
{% macro url_host(host_column, url_column) -%}
    nullif(
        regexp_replace(
            lower(coalesce(
                nullif({{ trimmed(host_column) }}, ''),
                regexp_replace(
                    regexp_replace({{ url_column }}, '^[A-Za-z][A-Za-z0-9+.-]*://', ''), '[:/?#].*$', ''
                )
            )),
            '^www[.]', ''
        ),
        ''
    )
{%- endmacro %}

{#- The path of a page without query, fragment and trailing slash; `/` for the root. -#}
{% macro url_path(path_column, url_column) -%}
    coalesce(
        nullif(
            regexp_replace(
                regexp_replace(
                    coalesce(
                        nullif({{ trimmed(path_column) }}, ''),
                        regexp_replace(
                            {{ url_column }}, '^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*', ''
                        )
                    ),
                    '[?#].*$', ''
                ),
                '/+$', ''
            ),
            ''
        ),
        case when coalesce({{ path_column }}, {{ url_column }}) is not null then '/' end
    )
{%- endmacro %}
