"""Relations of other packages: what they have is learnt from the models that read them."""

from __future__ import annotations

from tests.review.conftest import review_files

PROJECT = "name: ledger\nversion: '1.0'\nconfig-version: 2\n"
PACKAGES = "packages:\n  - package: someone/ledger_source\n    version: 1.0.0\n"
PAIRS = (
    ("bill", "vendor"),
    ("bill", "account"),
    ("invoice", "customer"),
    ("invoice", "department"),
    ("payment", "customer"),
    ("deposit", "account"),
    ("refund", "customer"),
    ("refund", "department"),
    ("transfer", "account"),
    ("credit", "vendor"),
)


def _model(one: str, other: str, condition: str = "") -> str:
    return f"""with {one}s as (
    select * from {{{{ ref('stg_ledger__{one}') }}}}
),

{other}s as (
    select * from {{{{ ref('stg_ledger__{other}') }}}}
)

select
    {one}s.{one}_id,
    {one}s.source_relation,
    {other}s.display_name
from {one}s
left join {other}s
    on {one}s.{other}_id = {other}s.{other}_id
{condition}"""


def _files() -> dict[str, str]:
    files = {"dbt_project.yml": PROJECT, "packages.yml": PACKAGES}
    for one, other in PAIRS:
        condition = f"    and {one}s.source_relation = {other}s.source_relation\n"
        files[f"models/int_{one}_{other}.sql"] = _model(one, other, condition)
    return files


def test_a_join_without_the_name_that_all_others_equate_is_named() -> None:
    base = _files()
    path = "models/int_payment_account.sql"
    result = review_files(base, {**base, path: _model("payment", "account")}, dialect="")
    found = [(f.code, f.place.file, f.place.line) for f in result.findings if f.code == "JOIN008"]
    assert found == [("JOIN008", path, 15)]


def test_a_join_with_it_is_quiet() -> None:
    base = _files()
    condition = "    and payments.source_relation = accounts.source_relation\n"
    path = "models/int_payment_account.sql"
    result = review_files(base, {**base, path: _model("payment", "account", condition)}, dialect="")
    assert [f.code for f in result.findings if f.code.startswith("JOIN")] == []


def test_the_key_of_one_relation_is_no_name_that_all_joins_need() -> None:
    base = _files()
    child = _model("bill", "bill", "    and bills.source_relation = parents.source_relation\n")
    child = child.replace("bills as (\n    select * from", "parents as (\n    select * from", 2)
    child = child.replace("parents as (", "bills as (", 1).replace(
        "bills.display_name", "parents.display_name"
    )
    child = child.replace("join bills", "join parents").replace(
        "bills.bill_id = bills.bill_id", "bills.parent_id = parents.bill_id"
    )
    result = review_files(base, {**base, "models/int_bill_parent.sql": child}, dialect="")
    assert [f.message for f in result.findings if f.code == "JOIN008"] == []


def test_a_declared_key_is_not_kept_by_a_part_of_what_a_query_is_grouped_by() -> None:
    base = _files() | {
        "models/int_unsubscribes.sql": "select campaign_id, send_id, count(*) as unsubscribes\n"
        "from {{ ref('stg_ledger__event') }}\ngroup by 1, 2\n",
        "models/sends.yml": "version: 2\nmodels:\n  - name: sends\n    columns:\n"
        "      - name: event_id\n        data_tests: [unique]\n",
    }
    sql = """with sends as (
    select * from {{ ref('stg_ledger__send') }}
),

unsubscribes as (
    select * from {{ ref('int_unsubscribes') }}
)

select
    sends.*,
    unsubscribes.unsubscribes
from sends
left join unsubscribes
    on sends.send_id = unsubscribes.send_id
"""
    result = review_files(base, {**base, "models/sends.sql": sql}, dialect="")
    assert [f.code for f in result.findings if f.code.startswith("JOIN")] == ["JOIN001"]
    whole = sql + "    and sends.campaign_id = unsubscribes.campaign_id\n"
    result = review_files(base, {**base, "models/sends.sql": whole}, dialect="")
    assert [f.code for f in result.findings if f.code.startswith("JOIN")] == []


def test_a_model_that_reads_itself_has_no_unknown_columns_besides() -> None:
    base = _files()
    sql = "select id as bill_id, total\nfrom {{ ref('int_self') }}\n"
    result = review_files(base, {**base, "models/int_self.sql": sql}, dialect="")
    assert [f.code for f in result.findings if f.severity.word == "error"] == ["REF005"]


OWNERS = """with deals as (
    select * from {{ ref('stg_ledger__deal') }}
)

{% if var('using_owners', true) %}
, owners as (
    select * from {{ ref('stg_ledger__owner') }}
)
{% endif %}

, final as (
    select
        deals.*
        COLUMN
    from deals
    {% if var('using_owners', true) %}
    left join owners on owners.owner_id = deals.owner_id
    {% endif %}
)

select * from final
"""


def test_a_column_of_a_relation_that_a_variable_switches_off_is_named() -> None:
    base = _files()
    sql = OWNERS.replace("COLUMN", ", owners.full_name as owner_name")
    result = review_files(base, {**base, "models/deals.sql": sql}, dialect="")
    found = [(f.code, f.place.line) for f in result.findings if f.code == "SQL006"]
    assert found == [("SQL006", 14)]


def test_a_column_under_the_condition_of_its_join_is_quiet() -> None:
    base = _files()
    inner = ", owners.full_name as owner_name"
    guarded = "{% if var('using_owners', true) %}" + inner + "{% endif %}"
    sql = OWNERS.replace("COLUMN", guarded)
    result = review_files(base, {**base, "models/deals.sql": sql}, dialect="")
    assert [f.code for f in result.findings if f.code == "SQL006"] == []
