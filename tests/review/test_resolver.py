"""Columns, keys and values are followed through CTEs, joins and models."""

from __future__ import annotations

from carepath.review.sql.relation import Relation
from tests.review.conftest import project, snapshot


def output(sql: str, dialect: str = "snowflake", **more: str) -> Relation:
    files = {**project("shop"), "models/marts/m.sql": sql, **more}
    side = snapshot(files, dialect)
    return side.facts(side.models["model:shop.m"]).relation


def keys(sql: str) -> set[tuple[str, ...]]:
    return {tuple(sorted(key.columns)) for key in output(sql).keys}


def test_a_star_over_a_closed_model_is_closed() -> None:
    relation = output("select * from {{ ref('fct_orders') }}")
    assert relation.is_closed
    assert [c.name for c in relation.columns][:3] == ["order_id", "customer_id", "status"]


def test_a_star_over_a_source_is_open() -> None:
    assert not output("select * from {{ source('shop', 'orders') }}").is_complete


def test_a_column_keeps_its_origin_through_renames() -> None:
    sql = "with a as (select order_id as x from {{ ref('stg_orders') }}) select x as y from a"
    column = output(sql).columns[0]
    assert column.root == ("model:shop.stg_orders", "order_id") or column.root[1] == "order_id"


def test_group_by_proves_a_key() -> None:
    assert ("status",) in keys(
        "select status, count(*) as n from {{ ref('stg_orders') }} group by 1"
    )


def test_a_tested_key_survives_a_join_with_a_unique_side() -> None:
    sql = (
        "select o.order_id, c.country from {{ ref('stg_orders') }} o "
        "left join {{ ref('stg_customers') }} c on c.customer_id = o.customer_id"
    )
    assert ("order_id",) in keys(sql)


def test_a_tested_key_is_lost_in_a_join_with_many() -> None:
    sql = (
        "select o.order_id, i.quantity from {{ ref('stg_orders') }} o "
        "join {{ ref('stg_order_items') }} i on i.order_id = o.order_id"
    )
    assert ("order_id",) not in keys(sql)


def test_row_number_equals_one_proves_a_key_across_ctes() -> None:
    sql = (
        "with n as (select *, row_number() over (partition by customer_id order by updated_at) rn "
        "from {{ ref('stg_orders') }}) select customer_id, status from n where rn = 1"
    )
    assert ("customer_id",) in keys(sql)


def test_a_surrogate_key_over_a_key_is_a_key() -> None:
    sql = (
        "select {{ dbt_utils.generate_surrogate_key(['order_id']) }} as k "
        "from {{ ref('stg_orders') }}"
    )
    assert ("k",) in keys(sql)


def test_the_values_of_a_case_are_known_and_narrowed_by_a_filter() -> None:
    sql = "select payment_status as s from {{ ref('stg_payments') }}"
    assert output(sql).columns[0].domain.values == {"SETTLED", "FAILED", "PENDING"}
    narrowed = output(sql + " where payment_status in ('FAILED', 'PENDING')")
    assert narrowed.columns[0].domain.values == {"FAILED", "PENDING"}


def test_the_values_of_a_seed_are_its_rows() -> None:
    column = output("select region from {{ ref('country_regions') }}").columns[0]
    assert column.domain.values == {"Americas", "Europe"}
    assert column.domain.strength == "seed"


def test_a_function_nobody_knows_loses_the_values() -> None:
    sql = "select my_function(payment_status) as s from {{ ref('stg_payments') }}"
    assert output(sql).columns[0].domain is None


def test_the_optional_side_of_an_outer_join_can_be_null() -> None:
    sql = (
        "select p.payment_id from {{ ref('stg_orders') }} o "
        "left join {{ ref('stg_payments') }} p on p.order_id = o.order_id"
    )
    assert output(sql).columns[0].nullable is True


def test_a_column_in_one_variant_only_is_not_known() -> None:
    relation = output(
        "select order_id {% if is_incremental() %}, status {% endif %} from {{ ref('stg_orders') }}"
    )
    assert not relation.is_complete
    assert [c.name for c in relation.columns] == ["order_id"]


def test_models_in_a_circle_are_open_and_do_not_hang() -> None:
    relation = output(
        "select * from {{ ref('n') }}", **{"models/marts/n.sql": "select * from {{ ref('m') }}"}
    )
    assert not relation.is_complete


def test_a_model_of_a_thousand_ctes_is_resolved() -> None:
    ctes = ["c0 as (select order_id from {{ ref('stg_orders') }})"]
    ctes += [f"c{n} as (select order_id from c{n - 1})" for n in range(1, 400)]
    assert output("with " + ",\n".join(ctes) + " select * from c399").is_closed


UNION = (
    "with w as (select customer_id, date_trunc('week', ordered_at) as d, sum(amount) as a "
    "from {{ ref('stg_orders') }} group by 1, 2), "
    "m as (select customer_id, date_trunc('month', ordered_at) as d, sum(amount) as a "
    "from {{ ref('stg_orders') }} group by 1, 2) "
    "select customer_id, d, a, 'week' as period from w union all "
    "select customer_id, d, a, 'SECOND' as period from m"
)


def test_a_union_has_the_keys_of_its_sides_and_what_tells_them_apart() -> None:
    assert keys(UNION.replace("SECOND", "month")) == {("customer_id", "d", "period")}


def test_a_union_whose_sides_put_out_one_constant_has_no_key() -> None:
    assert keys(UNION.replace("SECOND", "week")) == set()
