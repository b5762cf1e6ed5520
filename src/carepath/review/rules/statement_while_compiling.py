"""A model changes tables while it is compiled.

What it does
    Reports a model, or a macro that its text calls, that gives DELETE, UPDATE, INSERT, TRUNCATE,
    DROP, ALTER or MERGE to run_query() or to a statement block.

Why it is bad
    It runs whenever the project is compiled: by `dbt compile`, by `dbt docs generate`, in an
    editor.

For example
    {% do run_query("delete from " ~ ref('events') ~ " where sent_at < '2020-01-01'") %}

Use instead
    {{ config(post_hook="delete from {{ this }} where sent_at < '2020-01-01'") }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Place, Severity
from carepath.review.jinja.render import COMMENT
from carepath.review.project import File
from carepath.review.rule import Context, Issue, Rule

VERBS = r"(delete\s+from|update|insert\s+into|truncate|drop|alter|merge\s+into)\b"
RUN = re.compile(rf"\brun_query\(\s*['\"]\s*{VERBS}", re.I)
BLOCK = re.compile(rf"{{%-?\s*call\s+statement\([^)]*\)\s*-?%}}\s*{VERBS}", re.I)
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(.*?{%-?\s*endmacro\s*-?%}", re.S)
CALL = re.compile(r"{[{%][^}]*?(?<![\w.])(\w+)\s*\(")


def check(context: Context) -> Iterator[Issue]:
    """Look at the text of a model and of the macros it calls."""
    model = context.model
    if model.kind != "model":
        return
    text = _uncommented(context.snapshot.text(model.file))
    yield from _statements(context, model.file, text, 0, model.name)
    bodies = _bodies(context)
    if not bodies:
        return
    called = set(CALL.findall(_without_hooks(text)))
    for name in sorted(called & set(bodies)):
        file, body, start = bodies[name]
        yield from _statements(context, file, body, start, model.name)


def _statements(context: Context, file: File, text: str, start: int, model: str) -> Iterator[Issue]:
    for found in (*RUN.finditer(text), *BLOCK.finditer(text)):
        whole = context.snapshot.text(file)
        line = whole.count("\n", 0, start + found.start()) + 1
        verb = " ".join(found[1].upper().split())
        yield Issue(
            subject=f"{verb} {file.path}",
            message=f"{verb} runs while {model} is compiled.",
            consequence="Tables change by `dbt compile` or `dbt docs generate` as well.",
            fix="Make it a hook, or an operation of its own.",
            confidence=Confidence.LIKELY,
            place=Place(file.path, line),
        )
        return


def _bodies(context: Context) -> dict[str, tuple[File, str, int]]:
    """The macros of the project that hold such a statement: (file, text, where it begins)."""
    slot = f"statements|{context.space.project.root}"
    kept: dict[str, tuple[File, str, int]] | None = context.snapshot.local.get(slot)
    if kept is None:
        kept = {}
        for file in context.space.project.of_kind("macro"):
            text = context.snapshot.text(file)
            if "run_query" not in text and "statement" not in text:
                continue
            for macro in MACRO.finditer(_uncommented(text)):
                if RUN.search(macro[0]) or BLOCK.search(macro[0]):
                    kept[macro[1]] = (file, macro[0], macro.start())
        context.snapshot.local[slot] = kept
    return kept


def _uncommented(text: str) -> str:
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _without_hooks(text: str) -> str:
    """A text without the config() call, whose hooks run later."""
    return re.sub(r"{{-?\s*config\(.*?\)\s*-?}}", "", text, flags=re.S)


RULE = Rule(
    "CFG017",
    "statement-while-compiling",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
