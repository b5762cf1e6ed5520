"""The verdict on each row, in SQL: typed values, or the reasons why not."""

from __future__ import annotations

from carepath.landing.casting import write_cell, write_cell_text, write_problems, write_value
from carepath.landing.events import Flattening, flatten_events, is_custom_part
from carepath.landing.sources import Source, SourceColumn
from carepath.landing.tables import EVENTS, Table
from carepath.quoting import quote_name, quote_text


def write_query(source: Source, table: Table) -> str:
    """Write the query that types every row of a file.

    Returns
    -------
    str
        A select of the table's columns, then ``row_number`` (null where it is the place),
        ``is_blank``, ``reasons`` (null for an accepted row), ``row_text`` (only for the others)
        and ``user_count``.
    """
    by_name: dict[str, list[SourceColumn]] = {}
    for given in source.columns:
        by_name.setdefault(given.normalised, []).append(given)
    problems = [*source.problems, *_write_ambiguities(by_name, table)]
    cells: dict[str, tuple[str, str]] = {}
    for column in table.columns:
        found = by_name.get(column.name, [])
        if len(found) == 1:
            kind = found[0].type
            cells[column.name] = (write_cell(column, found[0].expression, kind), kind)
        elif found:
            cells[column.name] = (_write_any_text(found), "VARCHAR")
        else:
            cells[column.name] = (f"cast(null as {column.type})", column.type)
    layers = [{f"cell_{name}": cell for name, (cell, _) in cells.items()}]
    flattening = Flattening()
    if table is EVENTS:
        parts = {
            name: _write_any_text(found) for name, found in by_name.items() if is_custom_part(name)
        }
        flattening = flatten_events(parts, lambda name: f"cast(source.cell_{name} as varchar)")
        layers.extend(flattening.layers)
        problems.extend(flattening.problems)
    layers.append({f"final_{name}": expression for name, expression in flattening.cells.items()})
    values = {}
    for column in table.columns:
        name = column.name
        is_replaced = name in flattening.cells
        cell = f"source.final_{name}" if is_replaced else f"source.cell_{name}"
        kind = "VARCHAR" if is_replaced else cells[name][1]
        values[f"value_{name}"] = write_value(column, cell, kind)
        if column.name in by_name or is_replaced:
            problems.extend(write_problems(column, cell, f"source.value_{name}"))
    layers.append(values)
    return _assemble(source, table, layers, problems, has_users=bool(flattening.cells))


def _write_any_text(found: list[SourceColumn]) -> str:
    """Write the text of a column that JSON spells in several ways."""
    return f"coalesce({', '.join(write_cell_text(one.expression, one.type) for one in found)})"


def _write_ambiguities(
    by_name: dict[str, list[SourceColumn]], table: Table
) -> list[tuple[str, str]]:
    """Refuse rows of JSON in which one column is given twice, spelled differently."""
    ambiguous = []
    for name, found in by_name.items():
        if len(found) > 1 and (name in table.column_names or is_custom_part(name)):
            count = " + ".join(f"({column.expression} is not null)::int" for column in found)
            ambiguous.append((f"({count} > 1)", quote_text(f"{name} is given twice")))
    return ambiguous


def _assemble(
    source: Source,
    table: Table,
    layers: list[dict[str, str]],
    problems: list[tuple[str, str]],
    *,
    has_users: bool,
) -> str:
    query = source.relation
    for layer in layers:
        if layer:
            added = ", ".join(f"{expression} as {name}" for name, expression in layer.items())
            query = f"(select *, {added} from {query}) as source"
    unreadable, only_reason = source.unreadable or ("false", "''")
    conditions = " or ".join(
        f"coalesce({condition}, false)" for condition in (unreadable, *(one for one, _ in problems))
    )
    reasons = ", ".join(
        f"case when {condition} then {reason} end" for condition, reason in problems
    )
    query = (
        f"(select *, {source.is_blank} as is_blank, {conditions} as is_rejected "
        f"from {query}) as source"
    )
    selected = ", ".join(
        f"source.value_{column.name} as {quote_name(column.name)}" for column in table.columns
    )
    return f"""
        select
            {selected},
            {source.row_number or "cast(null as bigint)"} as row_number,
            source.is_blank,
            case
                when not source.is_rejected or source.is_blank then null
                when {unreadable} then [{only_reason}]
                else list_filter([{reasons or only_reason}], lambda r: r is not null)
            end as reasons,
            case when source.is_rejected and not source.is_blank then {source.row_text} end
                as row_text,
            {"source.user_count" if has_users else "0"} as user_count
        from {query}
    """
