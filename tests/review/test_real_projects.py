"""What real projects do and is no fault: each case is one that was called one."""

from __future__ import annotations

from carepath.review.findings import Severity
from tests.review.conftest import project, review_files, snapshot

PROJECT = {"dbt_project.yml": "name: shop"}


def loud(base: dict[str, str], head: dict[str, str], dialect: str = "snowflake") -> list[str]:
    found = review_files(base, head, dialect).findings
    return [f"{f.code} {f.message}" for f in found if f.severity > Severity.NOTE]


def test_what_stands_between_the_macros_of_a_file_is_not_compiled() -> None:
    usage = "-- Usage:\n--   {{ config(\n--       materialized = 'table'\n--   ) }}\n"
    macro = "{% macro cents(x) %}round({{ x }}, 2){% endmacro %}\n"
    base = project("shop")
    model = "select order_id, {{ cents('amount') }} as amount from {{ ref('stg_orders') }}"
    head = {**base, "macros/cents.sql": usage + macro, "models/marts/fct_cents.sql": model}
    assert loud(base, head) == []
    broken = {**head, "macros/cents.sql": usage + macro.replace("{{ x }}", "{{ x + }}")}
    assert any(said.startswith("SQL003") for said in loud(base, broken))


def test_a_version_of_a_model_is_that_model() -> None:
    files = {
        **PROJECT,
        "models/stg_customers.sql": "select 1 as customer_id",
        "models/stg_customers.yml": "models:\n- name: stg_customers\n"
        "  versions: [{v: 1, defined_in: stg_customers}]\n",
        "models/stg_orders.sql": "select 1 as order_id, 2 as customer_id",
        "models/orders.sql": "select * from {{ ref('stg_orders') }}",
        "models/customers.sql": "select c.* from {{ ref('stg_customers', v=1) }} as c "
        "inner join {{ ref('stg_orders') }} as o on o.customer_id = c.customer_id",
    }
    assert [said for said in loud({}, files) if "CLONE004" in said] == []


def test_a_first_commit_of_a_part_of_a_project_misses_no_models() -> None:
    reads = "select a.id from {{ ref('m%d') }} as a left join {{ ref('n%d') }} as b on b.id = a.id"
    files = {f"models/int_{i}.sql": reads % (i, i) for i in range(12)}
    assert loud({}, files) == []


def test_a_fault_of_a_renamed_model_is_not_a_new_one() -> None:
    semantic = (
        "semantic_models:\n- name: NAME\n  model: ref('NAME')\n  entities: []\n"
        "  measures: [{name: total, agg: sum, expr: gone}]\n"
    )
    base = {
        **PROJECT,
        "models/orders.sql": "select 1 as order_id, 2 as amount",
        "models/semantic.yml": semantic.replace("NAME", "orders"),
    }
    head = {
        **PROJECT,
        "models/all_orders.sql": base["models/orders.sql"],
        "models/semantic.yml": semantic.replace("NAME", "all_orders"),
    }
    assert any("DOC006" in said for said in loud({}, base))
    assert loud(base, head) == []


def test_bigquery_is_known_by_its_structs_and_its_quoted_texts() -> None:
    files = {
        "models/a.sql": "select array_agg(struct<id string, at date>(id, at)) as x from t",
        "models/b.sql": 'select * from t pivot (sum(n) for kind in ("some", "none"))',
    }
    assert snapshot(files, "").spaces[0].dialect == "bigquery"


def test_a_finding_that_moves_to_a_new_cte_with_its_condition_is_not_a_new_one() -> None:
    base = project("shop")
    path = "models/marts/fct_recent.sql"
    old = "with recent as (select order_id, amount from {{ ref('stg_orders') }}WHERE) "
    old += "select order_id, amount from recent"
    clock = " where ordered_at > current_date - 30"
    base[path] = old.replace("WHERE", clock)
    new = old.replace("with ", f"with kept as (select * from {{{{ ref('stg_orders') }}}}{clock}), ")
    new = new.replace("amount from {{ ref('stg_orders') }}WHERE", "amount from kept")
    assert "WHERE" not in new
    found = review_files(base, {**base, path: new}).findings
    assert [f.code for f in found if f.code == "DET001"] == []


def test_a_ref_in_the_documentation_inside_a_macro_file_is_not_bare() -> None:
    base = project("shop")
    docs = "{% docs orders %}\nselect * from ref('stg_orders')\n{% enddocs %}\n"
    macro = "{% macro all_orders() %}\nselect * from {{ ref('stg_orders') }}\n{% endmacro %}\n"
    assert loud(base, {**base, "macros/all_orders.sql": docs + macro}) == []


def test_a_summary_shows_what_only_dbt_knows_as_a_place_holder() -> None:
    sql = "select id, {{ other.share('x') }} as part from {{ ref('a') }} "
    sql += "where at > '{{ var('since') }}'"
    head = {**PROJECT, "models/a.sql": "select 1 as id, 2 as at", "models/b.sql": sql}
    told = "\n".join(line for s in review_files(PROJECT, head).summaries for line in s.lines())
    assert "cp_unk" not in told and "at > '{{ ... }}'" in told
