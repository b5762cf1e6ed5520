{#- Log-likelihood of `successes` in `trials` at their own share: 0 where the share is 0 or 1. -#}
{% macro binomial_log_likelihood(successes, trials) -%}
    case
        when {{ successes }} = 0 or {{ successes }} = {{ trials }} then 0
        else
            {{ successes }} * ln(cast({{ successes }} as double) / {{ trials }})
            + ({{ trials }} - {{ successes }})
            * ln(1 - cast({{ successes }} as double) / {{ trials }})
    end
{%- endmacro %}
