"""The JSON schemas of the custom event and entity, compiled to SQL conditions.

The files in ``schemas/`` are the source; what they may use is the small part of JSON Schema
compiled here, and the tests compare every verdict with the ``jsonschema`` package.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from carepath.landing.casting import show_value
from carepath.quoting import quote_list, quote_text

# What DuckDB's json_type calls the types of JSON Schema.
_TYPE_NAMES = {
    "string": ("VARCHAR",),
    "boolean": ("BOOLEAN",),
    "integer": ("UBIGINT", "BIGINT"),
    "null": ("NULL",),
}
_SUPPORTED = {"$schema", "description", "self", "type", "properties", "required"} | {
    "additionalProperties"
}
_SUPPORTED_OF_PROPERTY = {"description", "type", "minLength", "maxLength"}

# Snowplow's newer loaders write the version of an entity into the entity itself.
LOADER_KEY = "_schema_version"


@dataclass(frozen=True)
class Schema:
    """One version of a self-describing schema.

    Parameters
    ----------
    name, version : str
        As in its ``self``.
    properties : dict
        Property name to its subschema.
    required : tuple of str
        Names that must be present.
    """

    name: str
    version: str
    properties: dict[str, dict[str, Any]]
    required: tuple[str, ...]


@dataclass(frozen=True)
class Payload:
    """SQL of the parts of a JSON object to be checked.

    Parameters
    ----------
    is_present : str
        Whether there is an object to check.
    keys : str
        List of the keys.
    types : dict of str to str
        Property to its JSON type, NULL where absent. Empty for flat columns, which are text.
    texts : dict of str to str
        Property to its value as text.
    version : str
        The version stated, or NULL.
    effective_version : str
        The version to check against: see `write_effective_version`.
    """

    is_present: str
    keys: str
    types: dict[str, str]
    texts: dict[str, str]
    version: str
    effective_version: str


@cache
def read_schemas(name: str) -> tuple[Schema, ...]:
    """Read all versions of a schema, newest first.

    Raises
    ------
    ValueError
        When a schema uses a keyword that is not compiled: it must never be ignored.
    """
    found = []
    for entry in resources.files("carepath.landing").joinpath("schemas").iterdir():
        if not (entry.name.startswith(f"{name}_") and entry.name.endswith(".json")):
            continue
        document = json.loads(entry.read_text(encoding="utf-8"))
        _refuse_unsupported(document, entry.name)
        found.append(
            Schema(
                name,
                document["self"]["version"],
                document["properties"],
                tuple(document["required"]),
            )
        )
    return tuple(sorted(found, key=lambda schema: schema.version, reverse=True))


def _refuse_unsupported(document: dict[str, Any], file_name: str) -> None:
    unsupported = set(document) - _SUPPORTED
    for subschema in document["properties"].values():
        unsupported |= set(subschema) - _SUPPORTED_OF_PROPERTY
    if unsupported or document["additionalProperties"] is not False:
        raise ValueError(f"{file_name}: not compiled to SQL: {sorted(unsupported)}")


def list_properties(name: str) -> tuple[str, ...]:
    """List the properties that any version of a schema has."""
    seen = dict.fromkeys(key for schema in read_schemas(name) for key in schema.properties)
    return tuple(seen)


def write_checks(name: str, payload: Payload) -> list[tuple[str, str]]:
    """Write the conditions under which an object breaks its schema.

    Parameters
    ----------
    name : str
        ``funnel`` or ``user``.
    payload : Payload
        SQL of the object's parts.

    Returns
    -------
    list of (str, str)
        SQL of a condition, and SQL of the reason to give where it holds.
    """
    schemas = read_schemas(name)
    versions = [schema.version for schema in schemas]
    known = ", ".join(quote_text(version) for version in versions)
    checks: dict[tuple[str, str], list[str]] = {}
    for schema in schemas:
        for check in _write_checks_of(schema, payload):
            checks.setdefault(check, []).append(schema.version)
    compiled = []
    for (condition, reason), applicable in checks.items():
        limited = condition
        if len(applicable) < len(versions):
            listed = ", ".join(quote_text(version) for version in applicable)
            limited = f"{condition} and {payload.effective_version} in ({listed})"
        compiled.append((f"({payload.is_present} and {limited})", reason))
    unknown = (
        f"({payload.is_present} and {payload.version} is not null "
        f"and {payload.version} not in ({known}))",
        f"'{name} version: ' || {show_value(payload.version)} || "
        f"' is not known (known: {', '.join(reversed(versions))})'",
    )
    return [unknown, *compiled]


def write_effective_version(name: str, keys: str, version: str) -> str:
    """Write the version to check against: the stated one, else the newest that knows the keys."""
    schemas = read_schemas(name)
    newest_of_keys: dict[tuple[str, ...], str] = {}
    for schema in schemas:
        newest_of_keys.setdefault(tuple(schema.properties), schema.version)
    branches = " ".join(
        f"when {_knows_keys(properties, keys)} then {quote_text(newest)}"
        for properties, newest in newest_of_keys.items()
    )
    return f"coalesce({version}, case {branches} else {quote_text(schemas[0].version)} end)"


def _knows_keys(properties: Iterable[str], keys: str) -> str:
    return f"list_has_all({quote_list([*properties, LOADER_KEY])}, {keys})"


def _write_checks_of(schema: Schema, payload: Payload) -> list[tuple[str, str]]:
    checks = []
    for key, subschema in schema.properties.items():
        label = f"{schema.name}.{key}"
        text, kind = payload.texts[key], payload.types.get(key)
        if key in schema.required:
            checks.append((f"{kind or text} is null", quote_text(f"{label} is missing")))
        if kind is not None:
            names = " or ".join(_list_types(subschema))
            checks.append(
                (_write_is_wrong(subschema, kind, text), quote_text(f"{label} is not {names}"))
            )
        length = f"length({text})" if kind is None else f"{kind} = 'VARCHAR' and length({text})"
        if "minLength" in subschema:
            checks.append(
                (f"{length} < {subschema['minLength']}", quote_text(f"{label} is missing"))
            )
        if "maxLength" in subschema:
            limit = subschema["maxLength"]
            checks.append(
                (f"{length} > {limit}", quote_text(f"{label} is longer than {limit} characters"))
            )
    known = quote_list([*schema.properties, LOADER_KEY])
    unknown = f"list_filter({payload.keys}, lambda k: not list_contains({known}, k))"
    extra = f"array_to_string(list_sort({unknown}), ', ')"
    checks.append(
        (
            f"not {_knows_keys(schema.properties, payload.keys)}",
            f"'{schema.name}: ' || {show_value(extra)} || ' is not allowed in this version'",
        )
    )
    return checks


def _write_is_wrong(subschema: dict[str, Any], kind: str, text: str) -> str:
    allowed = _list_types(subschema)
    listed = ", ".join(quote_text(raw) for json_type in allowed for raw in _TYPE_NAMES[json_type])
    is_wrong = f"{kind} not in ({listed})"
    if "integer" in allowed:
        # JSON Schema takes 123.0 for an integer.
        number = f"try_cast({text} as double)"
        is_whole = f"coalesce({kind} = 'DOUBLE' and isfinite({number}) and {number} % 1 = 0, false)"
        is_wrong += f" and not {is_whole}"
    return is_wrong


def _list_types(subschema: dict[str, Any]) -> tuple[str, ...]:
    types = subschema["type"]
    return (types,) if isinstance(types, str) else tuple(types)
