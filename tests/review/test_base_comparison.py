"""Findings that only the difference to the base shows, and where they are quiet."""

from __future__ import annotations

from carepath.review.jinja.blocks import culprit
from carepath.review.review import Review
from carepath.review.summary import contrast
from tests.review.conftest import project, review_files

ORDERS = "models/marts/fct_orders.sql"


def told(result: Review) -> list[str]:
    return [f"{f.code} {f.place.file.rsplit('/', 1)[-1]}:{f.place.line}" for f in result.findings]


def change(path: str, *edits: tuple[str, str], base: dict[str, str] | None = None) -> Review:
    before = base or project("shop")
    text = before[path]
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return review_files(before, {**before, path: text})


def test_a_finding_in_a_macro_nobody_changed_is_told_at_the_call() -> None:
    base = project("shop")
    base["macros/only_big.sql"] = (
        "{% macro only_big() %}\nwhere total_amount > 100\n{% endmacro %}\n"
    )
    path = "models/marts/dim_big_customers.sql"
    base[path] = (
        "with c as (select customer_id, total_amount from {{ ref('dim_customers') }})\n"
        "select customer_id from c\n{{ only_big() }}\n"
    )
    result = change(path, ("customer_id, total_amount", "customer_id, country"), base=base)
    assert told(result) == ["SQL005 dim_big_customers.sql:3"]
    assert "only_big" in result.findings[0].evidence[0].text


def test_a_finding_in_an_unchanged_file_names_the_change() -> None:
    base = project("shop")
    base["models/marts/all_amounts.sql"] = (
        "select * from {{ ref('int_order_totals') }}\nunion all\n"
        "select refund_id, 1, amount from {{ ref('stg_refunds') }}\n"
    )
    path = "models/intermediate/int_order_totals.sql"
    result = change(
        path, ("    order_id,\n", "    order_id,\n    max(product_id) as top,\n"), base=base
    )
    found = next(f for f in result.findings if f.code == "SQL011")
    assert found.place.file == "models/marts/all_amounts.sql"
    assert found.evidence[0].place is not None
    assert found.evidence[0].place.file == path


def test_a_join_condition_that_another_takes_over_is_not_missed() -> None:
    quiet = change(
        ORDERS,
        ("payments.order_id = orders.order_id", "coalesce(payments.order_id, 0) = orders.order_id"),
    )
    assert "JOIN007" not in {f.code for f in quiet.findings}


def test_the_same_join_is_one_finding_whatever_the_rules_say_of_it() -> None:
    base = project("clinic")
    path = "models/marts/dim_patients.sql"
    text = base[path].replace("\n    and latest.clinic_code = patients.clinic_code", "")
    result = review_files(base, {**base, path: text}, "redshift")
    joins = [f for f in result.findings if f.code.startswith("JOIN")]
    assert len(joins) == 1
    assert "has lost its condition" in " ".join(fact.text for fact in joins[0].evidence)


def test_nearly_all_joins_equate_a_tenant_and_one_does_not() -> None:
    base = project("shop")
    for number in range(12):
        key = ("account_id", "user_id", "order_id")[number % 3]
        base[f"models/marts/m_{number}.sql"] = (
            f"select a.{key}, a.tenant, b.v{number} from {{{{ source('x', 'a') }}}} as s\n"
            f"join (select {key}, tenant from {{{{ source('x', 'b') }}}}) as a\n"
            f"    on a.{key} = s.{key} and a.tenant = s.tenant\n"
            f"join (select {key}, tenant, v{number} from {{{{ source('x', 'c') }}}}) as b\n"
            f"    on b.{key} = a.{key} and b.tenant = a.tenant\n"
        )
    path = "models/marts/odd.sql"
    odd = base["models/marts/m_0.sql"].replace(" and b.tenant = a.tenant", "")
    result = review_files(base, {**base, path: odd})
    assert [f.severity.word for f in result.findings if f.code == "JOIN008"] == ["warning"]
    fine = review_files(base, {**base, path: base["models/marts/m_0.sql"]})
    assert not [f for f in fine.findings if f.code == "JOIN008"]


def test_a_model_behind_a_variable_is_reviewed_and_never_an_error() -> None:
    base = project("shop")
    path = "models/marts/optional.sql"
    text = (
        "{{ config(enabled=var('optional', false)) }}\n"
        "select nothing from {{ ref('fct_orders') }}\n"
    )
    result = review_files(base, {**base, path: text})
    assert [(f.code, f.severity.word) for f in result.findings if f.code == "SQL005"] == [
        ("SQL005", "warning")
    ]
    off = text.replace("var('optional', false)", "false")
    assert not [f for f in review_files(base, {**base, path: off}).findings if f.code == "SQL005"]


def test_the_block_left_open_is_named_not_the_end_of_the_file() -> None:
    text = "a\n{% for x in y %}\n{% if x %}\nb\n{% endfor %}\n"
    assert culprit(text) == (3, "{% if %} of line 3 is not closed before line 5")
    assert culprit("a\n{{ ref('x') }\nb {{ c }}\n") == (2, "the {{ of line 2 is not closed with }}")
    assert culprit("{% set x %}a{% endset %}{% set y = 1 %}{{ x }}") is None


def test_a_long_expression_is_cut_down_to_its_difference() -> None:
    before = "case " + "when a then b " * 20 + "else 1 end"
    old, new = contrast(before, before.replace("else 1", "else 2"))
    assert (old, new) == ("... a then b else 1 end", "... a then b else 2 end")
    assert contrast("a", "b") == ("a", "b")


LATEST = "models/intermediate/int_latest_payments.sql"
FIRST_ONLY = "row_number() over (partition by order_id order by paid_at desc) as payment_rank"


def without_dedup(upstream: str) -> list[str]:
    """What is told when a model no longer keeps the first row, which `upstream` keeps or not."""
    columns = "payment_id, order_id, paid_at"
    base = project("shop")
    base[LATEST] = (
        f"with ranked as (\n    select {columns}, {FIRST_ONLY}\n"
        "    from {{ ref('stg_payments') }}\n)\n\n"
        f"select {columns}\nfrom ranked\nwhere payment_rank = 1\n"
    )
    head = {
        **base,
        LATEST: f"select {columns}\nfrom {{{{ ref('int_payments') }}}}\n",
        "models/intermediate/int_payments.sql": upstream,
    }
    found = review_files(base, head).findings
    return [f"{f.severity.word} {f.place.file}" for f in found if f.code == "GRAIN006"]


def test_a_deduplication_that_moved_upstream_is_not_gone() -> None:
    ranked = (
        f"with ranked as (\n    select *, {FIRST_ONLY} from {{{{ ref('stg_payments') }}}}\n)\n\n"
    )
    # joined, so that no key is proven
    joined = (
        "select ranked.* from ranked\nleft join {{ ref('stg_refunds') }} as r on r.amount > 9\n"
    )
    kept = "where ranked.payment_rank = 1\n"
    assert without_dedup(ranked + joined + kept) == []
    assert without_dedup(ranked + joined) == [f"warning {LATEST}"]
    other = "qualify row_number() over (partition by ranked.paid_at order by ranked.amount) = 1\n"
    assert without_dedup(ranked + joined + other) == [f"note {LATEST}"]


def test_what_a_cte_had_before_it_was_renamed_is_not_new() -> None:
    base = project("shop")
    path = "models/marts/fct_lines.sql"
    inner = (
        "select o.channel, sum(o.amount) as amount from {{ ref('stg_orders') }} as o\n"
        "inner join {{ ref('stg_order_items') }} as i on i.order_id = o.order_id\n"
        "group by o.channel"
    )
    base[path] = f"with lines as ({inner})\nselect * from lines\n"
    renamed = ("with lines as", "with channels as"), ("from lines", "from channels")
    assert told(change(path, *renamed, base=base)) == []
    copied = (
        ")\nselect * from",
        f"),\nmore as ({inner})\nselect * from more union all select * from",
    )
    assert "JOIN001 fct_lines.sql:5" in told(change(path, copied, base=base))


def test_the_open_end_of_a_period_is_remembered_from_the_base() -> None:
    base = project("parcels")
    path = "models/marts/fct_prices.sql"
    base[path] = (
        "select p.parcel_id, r.price_per_kg from {{ ref('stg_parcels') }} as p\n"
        "left join {{ ref('stg_rate_cards') }} as r\non r.carrier_id = p.carrier_id\n"
        "and p.requested_at >= r.valid_from\n"
        "and (p.requested_at < r.valid_to or r.valid_to is null)\n"
    )
    result = change(path, ("(p.requested_at < r.valid_to or r.valid_to is null)",
                           "p.requested_at < r.valid_to"), base=base)  # fmt: skip
    assert "NULL005 fct_prices.sql:5" in told(result)


def test_an_equality_that_takes_the_place_of_another_is_no_lost_condition() -> None:
    base = project("clinic")
    path = "models/marts/fct_visit_payers.sql"
    base[path] = (
        "select visits.visit_id, payers.payer_name\n"
        "from {{ ref('stg_visits') }} as visits\n"
        "left join {{ ref('stg_payers') }} as payers on payers.tier = visits.visit_type\n"
    )
    edit = ("payers.tier = visits.visit_type", "payers.payer_id = visits.payer_id")
    assert "JOIN007" not in {f.code for f in change(path, edit, base=base).findings}
