"""Snowplow events: the custom event and the user entity taken out of their JSON, in SQL.

Three deliveries are known: already flat (``funnel_step_name``), Snowplow's wide rows with a JSON
column for each custom part (``unstruct_event_<vendor>_funnel_1``, ``contexts_<vendor>_user_1``),
and self-describing JSON (``unstruct_event``, ``contexts``, ``derived_contexts``). All end in the
same columns, and all are checked against the same schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from carepath.landing.casting import show_value
from carepath.landing.schemas import (
    LOADER_KEY,
    Payload,
    list_properties,
    write_checks,
    write_effective_version,
)
from carepath.landing.tables import TABLES
from carepath.quoting import quote_list, quote_text

Layer = dict[str, str]
"""Columns a layer of the query adds: name to SQL."""

_KNOWN = frozenset(name for table in TABLES for name in table.column_names)
# What does not fit the column of its major version, loaders put into a recovery column.
_VERSION = r"(\d+_recovered_(?P<recovered>\d+_\d+_\d+)_[0-9a-f]+|(?P<version>\d+(_\d+_\d+)?))"
_WIDE_FUNNEL = re.compile(rf"unstruct_event_(?P<vendor>.+)_funnel_{_VERSION}")
_WIDE_USER = re.compile(rf"contexts_(?P<vendor>.+)_user_{_VERSION}")
# Published entities that are called `user` and are not the company's own.
_FOREIGN_VENDORS = ("com_google", "com_snowplowanalytics")
_SELF_DESCRIBING_EVENT = "unstruct_event"
_SELF_DESCRIBING_ENTITIES = ("contexts", "derived_contexts")
_FUNNEL_SCHEMA = "^iglu:[^/]+/funnel/jsonschema/([0-9]+-[0-9]+-[0-9]+)$"
_USER_SCHEMA = "^iglu:[^/]+/user/jsonschema/([0-9]+-[0-9]+-[0-9]+)$"
_FLAT_FUNNEL = {key: f"funnel_{key}" for key in list_properties("funnel")}
_FLAT_USER = {key: f"user_{key}".replace("user_user_", "user_") for key in list_properties("user")}


@dataclass(frozen=True)
class Flattening:
    """What has to be added to a query to flatten events.

    Parameters
    ----------
    layers : list of Layer
        Columns to add, layer on layer.
    cells : dict of str to str
        Columns of ``snowplow.events`` whose cell is taken from these expressions (text).
    problems : list of (str, str)
        Conditions that make a row a reject, and SQL of the reason.
    """

    layers: list[Layer] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


def is_landed(name: str) -> bool:
    """Tell whether landing uses a column, by its normalised name."""
    return name in _KNOWN or is_custom_part(name)


def is_custom_part(name: str) -> bool:
    """Tell whether a column holds the custom event or entities as JSON."""
    return (
        name in (_SELF_DESCRIBING_EVENT, *_SELF_DESCRIBING_ENTITIES)
        or _match_wide(_WIDE_FUNNEL, name) is not None
        or _match_wide(_WIDE_USER, name) is not None
    )


def _match_wide(pattern: re.Pattern[str], name: str) -> str | None:
    """Match a wide column; give the version in its name, empty where it is only the major."""
    match = pattern.fullmatch(name)
    if match is None or match["vendor"].startswith(_FOREIGN_VENDORS):
        return None
    version = (match["recovered"] or match["version"]).replace("_", "-")
    return version if "-" in version else ""


def flatten_events(texts: dict[str, str], cell: Callable[[str], str]) -> Flattening:
    """Write the SQL that flattens events.

    Parameters
    ----------
    texts : dict of str to str
        Normalised name of each column of the file that `is_custom_part` to SQL of its text.
    cell : callable
        Gives SQL of the text of a flat column of ``snowplow.events``; ``null`` where absent.
    """
    if not texts:
        flat = Flattening()
        _check_funnel(flat, cell, has_documents=False)
        return flat
    documents: Layer = {}
    problems: list[tuple[str, str]] = []
    raw: Layer = {}
    names = {name: f"json_{index}" for index, name in enumerate(texts)}
    for name, text in texts.items():
        column = names[name]
        raw[f"{column}_raw"] = text
        documents[column] = (
            f"case when json_valid(source.{column}_raw) then "
            f"case when json_type(source.{column}_raw) != 'NULL' then source.{column}_raw end end"
        )
        problems.append(
            (f"(not json_valid(source.{column}_raw))", quote_text(f"{name} is not JSON"))
        )
    columns = {name: f"source.{column}" for name, column in names.items()}
    found, found_problems = _find_documents(columns, cell)
    parsed: Layer = {
        name: expression
        for entity in ("funnel", "user")
        for name, expression in _parse_document(entity).items()
    }
    effective = {
        f"{entity}_effective": write_effective_version(
            entity, f"source.{entity}_keys", f"source.{entity}_stated"
        )
        for entity in ("funnel", "user")
    }
    flattening = Flattening(
        layers=[raw, documents, found, parsed, effective],
        problems=[*problems, *found_problems],
    )
    _check_funnel(flattening, cell, has_documents=True)
    _check_user(flattening, cell)
    return flattening


def _find_documents(
    columns: dict[str, str], cell: Callable[[str], str]
) -> tuple[Layer, list[tuple[str, str]]]:
    """Write where the funnel event and the first user entity of a row are."""
    funnels: list[tuple[str, str]] = []  # document, version
    users: list[tuple[str, str, str]] = []  # document, version, count
    problems: list[tuple[str, str]] = []
    for name, document in columns.items():
        if name == _SELF_DESCRIBING_EVENT:
            schema = f"({document} ->> '$.data.schema')"
            is_funnel = f"regexp_matches({schema}, {quote_text(_FUNNEL_SCHEMA)})"
            funnels.append(
                (
                    f"case when {is_funnel} then {document} -> '$.data.data' end",
                    f"regexp_extract({schema}, {quote_text(_FUNNEL_SCHEMA)}, 1)",
                )
            )
            problems.append(
                (
                    f"({document} is not null and {schema} is null)",
                    quote_text(f"{name} is not self-describing JSON"),
                )
            )
        elif name in _SELF_DESCRIBING_ENTITIES:
            is_array = f"coalesce(json_type({document}, '$.data'), '') = 'ARRAY'"
            entities = (
                f"list_filter(cast(case when {is_array} and contains({document}, '/user/') "
                f"then {document} -> '$.data' end as json[]), "
                f"lambda e: coalesce(regexp_matches(e ->> '$.schema', {quote_text(_USER_SCHEMA)}), "
                f"false) and not starts_with(e ->> '$.schema', 'iglu:com.google') "
                f"and not starts_with(e ->> '$.schema', 'iglu:com.snowplowanalytics'))"
            )
            first = f"({entities})[1]"
            users.append(
                (
                    # An entity without data is present and wrong, not absent.
                    f"case when {first} is not null then coalesce({first} -> '$.data', 'null') end",
                    f"regexp_extract({first} ->> '$.schema', {quote_text(_USER_SCHEMA)}, 1)",
                    f"len({entities})",
                )
            )
            problems.append(
                (
                    f"({document} is not null and not {is_array})",
                    quote_text(f"{name} is not self-describing JSON"),
                )
            )
        elif (version := _match_wide(_WIDE_FUNNEL, name)) is not None:
            funnels.append((document, quote_text(version)))
        else:
            version = _match_wide(_WIDE_USER, name) or ""
            users.append(
                (f"{document} -> '$[0]'", quote_text(version), f"json_array_length({document})")
            )
            problems.append(
                (
                    f"({document} is not null and json_type({document}) != 'ARRAY')",
                    quote_text(f"{name} is not a JSON array"),
                )
            )
    count = " + ".join(f"coalesce({users_count}, 0)" for _, _, users_count in users) or "0"
    layer = {
        "funnel_document": _write_first([document for document, _ in funnels]),
        "funnel_count": " + ".join(f"(({document}) is not null)::int" for document, _ in funnels)
        or "0",
        "funnel_stated": f"coalesce({_write_version(funnels)}, {cell('event_version')})",
        "user_document": _write_first([document for document, _, _ in users]),
        "user_stated": _write_version([(document, version) for document, version, _ in users]),
        "user_count": count,
    }
    problems.append(("(source.funnel_count > 1)", "'the row carries more than one funnel event'"))
    return layer, problems


def _write_first(documents: list[str]) -> str:
    listed = ", ".join(f"cast({document} as varchar)" for document in documents)
    return f"coalesce({listed})" if documents else "cast(null as varchar)"


def _write_version(candidates: list[tuple[str, str]]) -> str:
    branches = " ".join(
        f"when ({document}) is not null then nullif({version}, '')"
        for document, version in candidates
    )
    return f"case {branches} end" if candidates else "cast(null as varchar)"


def _parse_document(entity: str) -> Layer:
    document = f"source.{entity}_document"
    paths = quote_list(f"$.{key}" for key in (*list_properties(entity), LOADER_KEY))
    return {
        f"{entity}_keys": f"json_keys({document})",
        f"{entity}_types": f"json_type({document}, {paths})",
        f"{entity}_texts": f"json_extract_string({document}, {paths})",
    }


def _read_document(entity: str, version: str) -> Payload:
    properties = list_properties(entity)
    return Payload(
        is_present=f"source.{entity}_document is not null",
        keys=f"source.{entity}_keys",
        types={key: f"source.{entity}_types[{i}]" for i, key in enumerate(properties, start=1)},
        texts={key: f"source.{entity}_texts[{i}]" for i, key in enumerate(properties, start=1)},
        version=version,
        effective_version=f"source.{entity}_effective",
    )


def _write_object_checks(entity: str) -> list[tuple[str, str]]:
    document, keys = f"source.{entity}_document", f"source.{entity}_keys"
    return [
        (
            f"({document} is not null and json_type({document}) != 'OBJECT')",
            quote_text(f"{entity} is not a JSON object"),
        ),
        (
            f"(len({keys}) != len(list_distinct({keys})))",
            quote_text(f"{entity}: a key appears twice"),
        ),
    ]


def _check_funnel(
    flattening: Flattening, cell: Callable[[str], str], *, has_documents: bool
) -> None:
    """Add the checks of funnel events, in JSON or flat, and the cells taken from JSON."""
    flat_cells = {key: cell(column) for key, column in _FLAT_FUNNEL.items()}
    given = ", ".join(
        f"case when {text} is not null then {quote_text(key)} end"
        for key, text in flat_cells.items()
    )
    name, version = cell("event_name"), cell("event_version")
    is_absent = "source.funnel_document is null and " if has_documents else ""
    flattening.layers.append({"flat_keys": f"list_filter([{given}], lambda k: k is not null)"})
    effective = write_effective_version("funnel", "source.flat_keys", version)
    flattening.layers.append({"flat_effective": effective})
    flat = Payload(
        is_present=f"{is_absent}coalesce({name}, '') = 'funnel'",
        keys="source.flat_keys",
        types={},
        texts=flat_cells,
        version=version,
        effective_version="source.flat_effective",
    )
    flattening.problems.extend(write_checks("funnel", flat))
    if not has_documents:
        return
    stated = "source.funnel_stated"
    document = _read_document("funnel", stated)
    flattening.problems.extend(_write_object_checks("funnel"))
    flattening.problems.extend(write_checks("funnel", document))
    flattening.problems.append(
        (
            f"({document.is_present} and {name} != 'funnel')",
            f"'event_name: ' || {show_value(name)} || ' is not funnel, which the row carries'",
        )
    )
    for key, column in _FLAT_FUNNEL.items():
        flattening.cells[column] = _choose(document, key, cell(column))
    flattening.cells["event_name"] = (
        f"case when {document.is_present} then 'funnel' else {name} end"
    )
    flattening.cells["event_version"] = (
        f"case when {document.is_present} then {stated} else {version} end"
    )


def _check_user(flattening: Flattening, cell: Callable[[str], str]) -> None:
    """Add the checks of the user entity; where there is one it wins over the flat columns."""
    document = _read_document("user", "source.user_stated")
    flattening.problems.extend(_write_object_checks("user"))
    flattening.problems.extend(write_checks("user", document))
    for key, column in _FLAT_USER.items():
        flattening.cells[column] = _choose(document, key, cell(column))


def _choose(document: Payload, key: str, otherwise: str) -> str:
    text = f"nullif({document.texts[key]}, '')"
    return f"case when {document.is_present} then {text} else {otherwise} end"
