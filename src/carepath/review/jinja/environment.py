"""Jinja as dbt sets it up, inside Jinja's sandbox, with limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.runtime
import jinja2.sandbox
import jinja2.utils
from jinja2.parser import Parser

from carepath.review.jinja.limits import LimitError
from carepath.review.jinja.state import MacroReturn

MAX_OUTPUT = 4_000_000
MAX_RANGE = 10_000
MAX_BITS = 10_000


class DbtBlocks(jinja2.ext.Extension):
    """dbt's own blocks: snapshot, test, materialization, docs, data_test."""

    tags = {"snapshot", "test", "data_test", "materialization", "docs"}  # noqa: RUF012

    def parse(self, parser: Parser) -> jinja2.nodes.Node | list[jinja2.nodes.Node]:
        """Turn a test or materialization into a macro, a snapshot into its body."""
        token = next(parser.stream)
        tag = token.value
        name = parser.parse_assign_target(name_only=True).name
        if tag in ("test", "data_test"):
            node = jinja2.nodes.Macro(lineno=token.lineno)
            node.name = f"test_{name}"
            parser.parse_signature(node)
            ends = (f"name:end{tag}", "name:endtest", "name:enddata_test")
            node.body = parser.parse_statements(ends, drop_needle=True)
            return node
        while parser.stream.current.type != "block_end":
            next(parser.stream)
        body = parser.parse_statements((f"name:end{tag}",), drop_needle=True)
        if tag == "snapshot":
            return body
        node = jinja2.nodes.Macro(lineno=token.lineno)
        node.name, node.args, node.defaults, node.body = f"{tag}_{name}", [], [], body
        return node


class DbtContext(jinja2.runtime.Context):
    """A context that asks the render for names it does not hold: macros are found lazily."""

    def resolve_or_missing(self, key: str) -> Any:
        """Look a name up in the template, then in the project."""
        value = super().resolve_or_missing(key)
        if value is jinja2.utils.missing:
            lookup = self.parent.get("__cp_lookup__")
            if lookup is not None:
                return lookup(key)
        return value


class Sandbox(jinja2.sandbox.SandboxedEnvironment):
    """The sandbox, with products and powers bounded as well."""

    intercepted_binops = frozenset({"*", "**", "%"})
    context_class = DbtContext

    def call(self, context: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse to pad a text to a huge width; a macro's `return` ends that macro alone."""
        if isinstance(getattr(function, "__self__", None), str) and any(
            isinstance(arg, int) and arg > MAX_OUTPUT for arg in args
        ):
            raise LimitError("a text that is too wide")
        try:
            return super().call(context, function, *args, **kwargs)
        except MacroReturn as result:
            # Macros of one file call each other directly.
            if isinstance(function, jinja2.runtime.Macro):
                return result.value
            raise

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse to build huge strings, lists and numbers."""
        if operator == "**" and (
            (isinstance(right, int) and abs(right) > 64)
            or (isinstance(left, int) and left.bit_length() > MAX_BITS // 64)
        ):
            raise LimitError("a power that is too high")
        if operator == "%":
            if isinstance(left, str) and re.search(r"\d{6}", left):
                raise LimitError("a text that is too wide")
            return super().call_binop(context, operator, left, right)
        if isinstance(left, int) and isinstance(right, int) and operator == "*":
            if left.bit_length() + right.bit_length() > MAX_BITS:
                raise LimitError("a number that is too long")
            return left * right
        for text, count in ((left, right), (right, left)):
            sized = isinstance(text, str | list | tuple)
            if sized and isinstance(count, int) and len(text) * count > MAX_OUTPUT:
                raise LimitError("a product that is too long")
        return super().call_binop(context, operator, left, right)


def make_environment(undefined: type[jinja2.Undefined]) -> Sandbox:
    """Build the environment all templates of a project share."""
    environment = Sandbox(
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", DbtBlocks],
        undefined=undefined,
        autoescape=False,
        keep_trailing_newline=True,
        cache_size=0,
    )
    environment.filters["as_text"] = str
    environment.filters["as_number"] = lambda value: value
    environment.filters["as_bool"] = lambda value: value
    environment.filters["as_native"] = lambda value: value
    environment.globals["range"] = _bounded_range
    return environment


def _bounded_range(*args: int) -> range:
    numbers = range(*(int(arg) for arg in args))
    if len(numbers) > MAX_RANGE:
        raise LimitError(f"a range longer than {MAX_RANGE}")
    return numbers


def bounded_join(chunks: Iterator[str]) -> str:
    """Join the output of a template, up to the limit."""
    parts: list[str] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_OUTPUT:
            raise LimitError("more than 4 MB of output")
        parts.append(chunk)
    return "".join(parts)


Note = Callable[[str], str]
