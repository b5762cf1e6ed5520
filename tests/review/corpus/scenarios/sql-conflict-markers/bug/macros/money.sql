{% macro cents_to_dollars(column) -%}
<<<<<<< HEAD
    round({{ column }} / 100.0, 2)
=======
    {{ column }} / 100.0
>>>>>>> main
{%- endmacro %}
