"""What is known of a value and carried along: case, time zone, whole numbers, personal data."""

from __future__ import annotations

import pytest

from carepath.review.review import review_all
from tests.review.conftest import project, snapshot

CUSTOMERS = "{{ ref('stg_customers') }}"


def codes(files: dict[str, str], dialect: str = "snowflake") -> set[str]:
    found = review_all(snapshot({**project("shop"), **files}, dialect)).findings
    return {f.code for f in found if f.place.file in files}


@pytest.mark.parametrize(
    ("expression", "dialect"),
    [
        ("to_hex(sha256(email))", "bigquery"),
        ("to_base64(sha512(lower(email)))", "bigquery"),
        ("sha2(email, 256)", "snowflake"),
        ("md5(lower(trim(email)))", "snowflake"),
        ("encode(digest(email, 'sha256'), 'hex')", "postgres"),
        ("func_sha1(email)", "redshift"),
        ("cast(xxhash64(email) as string)", "databricks"),
    ],
)
def test_a_hash_of_an_address_is_no_address(expression: str, dialect: str) -> None:
    sql = f"select customer_id, {expression} as email_hash from {CUSTOMERS}"
    assert "PII001" not in codes({"models/marts/dim_hashes.sql": sql}, dialect)


@pytest.mark.parametrize("expression", ["lower(email)", "md5(country) || email", "to_hex(email)"])
def test_an_address_beside_a_hash_is_one(expression: str) -> None:
    sql = f"select customer_id, {expression} as contact from {CUSTOMERS}"
    assert "PII001" in codes({"models/marts/dim_contacts.sql": sql})


CASED = "select customer_id, upper(country) as country from {{ ref('stg_customers') }}"


@pytest.mark.parametrize(
    ("upstream", "is_told"),
    [
        (CASED, True),
        (f"{CASED} union all {CASED}", True),
        (f"{CASED} union all select customer_id, country from {CUSTOMERS}", False),
        (CASED.replace("upper(country)", "coalesce(upper(country), 'none')"), False),
        (CASED.replace("upper(country)", "trim(upper(country))"), True),
        (CASED.replace("upper(country)", "initcap(upper(country))"), False),
    ],
)
def test_a_case_holds_only_where_every_branch_makes_it(upstream: str, is_told: bool) -> None:
    reader = "select count(*) as n from {{ ref('int_countries') }} where country = 'Germany'"
    files = {"models/marts/fct_n.sql": reader, "models/intermediate/int_countries.sql": upstream}
    assert ("LIT001" in codes(files)) == is_told


def test_a_zone_holds_only_where_every_variant_puts_it_there() -> None:
    converted = "convert_timezone('UTC', 'Europe/Berlin', ordered_at)"
    plain = (
        f"select order_id, {{% if is_incremental() %}}ordered_at{{% else %}}{converted}"
        "{% endif %} as ordered_at from {{ ref('stg_orders') }}"
    )
    reader = (
        "select convert_timezone('UTC', 'Europe/Berlin', ordered_at) as at from {{ ref('int_o') }}"
    )
    for upstream, is_told in (
        (f"select order_id, {converted} as ordered_at from {{{{ ref('stg_orders') }}}}", True),
        ("{{ config(materialized='incremental', unique_key='order_id') }}" + plain, False),
    ):
        files = {"models/marts/fct_at.sql": reader, "models/intermediate/int_o.sql": upstream}
        assert ("DET005" in codes(files)) == is_told
