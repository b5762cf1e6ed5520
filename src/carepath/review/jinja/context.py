"""The names a dbt template can use, each a stand-in without side effects."""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from carepath.review import yaml
from carepath.review.jinja import packages
from carepath.review.jinja.graph import Graph, Sources
from carepath.review.jinja.packages import Namespace
from carepath.review.jinja.relations import RelationName, RelationStub
from carepath.review.jinja.state import MacroReturn, State, TemplateRefusedError
from carepath.review.jinja.unknown import SANDBOX_FLAGS, Unknown

FIXED_NOW = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
RELATION_TEXT = re.compile(r"^\s*{{-?\s*(ref|source)\(([^(){}]*)\)\s*-?}}\s*$")


class FixedDatetime(datetime.datetime):
    """A clock that stands still: the same input renders to the same text."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> FixedDatetime:
        """Return the fixed moment."""
        return cls(2020, 1, 1, tzinfo=tz)

    utcnow = today = now


class FixedDate(datetime.date):
    """As FixedDatetime, for dates."""

    @classmethod
    def today(cls) -> FixedDate:
        """Return the fixed day."""
        return cls(2020, 1, 1)


class Config:
    """`config(...)`: notes the settings and prints nothing."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        for part in args:
            if isinstance(part, dict):
                self._state.config.update(part)
        self._state.config.update(kwargs)
        return ""

    def get(self, name: str, default: Any = None, **_: Any) -> Any:
        """A setting made so far, or the default."""
        value = self._state.config.get(name, default)
        return self._state.unknown(f"config.get({name})") if value is None else value

    require = get

    def meta_get(self, name: str, default: Any = None, **_: Any) -> Any:
        """A key of the meta set so far, or the default."""
        meta = self._state.config.get("meta")
        value = meta.get(name, default) if isinstance(meta, dict) else default
        return self._state.unknown(f"config.meta_get({name})") if value is None else value

    meta_require = meta_get

    def set(self, name: str, value: Any) -> str:
        """Note a setting."""
        self._state.config[name] = value
        return ""

    def persist_relation_docs(self) -> bool:
        """Never."""
        return False

    persist_column_docs = persist_relation_docs


class Adapter:
    """`adapter`: dispatch works, everything that asks a warehouse is unknown."""

    def __init__(self, state: State, dispatch: Callable[[str, Any], Any]) -> None:
        self._state = state
        self._dispatch = dispatch

    def dispatch(self, macro_name: str, macro_namespace: Any = None, **_: Any) -> Any:
        """Find the implementation of a macro for this warehouse."""
        return self._dispatch(str(macro_name), macro_namespace)

    def quote(self, name: Any) -> str:
        """Quote a name."""
        tick = "`" if self._state.dialect in ("bigquery", "databricks", "spark") else '"'
        return f"{tick}{name}{tick}"

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key in SANDBOX_FLAGS:
            raise AttributeError(key)
        return self._state.unknown(f"adapter.{key}")


def build(
    state: State,
    variables: Mapping[str, Any],
    dispatch: Callable[[str, Any], Any],
    project_name: str,
    sources: Sources,
) -> dict[str, Any]:
    """Make the context of one render."""

    def ref(*args: Any, **kwargs: Any) -> Any:
        names = [str(arg) for arg in args]
        if not names or any(isinstance(arg, Unknown) for arg in args):
            return state.unknown("ref of a computed name")
        package = names[0] if len(names) > 1 else None
        name = RelationName("ref", package, names[-1])
        version = kwargs.get("v") or kwargs.get("version")
        if version is not None:
            name = RelationName("ref", package, f"{names[-1]}.v{version}")
        return RelationStub(state.relation(name))

    def source(*args: Any) -> Any:
        if len(args) != 2 or any(isinstance(arg, Unknown) for arg in args):
            return state.unknown("source of a computed name")
        return RelationStub(state.relation(RelationName("source", str(args[0]), str(args[1]))))

    def var(name: Any, default: Any = None) -> Any:
        key = str(name)
        state.variables.add(key)
        value = variables.get(key, default)
        if isinstance(value, bool):
            state.consulted[f"var:{key}"] = value
            return state.flags.get(f"var:{key}", value)
        if value == "" or (value is None and key in variables):
            # An empty value is a switch as well: the other setting is any text.
            state.consulted[f"var:{key}"] = False
            return state.unknown(f"var {key}") if state.flags.get(f"var:{key}") else value
        if isinstance(value, str) and "{{" in value:
            named = RELATION_TEXT.match(value)
            if named is None:
                return state.unknown(f"var {key}")
            parts = [part.strip().strip("'\"") for part in named[2].split(",")]
            return ref(*parts) if named[1] == "ref" else source(*parts)
        if value is None and key not in variables and default is None:
            return state.unknown(f"var {key}")
        return value

    def is_incremental() -> bool:
        state.consulted["is_incremental"] = False
        return state.flags.get("is_incremental", False)

    def give_back(data: Any = None) -> None:
        raise MacroReturn(data)

    def refuse(message: Any = "", *_: Any) -> None:
        raise TemplateRefusedError(str(message))

    def silent(*_: Any, **__: Any) -> str:
        return ""

    def unknown(origin: str) -> Unknown:
        return state.unknown(origin)

    def env_var(name: Any, default: Any = None) -> Any:
        return default if default is not None else unknown(f"env_var {name}")

    def statement(name: Any = None, *args: Any, caller: Any = None, **_: Any) -> str:
        if caller is not None:
            caller()
        return ""

    this = RelationStub(RelationName("this", None, state.model))
    state.relations[this._name.encoded] = this._name
    target = SimpleNamespace(
        name="prod",
        target_name="prod",
        profile_name="default",
        schema="analytics",
        dataset="analytics",
        database="analytics",
        project="analytics",
        type=state.dialect or "snowflake",
        threads=4,
        user="cp",
        role="cp",
        warehouse="cp",
        get=lambda key, default=None: {"name": "prod"}.get(key, default),
    )
    functions = packages.functions()
    utils = Namespace("dbt_utils", state, packages.dbt_utils(state))
    context: dict[str, Any] = {
        **functions,
        "ref": ref,
        "source": source,
        "config": Config(state),
        "var": var,
        "env_var": env_var,
        "this": this,
        "target": target,
        "is_incremental": is_incremental,
        "should_full_refresh": lambda: False,
        "execute": True,
        "return": give_back,
        "adapter": Adapter(state, dispatch),
        "exceptions": SimpleNamespace(
            raise_compiler_error=refuse,
            raise_parser_error=refuse,
            raise_not_implemented=refuse,
            raise_contract_error=refuse,
            warn=silent,
        ),
        "log": silent,
        "print": silent,
        "debug": silent,
        "doc": silent,
        "statement": statement,
        "write": silent,
        "store_result": silent,
        "run_query": lambda *a, **k: unknown("run_query"),
        "load_result": lambda *a, **k: unknown("load_result"),
        "graph": Graph(state, sources),
        "api": unknown("api"),
        "context": unknown("context"),
        "builtins": {"ref": ref, "source": source, "config": Config(state)},
        "model": SimpleNamespace(
            name=state.model,
            alias=state.model,
            unique_id=f"model.{project_name}.{state.model}",
            config=Config(state),
            columns={},
            tags=[],
            meta={},
            path="",
            original_file_path="",
        ),
        "flags": SimpleNamespace(
            FULL_REFRESH=False, WHICH="run", STORE_FAILURES=False, INTROSPECT=False
        ),
        "modules": SimpleNamespace(
            datetime=SimpleNamespace(
                datetime=FixedDatetime,
                date=FixedDate,
                timedelta=datetime.timedelta,
                timezone=datetime.timezone,
                time=datetime.time,
            ),
            itertools=SimpleNamespace(
                chain=itertools.chain, product=itertools.product, zip_longest=itertools.zip_longest
            ),
            re=unknown("modules.re"),
            pytz=unknown("modules.pytz"),
        ),
        "run_started_at": FIXED_NOW,
        "invocation_id": "00000000-0000-0000-0000-000000000000",
        "thread_id": "0",
        "dbt_version": "1.11.0",
        "project_name": project_name,
        "database": "analytics",
        "schema": "analytics",
        "selected_resources": [],
        "invocation_args_dict": {},
        "sql": "",
        "sql_now": "current_timestamp",
        "pre_hooks": [],
        "post_hooks": [],
        "tojson": lambda value, default=None, sort_keys=False: json.dumps(
            value, default=str, sort_keys=sort_keys
        ),
        "fromjson": lambda text, default=None: _parsed(json.loads, text, default, unknown),
        "toyaml": lambda value, *a: json.dumps(value, default=str),
        "fromyaml": lambda text, default=None: _parsed(yaml.load, text, default, unknown),
        "set": lambda value=(), default=None: set(value),
        "set_strict": lambda value: set(value),
        "zip": lambda *a, default=None: list(zip(*a, strict=False)),
        "zip_strict": lambda *a: list(zip(*a, strict=False)),
        "local_md5": lambda value: hashlib.md5(
            str(value).encode(), usedforsecurity=False
        ).hexdigest(),
        "diff_of_two_dicts": lambda *a: unknown("diff_of_two_dicts"),
        "dbt": Namespace("dbt", state, functions),
        "dbt_utils": utils,
        "dbt_date": Namespace("dbt_date", state, packages.dbt_date(state)),
        "fivetran_utils": Namespace("fivetran_utils", state, packages.fivetran_utils(state, var)),
    }
    for name in packages.INTERNAL - context.keys():
        context[name] = unknown(name)
    return context


def _parsed(parse: Callable[[str], Any], text: Any, default: Any, unknown: Any) -> Any:
    try:
        return parse(str(text))
    except (ValueError, yaml.YamlError):
        return default if default is not None else unknown("unreadable data")
