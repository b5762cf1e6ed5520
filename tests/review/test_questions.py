"""Questions about conditions that a change turns, and the changes that turn nothing."""

from __future__ import annotations

import pytest

from tests.review.conftest import project, review_files

PATH = "models/marts/fct_open.sql"
BEFORE = """
select orders.order_id, parents.order_id as parent_id
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_orders') }} as parents on orders.customer_id = parents.order_id
where orders.amount > 100 and orders.ordered_at < parents.updated_at
"""


def asked(after: str) -> list[tuple[str, str, int]]:
    base = {**project("shop"), PATH: BEFORE}
    result = review_files(base, {**base, PATH: after})
    turned = [q for q in result.questions if q.topic in ("bound", "turned-join")]
    return [(q.topic, q.text, q.place.line) for q in turned]


@pytest.mark.parametrize(
    ("old", "new", "topic", "line"),
    [
        ("amount > 100", "amount >= 100", "bound", 5),
        ("orders.amount > 100", "100 <= orders.amount", "bound", 5),
        ("ordered_at < parents", "ordered_at <= parents", "bound", 5),
        ("orders.customer_id = parents.order_id", "orders.order_id = parents.customer_id",
         "turned-join", 4),
        ("orders.customer_id = parents.order_id", "parents.customer_id = orders.order_id",
         "turned-join", 4),
    ],
)  # fmt: skip
def test_a_turned_condition_is_asked_about(old: str, new: str, topic: str, line: int) -> None:
    assert BEFORE.count(old) == 1
    told = asked(BEFORE.replace(old, new))
    assert [(t, at) for t, _, at in told] == [(topic, line)]
    assert "became" in told[0][1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("orders.amount > 100", "100 < orders.amount"),
        ("orders.amount > 100", "orders.amount > 200"),
        ("orders.amount > 100", "orders.amount >= 101"),
        ("orders.amount > 100", "orders.amount > 100 and orders.amount >= 0"),
        ("orders.amount > 100", "orders.amount  >  100 -- a remark"),
        ("orders.customer_id = parents.order_id", "parents.order_id = orders.customer_id"),
        ("orders.customer_id = parents.order_id", "orders.order_id = parents.order_id"),
        ("orders.customer_id = parents.order_id", "orders.customer_id = parents.customer_id"),
        ("select orders.order_id,", "select orders.order_id, orders.amount >= 5 as is_big,"),
    ],
)  # fmt: skip
def test_a_condition_that_only_looks_turned_is_not(old: str, new: str) -> None:
    assert BEFORE.count(old) == 1
    assert asked(BEFORE.replace(old, new)) == []
