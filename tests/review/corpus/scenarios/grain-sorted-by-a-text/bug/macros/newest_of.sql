{% macro newest_of(relation, by, sorted_by) %}
select *
from {{ relation }}
qualify row_number() over (
    partition by {{ by }} order by {{ sorted_by }} desc
) = 1
{% endmacro %}
