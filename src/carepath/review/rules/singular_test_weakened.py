"""The change lets a test written in SQL return fewer rows.

What it does
    Compares each SQL file among the tests with itself before: reports a condition that was added to
    its last WHERE or HAVING by AND, an alternative that was taken out of an OR, a threshold that
    was moved so that less is found, a LIMIT, a severity of warn, and a test whose file is gone
    while what it reads is still there.

Why it is bad
    The test passes because it looks at less, in the same change that may have broken what it
    guards.

For example
    -   where amount < 0
    +   where amount < 0 and gifted_on >= '2024-01-01'

Use instead
    # keep the test, or say in the pull request why those rows are right
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.render import COMMENT
from carepath.review.nodes import REF_TEXT
from carepath.review.project import File
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Snapshot, Space
from carepath.review.sql.parse import parse
from carepath.review.sql.units import number
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

LIMITS = (exp.GT, exp.GTE, exp.LT, exp.LTE)
WARN = re.compile(r"severity\s*=\s*['\"]warn")
OFF = re.compile(r"enabled\s*=\s*(false|False)")


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the tests of both sides."""
    before = {file.path: (space, file) for space, file in _tests(change.base)}
    after = {file.path: (space, file) for space, file in _tests(change.head)}
    for path, (space, file) in after.items():
        old = before.get(change.moved.get(path, path))
        if path not in change.changed_files or old is None:
            continue
        texts = (change.base.text(old[1]), change.head.text(file))
        found = _config(*texts)
        if not found:
            trees = (_tree(old[0], old[1], texts[0]), _tree(space, file, texts[1]))
            if trees[0] is not None and trees[1] is not None:
                found = _less(trees[0], trees[1])
        if found:
            lines = change.changed_lines(path)
            line = _line(texts[1], found, lines)
            yield _issue(file, path, line, found, old[1].path)
    for path, (space, file) in before.items():
        if path in change.removed_files and _is_read(change, space, file):
            yield _issue(file, path, 1, "is gone", path)


def _tests(snapshot: Snapshot) -> Iterator[tuple[Space, File]]:
    for space in snapshot.spaces:
        for file in space.project.of_kind("test"):
            if file.path.endswith(".sql"):
                yield space, file


def _config(was: str, now: str) -> str:
    for pattern, told in ((WARN, "only warns now"), (OFF, "is switched off")):
        if pattern.search(COMMENT.sub("", now)) and not pattern.search(COMMENT.sub("", was)):
            return told
    return ""


def _tree(space: Space, file: File, text: str) -> exp.Select | None:
    if "{% test" in text or "{% macro" in text:
        return None
    rendered = space.renderer.render(file.path, file.name, text)
    if not isinstance(rendered, list) or len(rendered) != 1 or rendered[0].unknowns:
        return None
    tree = parse(rendered[0].text, space.dialect, False).tree
    return tree if isinstance(tree, exp.Select) else None


def _less(was: exp.Select, now: exp.Select) -> str:
    """What makes a query return fewer rows, '' where that is not certain."""
    if now.args.get("limit") is not None and was.args.get("limit") is None:
        return "has a LIMIT now"
    if _rest(was) != _rest(now):
        return ""
    for part in ("where", "having"):
        first, second = was.args.get(part), now.args.get(part)
        if first is None and second is None:
            continue
        if first is None and second is not None:
            return f"looks only at rows with {write(second.this)[:90]} now"
        if first is None or second is None or write(first) == write(second):
            continue
        ours = {write(c).lower(): c for c in conjuncts(second.this)}
        theirs = {write(c).lower(): c for c in conjuncts(first.this)}
        added = [c for text, c in ours.items() if text not in theirs]
        gone = [c for text, c in theirs.items() if text not in ours]
        if added and not gone:
            return f"looks only at rows with {write(added[0])[:90]} now"
        if len(added) == len(gone) == 1:
            found = _narrower(gone[0], added[0])
            if found:
                return found
    return ""


def _narrower(was: exp.Expr, now: exp.Expr) -> str:
    theirs = {write(part).lower() for part in _parts(was)}
    ours = {write(part).lower() for part in _parts(now)}
    if ours < theirs:
        return f"no longer looks for {min(theirs - ours)[:90]}"
    if not isinstance(now, LIMITS) or not isinstance(was, LIMITS) or type(was) is not type(now):
        return ""
    limits = (_number(was.right), _number(now.right))
    if limits[0] is None or limits[1] is None or write(was.left) != write(now.left):
        return ""
    is_more = limits[1] > limits[0]
    if limits[0] != limits[1] and is_more == isinstance(now, (exp.GT, exp.GTE)):
        return f"finds only {write(now)[:90]} now"
    return ""


def _number(node: exp.Expr) -> float | None:
    if isinstance(node, exp.Neg):
        inner = number(node.this)
        return -inner if inner is not None else None
    return number(node)


def _parts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Paren):
        return _parts(node.this)
    if isinstance(node, exp.Or):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _rest(node: exp.Select) -> str:
    """The query without its conditions and its list of columns, and its CTEs."""
    copy = node.copy()
    for part in ("where", "having", "order"):
        copy.set(part, None)
    copy.set("expressions", [exp.Star()])
    return write(copy).lower()


def _line(text: str, found: str, lines: set[int]) -> int:
    """The changed line that speaks of what was found, else the first one."""
    words = {word for word in re.findall(r"\w+", found.lower()) if len(word) > 3}
    rows = text.lower().split("\n")
    scored = [
        (len(words & set(re.findall(r"\w+", rows[n - 1]))), -n) for n in lines if 0 < n <= len(rows)
    ]
    return -max(scored)[1] if scored else 1


def _is_read(change: Change, space: Space, file: File) -> bool:
    """True where everything the test reads is still there, and no new test reads the same."""
    names = {m["b"] or m["a"] for m in REF_TEXT.finditer(change.base.text(file))}
    if not names or not names <= {model.name for model in change.head.models.values()}:
        return False
    for other in (f for _, f in _tests(change.head) if f.path in change.changed_files):
        if names & {m["b"] or m["a"] for m in REF_TEXT.finditer(change.head.text(other))}:
            return False
    return not any(
        model.doc is not None and model.name in names and model.doc.file in change.changed_files
        for model in change.head.models.values()
    )


def _issue(file: File, path: str, line: int, found: str, old: str) -> Issue:
    return Issue(
        subject=f"{file.name} {found}"[:160],
        message=f"The test {file.name} {found}.",
        consequence="What it guarded is checked for fewer rows, or not at all.",
        fix="Keep the test, or say why those rows are right.",
        confidence=Confidence.LIKELY,
        place=Place(path, line),
        evidence=[Evidence("at base", Place(old, 1))],
    )


RULE = Rule(
    "TST007",
    "singular-test-weakened",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
