"""Render the models and macros of one project, each in every reachable variant."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2

from carepath.review.compact import Compact
from carepath.review.jinja import blocks, markers, plain
from carepath.review.jinja import context as contexts
from carepath.review.jinja.environment import (
    Sandbox,
    bounded_join,
    make_environment,
)
from carepath.review.jinja.graph import Sources
from carepath.review.jinja.limits import LimitError, bounded
from carepath.review.jinja.packages import Namespace
from carepath.review.jinja.relations import RelationName, StarSpec
from carepath.review.jinja.state import MacroReturn, State, TemplateRefusedError
from carepath.review.jinja.unknown import SANDBOX_FLAGS

MACRO_START = re.compile(r"{%-?\s*(macro|test|data_test)\s+(\w+)\s*\(")
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
CALL_FAULT = re.compile(r"macro '(\w+)' takes (?:no keyword|not more than)")
MAX_VARIANTS = 6
KNOWN_PACKAGES = frozenset(
    [
        "dbt_utils",
        "dbt_date",
        "dbt",
        "dbt_expectations",
        "codegen",
        "audit_helper",
        "fivetran_utils",
        "elementary",
        "dbt_external_tables",
        "metrics",
        "spark_utils",
        "dbt_artifacts",
        "dbt_constraints",
        "snowplow_utils",
        "dbt_profiler",
        "dbt_project_evaluator",
        "re_data",
        "segment",
        "snowflake_spend",
    ]
)
_CURRENT: list[State] = []


class NotedUndefined(jinja2.ChainableUndefined):
    """dbt's undefined value: prints nothing, but what it was is noted."""

    def _note(self, how: str) -> None:
        name = self._undefined_name
        if _CURRENT and name and self._undefined_obj is jinja2.utils.missing:
            _CURRENT[-1].undefined.setdefault(str(name), how)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._note("called")
        return _CURRENT[-1].unknown(str(self._undefined_name)) if _CURRENT else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in SANDBOX_FLAGS:
            raise AttributeError(name)
        self._note("namespace")
        return _CURRENT[-1].unknown(f"{self._undefined_name}.{name}") if _CURRENT else self

    def __str__(self) -> str:
        self._note("printed")
        return ""

    def __iter__(self) -> Any:
        self._note("looped over")
        return iter(())


@dataclass(frozen=True, slots=True)
class MacroFile(Compact):
    """A file of macros: its text and the line each macro starts on."""

    path: str
    source: str
    names: Mapping[str, int]


@dataclass(slots=True)
class Rendered:
    """One rendered variant of a template."""

    text: str
    variant: str | None
    relations: dict[str, RelationName]
    calls: list[RelationName]
    config: dict[str, Any]
    unknowns: dict[str, str]
    undefined: dict[str, str]
    stars: dict[str, StarSpec]
    macros: frozenset[str]
    flags: dict[str, bool] = field(default_factory=dict)
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class RenderFailure:
    """Why a template could not be rendered; certain means dbt would fail as well."""

    reason: str
    line: int | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Lazy:
    """Macros of a package, each compiled when first asked for."""

    files: Mapping[str, MacroFile]
    compile: Callable[[MacroFile, str], Any]

    def get(self, key: str, /) -> Any:
        """The macro, or None."""
        file = self.files.get(key)
        return None if file is None else self.compile(file, key)


class Renderer:
    """The macros, variables and dialect of one project, ready to render its files."""

    def __init__(
        self,
        name: str,
        macro_files: Iterable[MacroFile],
        variables: Mapping[str, Any],
        dialect: str,
        packages: frozenset[str] = frozenset(),
        is_complete: bool = True,
        others: Mapping[str, Iterable[MacroFile]] | None = None,
        sources: Sources | None = None,
    ) -> None:
        self.name = name
        self.sources = sources or {}
        self.variables = dict(variables)
        self.dialect = dialect
        self.packages = packages
        self.is_complete = is_complete
        self.environment: Sandbox = make_environment(NotedUndefined)
        self.files = list(macro_files)
        self.owner: dict[str, MacroFile] = {}
        for file in self.files:
            for macro in file.names:
                self.owner.setdefault(macro, file)
        self.foreign: dict[str, dict[str, MacroFile]] = {}
        for package, files in (others or {}).items():
            self.foreign[package] = {m: file for file in files for m in file.names}
        self._templates: dict[tuple[str, bool], jinja2.Template | None] = {}
        self._numbers = {"": 0}
        self._last: tuple[str, jinja2.Template | None] = ("", None)
        self.broken: dict[str, RenderFailure] = {}

    def macro_digest(self) -> str:
        """Digest of every macro: what a cached render depends on besides its own text."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda f: f.path):
            digest.update(file.path.encode() + b"\0" + file.source.encode() + b"\0")
        return digest.hexdigest()

    def every_file(self) -> Iterator[MacroFile]:
        """Every file with macros, also of the other projects."""
        yield from self.files
        for macros in self.foreign.values():
            yield from macros.values()

    def known_names(self) -> frozenset[str]:
        """Every name a template of the project can call without a package before it."""
        state = State(self.name, self.dialect, {})
        foreign = {macro for macros in self.foreign.values() for macro in macros}
        return frozenset(self._context(state, False)) | self.owner.keys() | foreign | {"range"}

    def render(self, path: str, name: str, source: str) -> list[Rendered] | RenderFailure:
        """Render a template in each reachable setting of its switches, one flip at a time."""
        first = self._render(path, name, source, {}, None)
        if isinstance(first, RenderFailure):
            return first
        rendered, state = first
        variants = [rendered]
        for switch, default in sorted(state.consulted.items()):
            if len(variants) >= MAX_VARIANTS:
                break
            label = f"{switch.removeprefix('var:')} = {str(not default).lower()}"
            flipped = self._render(path, name, source, {switch: not default}, label)
            # A setting that switches the model off is no variant of its SQL.
            if (
                not isinstance(flipped, RenderFailure)
                and flipped[0].config.get("enabled", True) is not False
                and all(flipped[0].text != other.text for other in variants)
            ):
                variants.append(flipped[0])
        return variants

    def positions(
        self, path: str, name: str, source: str, rendered: Rendered
    ) -> tuple[markers.PositionMap, list[str]] | None:
        """Where each offset of a rendered text comes from; None if markers change the text."""
        self._numbers = {path: 0}
        try:
            marked = markers.mark(self.environment, source, 0)
            again = self._render(path, name, marked, dict(rendered.flags), None, marked=True)
        except jinja2.TemplateError:
            return None
        if isinstance(again, RenderFailure):
            return None
        text, positions = markers.strip(again[0].text)
        if text != rendered.text:
            return None
        return positions, list(self._numbers)

    def _render(
        self,
        path: str,
        name: str,
        source: str,
        flags: dict[str, bool],
        variant: str | None,
        marked: bool = False,
    ) -> tuple[Rendered, State] | RenderFailure:
        state = State(name, self.dialect, flags)
        if "{{" not in source and "{%" not in source and "{#" not in source:
            return Rendered(source, variant, {}, [], {}, {}, {}, {}, frozenset(), flags), state
        if not marked:
            short = self._plain(name, source, variant, flags)
            if short is not None:
                return short, state
        _CURRENT.append(state)
        try:
            with bounded():
                template = self._compiled(source)
                names = self._context(state, marked)
                context = template.new_context(names)
                text = bounded_join(template.root_render_func(context))
        except jinja2.TemplateSyntaxError as error:
            return RenderFailure(f"Jinja: {error.message}", error.lineno, True)
        except TemplateRefusedError as error:
            return RenderFailure(f"the template raises: {error}", None, False)
        except LimitError as error:
            return RenderFailure(f"Jinja limit: {error}", None, False)
        except RecursionError:
            return RenderFailure("Jinja limit: nested too deeply, or without end", None, False)
        except MemoryError:
            return RenderFailure("Jinja limit: too much memory", None, False)
        except MacroReturn:
            text = ""
        except jinja2.TemplateError as error:
            return RenderFailure(f"Jinja: {error}", None, False)
        except TypeError as error:
            called = CALL_FAULT.match(str(error))
            if called is not None and called[1] in self.owner:
                at = re.search(rf"\b{re.escape(called[1])}\s*\(", source)
                line = source.count("\n", 0, at.start()) + 1 if at else 1
                return RenderFailure(f"Jinja: {error}", line, True)
            return RenderFailure(f"Jinja: TypeError: {error}", None, False)
        except Exception as error:
            return RenderFailure(f"Jinja: {type(error).__name__}: {error}", None, False)
        finally:
            _CURRENT.pop()
        rendered = Rendered(
            text,
            variant,
            state.relations,
            state.calls,
            state.config,
            state.unknowns,
            state.undefined,
            state.stars,
            frozenset(state.macros),
            flags,
            state.is_guess,
        )
        return rendered, state

    def _plain(
        self, name: str, source: str, variant: str | None, flags: dict[str, bool]
    ) -> Rendered | None:
        """The short way, unless a macro of the project redefines ref, source or config."""
        if not self.owner.keys().isdisjoint(("ref", "source", "config")):
            return None
        try:
            text, calls, config = plain.render(source)
        except plain.NotPlainError:
            return None
        this = RelationName("this", None, name)
        relations = {this.encoded: this, **{call.encoded: call for call in calls}}
        return Rendered(text, variant, relations, calls, config, {}, {}, {}, frozenset(), flags)

    def _compiled_macros(self, source: str) -> jinja2.Template:
        """A file of macros; dbt reads the blocks and does not look at what stands between them."""
        try:
            return self.environment.from_string(source)
        except jinja2.TemplateSyntaxError:
            return self.environment.from_string(blocks.alone(source))

    def _compiled(self, source: str) -> jinja2.Template:
        """Compile a template; the last one is kept, for its other variants."""
        if self._last[0] != source:
            self._last = (source, self.environment.from_string(source))
        template = self._last[1]
        assert template is not None
        return template

    def _context(self, state: State, marked: bool) -> dict[str, Any]:
        modules: dict[str, Any] = {}

        def macro(file: MacroFile, key: str) -> Any:
            # Broken ones, too: what is made without it changes when it is mended.
            state.macros.add(file.path)
            module = modules.get(file.path)
            if module is None:
                template = self._template(file, marked)
                if template is None:
                    return state.unknown(key)
                module = modules[file.path] = template.make_module(names)
            function = getattr(module, key, None)
            if function is None:
                return state.unknown(key)

            def call(*args: Any, **kwargs: Any) -> Any:
                try:
                    return function(*args, **kwargs)
                except MacroReturn as result:
                    return result.value

            return call

        def lookup(key: str) -> Any:
            file = self.owner.get(key)
            if file is not None:
                return macro(file, key)
            if key == self.name:
                return Namespace(key, state, Lazy(self.owner, macro))
            if key in self.foreign:
                return Namespace(key, state, Lazy(self.foreign[key], macro))
            for files in self.foreign.values():
                if key in files:
                    return macro(files[key], key)
            if key in KNOWN_PACKAGES or key in self.packages:
                return Namespace(key, state, {})
            return jinja2.utils.missing

        def dispatch(key: str, namespace: Any) -> Any:
            for prefix in (self.dialect, "default"):
                file = self.owner.get(f"{prefix}__{key}")
                if file is not None:
                    return macro(file, f"{prefix}__{key}")
            space = names.get(namespace) if isinstance(namespace, str) else None
            if isinstance(space, Namespace):
                return getattr(space, key)
            known = names.get(key)
            return known if callable(known) else state.unknown(f"adapter.dispatch({key})")

        names = contexts.build(state, self.variables, dispatch, self.name, self.sources)
        for key in self.owner.keys() & names.keys():
            if key not in ("ref", "source", "config", "var", "return", "this"):
                del names[key]
        names["__cp_lookup__"] = lookup
        return names

    def _template(self, file: MacroFile, marked: bool) -> jinja2.Template | None:
        key = (file.path, marked)
        if key not in self._templates:
            source = file.source
            try:
                if marked:
                    number = self._numbers.setdefault(file.path, len(self._numbers))
                    source = markers.mark(self.environment, source, number)
                self._templates[key] = self._compiled_macros(source)
            except jinja2.TemplateSyntaxError as error:
                self.broken[file.path] = RenderFailure(
                    f"Jinja: {error.message}", error.lineno, True
                )
                self._templates[key] = None
        if marked and file.path not in self._numbers:
            self._templates.pop(key, None)
            return self._template(file, marked)
        return self._templates[key]


def read_macros(path: str, source: str) -> MacroFile:
    """List the macros of a file."""
    blank = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    names: dict[str, int] = {}
    for match in MACRO_START.finditer(blank):
        name = match[2] if match[1] == "macro" else f"test_{match[2]}"
        names.setdefault(name, blank.count("\n", 0, match.start()) + 1)
    return MacroFile(path, source, names)
