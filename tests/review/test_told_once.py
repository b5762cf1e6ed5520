"""One slip, one finding: what several rules or several models could tell is told once."""

from __future__ import annotations

from tests.review.conftest import project, review_files


def test_a_circle_is_told_once_where_the_change_closes_it() -> None:
    base = {
        **project("shop"),
        "models/marts/one.sql": "select order_id from {{ ref('stg_orders') }}",
        "models/marts/two.sql": "select order_id from {{ ref('one') }}",
    }
    head = {**base, "models/marts/one.sql": "select order_id from {{ ref('two') }}"}
    circles = [f for f in review_files(base, head).findings if f.code == "REF005"]
    assert [f.place.file for f in circles] == ["models/marts/one.sql"]


def test_a_copied_line_is_told_once_with_the_other_reasons_as_evidence() -> None:
    sql = """
        select customer_id,
            count(case when status = 'placed' then 1 end) as placed_orders,
            count(case when status = 'placed' then 1 end) as shipped_orders
        from {{ ref('stg_orders') }} group by customer_id
    """
    base = project("shop")
    found = review_files(base, {**base, "models/marts/counts.sql": sql}).findings
    told = [f for f in found if f.code in ("AGG005", "CLONE001")]
    assert [f.code for f in told] == ["CLONE001"]
    assert any("shipped" in one.text for one in told[0].evidence)


def test_and_that_becomes_or_in_a_macro_is_told_at_the_macro() -> None:
    base = {
        **project("shop"),
        "macros/is_kept.sql": "{% macro is_kept() %}\n"
        "    (status = 'placed' and amount > 10)\n{% endmacro %}\n",
        "models/marts/kept.sql": "select order_id from {{ ref('stg_orders') }}\n"
        "where {{ is_kept() }} and channel = 'web'\n",
    }
    head = {
        **base,
        "macros/is_kept.sql": "{% macro is_kept() %}\n"
        "    (status = 'placed' or amount > 10)\n{% endmacro %}\n",
    }
    told = [f for f in review_files(base, head).findings if f.code == "LIT007"]
    assert [(f.place.file, f.place.line) for f in told] == [("macros/is_kept.sql", 2)]


def test_parentheses_that_a_macro_loses_are_told_once_for_all_its_callers() -> None:
    base = {
        **project("shop"),
        "macros/is_kept.sql": "{% macro is_kept() %}\n"
        "    (status = 'placed' or amount > 10)\n{% endmacro %}\n",
        "models/marts/kept.sql": "select order_id from {{ ref('stg_orders') }}\n"
        "where channel = 'web' and {{ is_kept() }}\n",
        "models/marts/kept_too.sql": "select customer_id from {{ ref('stg_orders') }}\n"
        "where channel = 'app' and {{ is_kept() }}\n",
    }
    head = {
        **base,
        "macros/is_kept.sql": "{% macro is_kept() %}\n"
        "    status = 'placed' or amount > 10\n{% endmacro %}\n",
    }
    told = [f for f in review_files(base, head).findings if f.code == "LIT007"]
    assert [(f.place.file, f.place.line) for f in told] == [("macros/is_kept.sql", 2)]


def test_a_lost_key_is_told_once_by_the_rule_that_says_what_comes_of_it() -> None:
    base = project("shop")
    path = "models/marts/fct_order_events.sql"
    merged = base[path].replace("unique_key='order_id'", "incremental_strategy='merge'")
    overlapping = (
        base[path]
        .replace(", unique_key='order_id'", "")
        .replace("(select max(updated_at)", "(select dateadd('day', -3, max(updated_at))")
    )
    for text, code in ((merged, "CFG006"), (overlapping, "CFG009")):
        found = review_files(base, {**base, path: text}).findings
        assert [f.code for f in found if f.code in ("CFG006", "CFG009", "CFG018")] == [code]
