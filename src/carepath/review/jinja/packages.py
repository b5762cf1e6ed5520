"""Stand-ins for the macros of dbt and of the common packages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from carepath.review.jinja.relations import OPEN_SCHEMA, RelationStub, StarSpec
from carepath.review.jinja.state import State
from carepath.review.jinja.unknown import SANDBOX_FLAGS, Unknown

FUNCTIONS = frozenset(
    [
        "dateadd",
        "datediff",
        "date_trunc",
        "last_day",
        "split_part",
        "listagg",
        "safe_cast",
        "hash",
        "length",
        "concat",
        "any_value",
        "bool_or",
        "cast_bool_to_text",
        "position",
        "replace",
        "right",
        "except_",
        "array_append",
        "array_concat",
        "array_construct",
        "escape_single_quotes",
        "date",
        "cast",
        "safe_add",
        "safe_subtract",
        "safe_divide",
        "get_url_parameter",
        "get_url_host",
        "get_url_path",
        "haversine_distance",
        "width_bucket",
        "convert_timezone",
        "current_timestamp_in_utc_backcompat",
        "day_of_week",
        "day_name",
        "month_name",
        "date_part",
        "week_start",
        "week_end",
        "iso_week_start",
        "iso_week_end",
        "n_days_ago",
        "n_days_away",
        "n_weeks_ago",
        "n_weeks_away",
        "n_months_ago",
        "n_months_away",
        "from_unixtimestamp",
        "to_unixtimestamp",
        "day_of_month",
        "day_of_year",
        "week_of_year",
        "iso_week_of_year",
        "last_week",
        "next_week",
        "last_month",
        "next_month",
        "yesterday",
        "tomorrow",
        "today",
        "now",
        "periods_since",
        "round_timestamp",
        "json_extract",
        "json_parse",
        "string_agg",
        "timestamp_diff",
        "timestamp_add",
        "max_bool",
        "ceiling",
        "first_value",
        "array_agg",
        "date_diff",
    ]
)
TYPES = {
    "type_string": "varchar",
    "type_timestamp": "timestamp",
    "type_int": "integer",
    "type_bigint": "bigint",
    "type_float": "float",
    "type_numeric": "numeric",
    "type_boolean": "boolean",
    "type_json": "varchar",
}
INTERNAL = frozenset(
    [
        "get_columns_in_relation",
        "get_columns_in_query",
        "generate_schema_name",
        "generate_alias_name",
        "generate_database_name",
        "statement",
        "run_query",
        "load_relation",
        "load_cached_relation",
        "get_where_subquery",
        "get_test_sql",
        "create_schema",
        "drop_relation",
        "make_temp_relation",
        "partition_range",
        "dates_in_range",
        "get_quoted_csv",
        "create_table_as",
        "create_view_as",
        "incremental_validate_on_schema_change",
        "default_last_day",
        "store_raw_result",
        "get_relations_by_pattern",
        "get_relations_by_prefix",
        "get_column_values",
        "should_full_refresh",
        "alter_relation_comment",
        "persist_docs",
        "noop_statement",
        "is_incremental",
        "get_merge_sql",
        "get_delete_insert_merge_sql",
        "snowflake__get_show_grant_sql",
        "copy_grants",
        "apply_grants",
        "get_seed_column_quoted_csv",
        "diff_columns",
        "check_for_schema_changes",
        "process_schema_changes",
        "run_hooks",
        "get_assert_columns_equivalent",
        "validate_sql",
        "get_limit_subquery_sql",
        "get_dcl_statement_list",
        "collect_freshness",
        "snapshot_hash_arguments",
        "build_snapshot_staging_table",
        "strategy_dispatch",
        "string_literal",
        "get_binding_char",
        "default__get_batch_size",
        "get_batch_size",
        "get_intersection",
    ]
)


def text_of(value: Any) -> str:
    """A macro argument as SQL."""
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return ", ".join(text_of(item) for item in value)
    return str(value)


def call_text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Render a call the review knows only by name, its arguments kept visible."""
    values = [text_of(value) for value in (*args, *kwargs.values())]
    return f"cp_fn_{name}({', '.join(value for value in values if value.strip())})"


class Macros(Protocol):
    """Macros by name: a plain dict, or the project's own, compiled when first asked for."""

    def get(self, key: str, /) -> Any:
        """The macro, or None."""


class Namespace:
    """A package's macros; one that is not known gives an unknown value."""

    def __init__(self, name: str, state: State, macros: Macros) -> None:
        self._name = name
        self._state = state
        self._macros = macros

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key in SANDBOX_FLAGS:
            raise AttributeError(key)
        known = self._macros.get(key)
        return known if known is not None else self._state.unknown(f"{self._name}.{key}")


def functions() -> dict[str, Callable[..., Any]]:
    """The cross-database macros that stand for one expression."""
    return dict(_functions())


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    macros: dict[str, Callable[..., Any]] = {}
    for name in FUNCTIONS:
        macros[name] = lambda *a, _name=name, **k: call_text(_name, a, k)
    for name, text in TYPES.items():
        macros[name] = lambda _text=text: _text
    macros["current_timestamp"] = lambda *a, **k: "current_timestamp"
    macros["current_timestamp_in_utc"] = macros["current_timestamp_backcompat"] = macros[
        "current_timestamp"
    ]
    macros["string_literal"] = lambda value: f"'{value}'"
    macros["date_trunc"] = lambda part, date: f"cp_fn_date_trunc('{part}', {text_of(date)})"
    macros["dateadd"] = lambda datepart, interval, from_date_or_timestamp: (
        f"cp_fn_dateadd({text_of(interval)}, {text_of(from_date_or_timestamp)})"
    )
    macros["datediff"] = lambda first_date, second_date, datepart="day": (
        f"cp_fn_datediff({text_of(first_date)}, {text_of(second_date)})"
    )
    macros["last_day"] = lambda date, datepart="month": f"cp_fn_last_day({text_of(date)})"
    macros["safe_cast"] = lambda field, type: f"cast({text_of(field)} as {type})"
    macros["cast"] = macros["safe_cast"]
    macros["concat"] = lambda fields: f"concat({text_of(fields)})"
    macros["intersect"] = lambda: "intersect"
    macros["except"] = lambda: "except"
    return macros


def dbt_utils(state: State) -> dict[str, Callable[..., Any]]:
    """dbt_utils: the macros that shape columns and rows."""

    def surrogate_key(*fields: Any, **_: Any) -> str:
        first = fields[0] if fields and isinstance(fields[0], list | tuple) else fields
        return f"cp_surrogate_key({text_of(list(first))})"

    def star(*args: Any, **kwargs: Any) -> Any:
        relation = args[0] if args else kwargs.get("from")
        if isinstance(relation, Unknown) or not isinstance(relation, RelationStub):
            return state.unknown("dbt_utils.star")
        excluded = kwargs.get("except") or (args[2] if len(args) > 2 else [])
        if isinstance(excluded, Unknown):
            return state.unknown("dbt_utils.star")
        names = [excluded] if isinstance(excluded, str) else list(excluded)
        return state.star(
            StarSpec(
                (relation._name.encoded,),
                frozenset(str(name).strip('"`').lower() for name in names),
                str(kwargs.get("prefix") or ""),
                str(kwargs.get("suffix") or ""),
            )
        )

    def union_relations(relations: Any, *args: Any, **kwargs: Any) -> str:
        stubs = list(relations)
        excluded = [str(name).lower() for name in kwargs.get("exclude") or []]
        column = str(kwargs.get("source_column_name") or "_dbt_source_relation")
        if all(isinstance(stub, RelationStub) for stub in stubs) and not kwargs.get("include"):
            names = tuple(stub._name.encoded for stub in stubs)
            token = state.star(StarSpec(names, frozenset(excluded), extra=(column,)))
            return f"(select {token} from {OPEN_SCHEMA}.union_relations)"
        return f"(select * from {OPEN_SCHEMA}.union_relations)"

    def date_spine(datepart: Any = "day", *args: Any, **kwargs: Any) -> str:
        part = str(datepart).strip("'\"")
        bounds = call_text("spine", args, kwargs)
        return f"(select {bounds} as date_{part})"

    def deduplicate(relation: Any, partition_by: Any, order_by: Any = None, **_: Any) -> str:
        order = f" order by {order_by}" if order_by else ""
        return (
            f"(select * from {relation} qualify "
            f"row_number() over (partition by {text_of(partition_by)}{order}) = 1)"
        )

    def group_by(n: Any) -> str:
        return "group by " + ", ".join(str(i) for i in range(1, int(n) + 1))

    def generate_series(*_: Any, **__: Any) -> str:
        return f"(select cp_fn_series() as generated_number from {OPEN_SCHEMA}.series)"

    macros = functions()
    macros.update(
        surrogate_key=surrogate_key,
        generate_surrogate_key=surrogate_key,
        star=star,
        union_relations=union_relations,
        date_spine=date_spine,
        deduplicate=deduplicate,
        group_by=group_by,
        generate_series=generate_series,
        log_info=lambda *a, **k: "",
        pretty_log_format=lambda *a, **k: "",
        pretty_time=lambda *a, **k: "00:00:00",
        slugify=lambda text: "".join(c if c.isalnum() else "_" for c in str(text).lower()),
    )
    return macros


def dbt_date(state: State) -> dict[str, Callable[..., Any]]:
    """dbt_date: dimension tables are open, the rest are expressions."""
    macros = functions()
    macros["get_date_dimension"] = lambda *a, **k: f"(select * from {OPEN_SCHEMA}.date_dimension)"
    macros["get_base_dates"] = lambda *a, **k: "(select cp_fn_spine() as date_day)"
    macros["date_trunc"] = functions()["date_trunc"]
    return macros


def fivetran_utils(state: State, var: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """fivetran_utils: switches by variable, and column lists that its sources fill up."""

    def enabled_vars(names: Any) -> bool:
        return all(bool(var(name, True)) for name in names)

    def enabled_vars_one_true(names: Any) -> bool:
        return any(bool(var(name, True)) for name in names)

    def fill_staging_columns(source_columns: Any = None, staging_columns: Any = None) -> Any:
        if not isinstance(staging_columns, list) or not staging_columns:
            return state.unknown("fivetran_utils.fill_staging_columns")
        lines = []
        for column in staging_columns:
            name = str(column.get("alias") or column.get("name") or "")
            lines.append(f"cp_fn_staging({column.get('name')}) as {name}")
        return ",\n".join(lines)

    def pass_through(name: Any = "", *_: Any, **__: Any) -> str:
        given = var(str(name), [])
        names = [c.get("alias") or c.get("name") if isinstance(c, dict) else c for c in given]
        return "".join(f", {text}" for text in names if isinstance(text, str))

    opened = f"select * from {OPEN_SCHEMA}.union_data"
    macros = functions()
    macros.update(
        enabled_vars=enabled_vars,
        enabled_vars_one_true=enabled_vars_one_true,
        fill_staging_columns=fill_staging_columns,
        fill_pass_through_columns=pass_through,
        persist_pass_through_columns=pass_through,
        add_pass_through_columns=lambda *_, **__: "",
        source_relation=lambda *_, **__: ", cast('' as varchar) as source_relation",
        add_dbt_source_relation=lambda *_, **__: "",
        union_data=lambda *_, **__: opened,
        union_relations=lambda *_, **__: opened,
        try_cast=lambda field, type, *_: f"cast({text_of(field)} as {type})",
        dummy_coalesce_value=lambda column, *_: f"cp_fn_dummy({text_of(column)})",
        percentile=lambda *a, **k: call_text("percentile", a, k) + " over ()",
    )
    return macros
