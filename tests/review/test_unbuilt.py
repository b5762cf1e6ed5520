"""Singular tests and analyses: columns they read and no longer find."""

from __future__ import annotations

from carepath.review.findings import Finding
from tests.review.conftest import project, review_files

TEST = "tests/assert_every_order_has_a_channel.sql"
ANALYSIS = "analyses/channels.sql"
STAGED = "models/staging/stg_orders.sql"
MART = "models/marts/fct_orders.sql"


def found(extra: dict[str, str], change: dict[str, str] | None = None) -> list[Finding]:
    base = {**project("shop"), **extra}
    head = {
        **base,
        STAGED: base[STAGED].replace("    channel,", "    channel as sales_channel,"),
        MART: base[MART].replace("orders.channel", "orders.sales_channel as channel"),
        **(change or {}),
    }
    return [f for f in review_files(base, head).findings if f.severity.word != "note"]


def test_a_singular_test_that_reads_a_renamed_column_is_named() -> None:
    text = "select order_id\nfrom {{ ref('stg_orders') }}\nwhere channel is null"
    told = found({TEST: text})
    assert [(f.code, f.place.file, f.place.line, f.severity.word) for f in told] == [
        ("REF004", TEST, 3, "error")
    ]
    assert "sales_channel" in told[0].message


def test_an_analysis_is_a_warning_as_nothing_runs_it() -> None:
    told = found({ANALYSIS: "select channel from {{ ref('stg_orders') }}"})
    assert [(f.code, f.place.file, f.severity.word) for f in told] == [
        ("REF004", ANALYSIS, "warning")
    ]


def test_a_test_that_was_adapted_or_reads_something_else_is_fine() -> None:
    text = "select order_id from {{ ref('stg_orders') }} where channel is null"
    adapted = text.replace("channel", "sales_channel")
    other = "select order_id from {{ ref('fct_orders') }} where channel is null"
    generic = "{% test filled(model) %}select channel from {{ ref('stg_orders') }}{% endtest %}"
    assert found({TEST: text}, {TEST: adapted}) == []
    assert found({TEST: other}) == []
    assert found({"tests/filled.sql": generic}) == []
