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


DETAILED = """
select
    order_id,
    amount * 100 - 5 as net_cents,
    -amount as refund,
    round(amount, 2) as rounded,
    datediff('day', ordered_at, updated_at) + 1 as days,
    parse_json(channel):source::string as channel_source,
    updated_at as shipped_at,
    rank() over (partition by customer_id order by ordered_at desc) as recency
from {{ ref('stg_orders') }}
where amount > 0 and status <> 'cancelled'
"""


def details(after: str) -> list[str]:
    base = {**project("shop"), PATH: DETAILED}
    result = review_files(base, {**base, PATH: after})
    topics = ("sign", "number", "path", "direction", "default", "filter", "union")
    return [q.topic for q in result.questions if q.topic in topics]


@pytest.mark.parametrize(
    ("old", "new", "topic"),
    [
        ("amount * 100 - 5", "amount * 100 + 5", "sign"),
        ("amount * 100 - 5", "amount / 100 - 5", "sign"),
        ("-amount as", "amount as", "sign"),
        ("amount, 2)", "amount, 0)", "number"),
        ("updated_at) + 1", "updated_at)", "number"),
        (":source::", ":utm_source::", "path"),
        ("ordered_at desc", "ordered_at", "direction"),
        ("updated_at as", "coalesce(updated_at, ordered_at) as", "default"),
        (" and status <> 'cancelled'", "", "filter"),
    ],
)
def test_a_detail_that_changes_under_the_same_name_is_asked_about(
    old: str, new: str, topic: str
) -> None:
    assert DETAILED.count(old) == 1
    assert details(DETAILED.replace(old, new)) == [topic]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-amount as refund", "-amount as refunded"),
        ("round(amount, 2)", "round(amount,  2) -- cents"),
        ("amount * 100 - 5", "coalesce(amount * 100 - 5, 0)"),
        ("-amount as", "-coalesce(amount, 0) as"),
        ("amount > 0 and status <> 'cancelled'", "status <> 'cancelled' and amount > 0"),
        ("status <> 'cancelled'", "status not in ('cancelled', 'returned')"),
    ],
)
def test_a_column_that_keeps_its_meaning_is_not(old: str, new: str) -> None:
    assert DETAILED.count(old) == 1
    assert details(DETAILED.replace(old, new)) == []


def test_duplicates_dropped_by_a_union_are_asked_about() -> None:
    union = "select order_id from {{ ref('stg_orders') }}\nunion all\n"
    union += "select line_count from {{ ref('int_order_totals') }}\n"
    base = {**project("shop"), PATH: union}
    for new, topics in (("union", ["union"]), ("union all", [])):
        head = union.replace("union all", new) + "-- all of them"
        result = review_files(base, {**base, PATH: head})
        assert [q.topic for q in result.questions if q.topic == "union"] == topics


NEW = "models/marts/new_model.sql"


@pytest.mark.parametrize(
    ("sql", "topic"),
    [
        (
            "select order_id from {{ ref('stg_orders') }} where ordered_at < '2024-07-01'",
            "fixed-end",
        ),
        ("select order_id from {{ ref('stg_orders') }} where ordered_at >= '2024-07-01'", None),
        (
            "{{ config(materialized='incremental', unique_key='order_id') }}\n"
            "select order_id,"
            " sum(amount) over (order by order_id rows unbounded preceding) as total"
            " from {{ ref('stg_orders') }}\n{% if is_incremental() %}"
            "where order_id > (select max(order_id) from {{ this }}){% endif %}",
            "batch",
        ),
        (
            "{{ config(materialized='incremental', unique_key='order_id') }}\n"
            "select order_id, row_number() over (order by order_id) as n"
            " from {{ ref('stg_orders') }}\n{% if is_incremental() %}"
            "where order_id > (select max(order_id) from {{ this }}){% endif %}",
            None,
        ),
        (
            "with o as (select customer_id, amount, channel as currency"
            " from {{ ref('stg_orders') }})\n"
            "select customer_id, sum(amount) as amount from o group by 1",
            "currency",
        ),
        (
            "with o as (select customer_id, amount, channel as currency"
            " from {{ ref('stg_orders') }})\n"
            "select customer_id, currency, sum(amount) as amount from o group by 1, 2",
            None,
        ),
    ],
)
def test_what_only_the_author_can_know_is_asked(sql: str, topic: str | None) -> None:
    result = review_files(project("shop"), {**project("shop"), NEW: sql})
    topics = ("fixed-end", "batch", "currency")
    told = [q.topic for q in result.questions if q.topic in topics]
    assert told == ([topic] if topic else [])


STAGED = """
select
    order_id,
    customer_id,
    ordered_at,
    updated_at,
    cast(ordered_at as date) as order_day,
    cast(amount as decimal(12, 2)) as paid,
    amount
from {{ ref('stg_orders') }}
"""


def meant(old: str, new: str) -> list[tuple[str, int]]:
    assert STAGED.count(old) == 1
    base = {**project("shop"), PATH: STAGED}
    result = review_files(base, {**base, PATH: STAGED.replace(old, new)})
    return [(q.topic, q.place.line) for q in result.questions if q.topic in ("meaning", "type")]


@pytest.mark.parametrize(
    ("old", "new", "topic", "line"),
    [
        ("    amount\n", "    amount / 100 as amount\n", "meaning", 9),
        ("    amount\n", "    round(cast(amount as float) / 100.0, 2) as amount\n", "meaning", 9),
        ("    ordered_at,\n", "    coalesce(updated_at, ordered_at) as ordered_at,\n",
         "meaning", 5),
        ("cast(ordered_at as date)", "cast(updated_at as date)", "meaning", 7),
        ("cast(amount as decimal(12, 2))", "cast(amount as double)", "type", 8),
    ],
)  # fmt: skip
def test_a_column_that_keeps_its_name_and_means_another_thing_is_asked_about(
    old: str, new: str, topic: str, line: int
) -> None:
    assert meant(old, new) == [(topic, line)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    amount\n", "    amount / 100 as amount_cents\n"),
        ("    amount\n", "    round(amount, 2) as amount\n"),
        ("    ordered_at,\n", "    coalesce(ordered_at, '1970-01-01') as ordered_at,\n"),
        ("cast(ordered_at as date)", "cast(date_trunc('day', ordered_at) as date)"),
        ("cast(amount as decimal(12, 2))", "cast(amount as decimal(18, 4))"),
    ],
)
def test_a_column_that_means_what_it_meant_is_not(old: str, new: str) -> None:
    assert meant(old, new) == []


@pytest.mark.parametrize(
    ("condition", "is_asked"),
    [
        ("status = 'placed' and amount > 100 or channel = 'web'", True),
        ("status = 'placed' and (amount > 100 or channel = 'web')", False),
        ("(status = 'placed' and amount > 100) or channel = 'web'", False),
        ("status = 'placed' and amount > 100 or channel = 'web' and amount > 5", False),
        ("status = 'placed' or channel = 'web'", False),
    ],
)
def test_an_alternative_without_parentheses_is_asked_about(condition: str, is_asked: bool) -> None:
    base = project("shop")
    text = f"select order_id from {{{{ ref('stg_orders') }}}} where {condition}"
    result = review_files(base, {**base, PATH: text})
    assert ("alternative" in [q.topic for q in result.questions]) == is_asked


@pytest.mark.parametrize(
    ("window", "is_asked"),
    [
        ("lag(ordered_at) over (order by ordered_at)", True),
        ("lag(ordered_at) over (partition by customer_id order by ordered_at)", False),
        ("lag(order_id) over (order by order_id)", False),
        ("rank() over (order by ordered_at)", False),
    ],
)
def test_a_neighbour_among_everybody_is_asked_about(window: str, is_asked: bool) -> None:
    base = project("shop")
    text = f"select order_id, customer_id, {window} as before from {{{{ ref('stg_orders') }}}}"
    result = review_files(base, {**base, PATH: text})
    assert ("everybody" in [q.topic for q in result.questions]) == is_asked
    alone = text.replace("customer_id, ", "")
    result = review_files(base, {**base, PATH: alone.replace("partition by customer_id ", "")})
    assert "everybody" not in [q.topic for q in result.questions]


@pytest.mark.parametrize(
    ("sql", "topic", "line"),
    [
        (
            "select order_id from {{ ref('stg_orders') }}\norder by ordered_at\nlimit 1000",
            "cut", 3,
        ),
        (
            "select id, name from {{ source('shop', 'products') }}\nwhere not is_deleted\n"
            "qualify row_number() over (partition by id order by updated_at desc) = 1",
            "before-choice", 2,
        ),
        (
            "select c.customer_id, o.order_id from {{ ref('stg_customers') }} as c\n"
            "left join {{ ref('stg_orders') }} as o\non o.customer_id = c.customer_id\n"
            "and c.country = 'DE'",
            "own-side", 4,
        ),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_asked(sql: str, topic: str, line: int) -> None:
    base = project("shop")
    found = review_files(base, {**base, "models/marts/fct_asked.sql": sql}).questions
    assert [(q.topic, q.place.line) for q in found if q.topic == topic] == [(topic, line)]


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id from {{ ref('stg_orders') }} order by amount desc limit 1",
        "select id from {{ source('shop', 'products') }}\n"
        "qualify row_number() over (partition by id order by updated_at desc) = 1\n"
        "and not is_deleted",
        "select c.customer_id, o.order_id from {{ ref('stg_customers') }} as c\n"
        "left join {{ ref('stg_orders') }} as o on o.customer_id = c.customer_id\n"
        "where c.country = 'DE'",
    ],
)
def test_what_is_plain_is_not_asked(sql: str) -> None:
    base = project("shop")
    found = review_files(base, {**base, "models/marts/fct_asked.sql": sql}).questions
    assert not {"cut", "before-choice", "own-side"} & {q.topic for q in found}


NUMBERED = """
with orders as (select * from {{ ref('stg_orders') }} where status = 'completed'),
numbered as (
    select *, row_number() over (partition by customer_id order by ordered_at, order_id) as n
    from orders
),
first_ones as (select * from numbered where n = 1)
select customer_id, order_id from first_ones
"""
MOVED = NUMBERED.replace(" where status = 'completed'", "").replace(
    "where n = 1", "where n = 1 and status = 'completed'"
)


def filters(before: str, after: str) -> list[str]:
    base = {**project("shop"), PATH: before}
    result = review_files(base, {**base, PATH: after})
    return [q.topic for q in result.questions if q.topic in ("filter", "moved-filter")]


@pytest.mark.parametrize("way", [(NUMBERED, MOVED), (MOVED, NUMBERED)])
def test_a_filter_that_moves_past_a_choice_of_rows_is_asked_about(way: tuple[str, str]) -> None:
    assert filters(*way) == ["moved-filter"]


def test_a_filter_that_moves_and_changes_nothing_is_not_asked_about() -> None:
    plain = NUMBERED.replace("status = 'completed'", "customer_id > 9")
    same = MOVED.replace("status = 'completed'", "customer_id > 9")
    assert filters(plain, same) == []
    before = "with o as (select * from {{ ref('stg_orders') }} where amount > 1), p as (select * "
    before += "from o) select order_id from p"
    moved = before.replace(" where amount > 1", "").replace("from o)", "from o where amount > 1)")
    assert filters(before, moved) == []


def test_a_filter_that_goes_with_its_cte_is_asked_about() -> None:
    open_ones = "open_ones as (select * from orders where channel = 'web'),\nnumbered as ("
    before = NUMBERED.replace("numbered as (", open_ones).replace(
        "from orders\n", "from open_ones\n"
    )
    assert filters(before, NUMBERED) == ["filter"]
    inside = NUMBERED.replace("= 'completed'", "= 'completed' and channel = 'web'")
    assert filters(before, inside) == []


def test_a_month_grouped_without_its_year_is_asked_about() -> None:
    def topics(select: str) -> list[str]:
        text = f"select {select}, count(*) as n from {{{{ ref('stg_orders') }}}} group by 1, 2"
        result = review_files(project("shop"), {**project("shop"), PATH: text})
        return [q.topic for q in result.questions if q.topic == "any-year"]

    assert topics("date_part('month', ordered_at) as month, channel") == ["any-year"]
    assert topics("month(ordered_at) as month, year(ordered_at) as year") == []
    assert topics("month(ordered_at) as month_number, channel") == []
    assert topics("date_trunc('month', ordered_at) as month, channel") == []


def test_a_condition_that_is_gone_is_told_in_the_words_of_the_warehouse() -> None:
    text = "select order_id from {{ ref('stg_orders') }}"
    where = " where ordered_at < dateadd('day', -14, current_timestamp())"
    base = {**project("shop"), PATH: text + where}
    (question,) = review_files(base, {**base, PATH: text}).questions
    assert "ordered_at < DATEADD(DAY, -14, CURRENT_TIMESTAMP()) is gone" in question.text


MAYBE = """select o.order_id, c.country, case when o.amount > 5 then true end as is_large,
    o.amount > 9 as is_huge
from {{ ref('stg_orders') }} as o
left join {{ ref('stg_customers') }} as c on c.customer_id = o.customer_id"""


def of_nulls(condition: str) -> list[str]:
    base = {**project("shop"), "models/marts/maybe.sql": MAYBE}
    sql = "select order_id from {{ ref('maybe') }} as m where " + condition
    result = review_files(base, {**base, "models/marts/kept.sql": sql})
    asked = [q.topic for q in result.questions if q.topic == "null-left-out"]
    return asked + [f.code for f in result.findings if f.code == "NULL076"]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("country != 'FR'", "null-left-out"),
        ("not (m.country = 'FR')", "null-left-out"),
        ("country not in ('FR', 'DE')", "null-left-out"),
        ("not is_large", "NULL076"),
        ("m.is_large = false", "NULL076"),
        ("is_large <> true and order_id > 1", "NULL076"),
    ],
)
def test_a_negation_of_what_can_be_null(condition: str, told: str) -> None:
    assert of_nulls(condition) == [told]


@pytest.mark.parametrize(
    "condition",
    [
        "country != 'FR' or country is null",
        "country is not null and country != 'FR'",
        "coalesce(country, '?') != 'FR'",
        "country is distinct from 'FR'",
        "country = 'FR'",
        "is_large",
        "is_large is not true",
        "is_large is not null and not is_large",
        "not coalesce(is_large, false)",
        "not is_huge",
        "is_large is null or not is_large",
    ],
)
def test_a_negation_that_knows_of_the_null_is_fine(condition: str) -> None:
    assert of_nulls(condition) == []


def of_ends(select: str) -> list[str]:
    base = {
        **project("shop"),
        "models/marts/jobs.sql": "select job_id, opened_at, closed_at, state from "
        "{{ source('shop', 'orders') }}",
    }
    sql = f"select {select} from {{{{ ref('jobs') }}}} group by 1"
    result = review_files(base, {**base, "models/marts/daily.sql": sql})
    return [q.text for q in result.questions if q.topic == "ends-by-beginning"]


@pytest.mark.parametrize(
    "select",
    [
        "opened_at::date as day, count(job_id) as opened, count(closed_at) as closed_jobs",
        "date_trunc('week', opened_at) as week, "
        "sum(case when closed_at is not null then 1 else 0 end) as closed",
    ],
)
def test_ends_under_the_day_of_their_beginning_are_asked_about(select: str) -> None:
    assert len(of_ends(select)) == 1


@pytest.mark.parametrize(
    "select",
    [
        "opened_at::date as opened_on, count(closed_at) as closed_jobs",
        "closed_at::date as day, count(closed_at) as closed_jobs",
        "opened_at::date as day, count(job_id) as opened_jobs",
        "opened_at::date as day, avg(datediff('day', opened_at, closed_at)) as days_to_closed",
        "date_trunc('month', opened_at) as cohort_month, count(closed_at) as closed_jobs",
    ],
)
def test_ends_under_a_day_that_says_which_it_is_are_fine(select: str) -> None:
    assert of_ends(select) == []


@pytest.mark.parametrize(
    ("condition", "is_asked"),
    [
        ("ordered_at > (select max(ordered_at) from {{ this }})", True),
        ("ordered_at > (select dateadd('day', -3, max(ordered_at)) from {{ this }})", False),
        ("ordered_at > (select max(ordered_at) - interval '3 days' from {{ this }})", False),
        ("loaded_at > (select max(loaded_at) from {{ this }})", False),
    ],
)
def test_late_rows_are_asked_about_where_nothing_takes_them_in(
    condition: str, is_asked: bool
) -> None:
    base = {
        **project("shop"),
        "models/staging/stg_late.sql": "select id, ordered_at, loaded_at "
        "from {{ source('shop', 'orders') }}",
    }
    sql = "{{ config(materialized='incremental', unique_key='id') }} select * from "
    sql += "{{ ref('stg_late') }} {% if is_incremental() %} where " + condition + " {% endif %}"
    result = review_files(base, {**base, "models/marts/late.sql": sql})
    assert ("late-rows" in [q.topic for q in result.questions]) == is_asked
