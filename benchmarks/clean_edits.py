"""Edits of a dbt project that change nothing a reviewer should speak of.

Each edit takes the files of a project and the path of a model, and gives the files it changes (None
for one that goes), or None where it does not apply. They work on the raw text, Jinja included:
what a template does with its names is not understood here, so an edit steps back where it could
change the meaning.
"""

from __future__ import annotations

import itertools
import posixpath
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Files = dict[str, str]
Edit = Callable[[random.Random, Files, str], "dict[str, str | None] | None"]

OPAQUE = re.compile(
    r"{#.*?#}|{%.*?%}|{{.*?}}|--[^\n]*|/\*.*?\*/|'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|`[^`]*`", re.DOTALL
)
KEYWORD = re.compile(
    r"(?i)\b(select|from|where|group|by|order|having|left|inner|right|full|outer|join|on|and|or|not|as|"
    r"case|when|then|else|end|union|all|distinct|with|is|null|in|between|over|partition|limit)\b"
)
CTE_HEAD = re.compile(r"\s*(\w+)\s+as\s*\(", re.IGNORECASE)
WITH = re.compile(r"(?is)^[\s¤]*with\s")
JINJA_TAG = re.compile(r"(?s)\{[%{].*?[%}]\}")


@dataclass(frozen=True)
class Cte:
    """One CTE of the outermost WITH: where its text starts and ends in the file."""

    name: str
    start: int
    end: int


def mask(text: str) -> str:
    """The text with comments blanked and Jinja, literals and quoted names made opaque."""

    def hide(match: re.Match[str]) -> str:
        sign = " " if match[0].startswith(("--", "/*", "{#")) else "¤"
        return "".join("\n" if c == "\n" else sign for c in match[0])

    return OPAQUE.sub(hide, text)


def outer_ctes(text: str) -> tuple[list[Cte], int]:
    """The CTEs of the outermost WITH, and where the last SELECT starts; none where unsure."""
    masked = mask(text)
    opening = WITH.match(masked)
    if opening is None or "recursive" in masked.lower():
        return [], 0
    at, found = opening.end() - 1, []
    while True:
        head = CTE_HEAD.match(masked, at)
        if head is None:
            return [], 0
        depth, end = 1, head.end()
        while depth and end < len(masked):
            depth += {"(": 1, ")": -1}.get(masked[end], 0)
            end += 1
        if depth:
            return [], 0
        body = text[at:end]
        if len(re.findall(r"{%-?\s*(?:if|for)\b", body)) != len(
            re.findall(r"{%-?\s*end(?:if|for)\b", body)
        ):
            return [], 0
        found.append(Cte(head[1], at, end))
        comma = re.compile(r"\s*,").match(masked, end)
        if comma is None:
            break
        at = comma.end()
    tail = masked[end:].lstrip()
    return (found, end) if tail.lower().startswith("select") else ([], 0)


def in_code(text: str, change: Callable[[str], str]) -> str:
    """Change what lies between comments, literals and Jinja."""
    parts, last = [], 0
    for match in OPAQUE.finditer(text):
        parts += [change(text[last : match.start()]), match[0]]
        last = match.end()
    return "".join([*parts, change(text[last:])])


def _changed(path: str, before: str, after: str) -> dict[str, str | None] | None:
    return {path: after} if after != before else None


def comment(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Put a comment on a line of its own, outside templates and literals."""
    text = files[path]
    masked = mask(text)
    lines = [at for at, sign in enumerate(masked) if sign == "\n" and masked[at - 1] != "¤"]
    if not lines:
        return None
    at = rng.choice(lines)
    return {path: text[: at + 1] + "-- the reader's attention is drawn to this\n" + text[at + 1 :]}


def indent(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Write the same code with twice the indentation."""
    text = files[path]
    if "'''" in text or '"""' in text:
        return None
    wider = in_code(text, lambda code: re.sub(r"\n( +)", lambda m: "\n" + m[1] * 2, code))
    return _changed(path, text, wider)


def keyword_case(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Write the keywords in the other case."""
    text = files[path]
    up = sum(m[0].isupper() for m in KEYWORD.finditer(mask(text))) < 3
    turned = in_code(
        text, lambda code: KEYWORD.sub(lambda m: m[0].upper() if up else m[0].lower(), code)
    )
    return _changed(path, text, turned)


def line_ends(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Save the file with CRLF."""
    text = files[path]
    return None if "\r" in text else {path: text.replace("\n", "\r\n")}


def leading_commas(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Move the commas from the ends of lines to the starts of the next ones."""
    text = files[path]
    masked = mask(text)
    out = list(text)
    for match in re.finditer(r",[ ]*\n(\s*)(?=[\w¤])", masked):
        if text[match.end(1) : match.end(1) + 2] in ("{%", "{#") or "--" in match[0]:
            continue
        out[match.start()] = ""
        out[match.end(1) - 1] = out[match.end(1) - 1] + ", "
    return _changed(path, text, "".join(out))


def rename_cte(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Give a CTE another name, where it is only ever used as a relation."""
    text = files[path]
    ctes, _ = outer_ctes(text)
    masked = mask(text)
    good = []
    for cte in ctes:
        word = re.compile(rf"(?i)\b{cte.name}\b")
        used = rf"(?i)(?:\b(?:from|join)\s+{cte.name}\b|\b{cte.name}\.|\b{cte.name}\s+as\s*\()"
        if len(word.findall(text)) == len(re.findall(used, masked)):
            good.append(cte.name)
    if not good:
        return None
    old = rng.choice(good)
    return {path: re.sub(rf"(?i)\b{old}\b", f"{old}_step", text)}


def rename_alias(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Give the alias of a joined relation another name."""
    text = files[path]
    masked = mask(text)
    names = re.findall(r"(?i)\b(?:from|join)\s+[\w.¤]+(?: ¤+)*\s+as\s+(\w+)", masked)
    good = []
    for name in dict.fromkeys(names):
        word = len(re.findall(rf"(?i)\b{name}\b", text))
        used = len(re.findall(rf"(?i)(?:\b{name}\.|\sas\s+{name}\b)", masked))
        if names.count(name) == 1 and word == used:
            good.append(name)
    if not good:
        return None
    old = rng.choice(good)
    return {path: re.sub(rf"(?i)\b{old}\b", f"{old}_rel", text)}


def reorder_ctes(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Swap two neighbouring CTEs of which the second does not read the first."""
    text = files[path]
    ctes, _ = outer_ctes(text)
    pairs = [
        (one, two)
        for one, two in itertools.pairwise(ctes)
        if not re.search(rf"(?i)\b{one.name}\b", text[two.start : two.end])
        and "{%" not in text[one.start : two.end]
        and "--" not in text[one.end : two.start]
    ]
    if not pairs:
        return None
    one, two = rng.choice(pairs)
    between = text[one.end : two.start]
    swapped = text[two.start : two.end] + between + text[one.start : one.end]
    return {path: text[: one.start] + swapped + text[two.end :]}


def extract_cte(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Make the last SELECT a CTE of its own and select everything from it."""
    text = files[path]
    ctes, tail = outer_ctes(text)
    last = text[tail:].rstrip().rstrip(";")
    if not ctes or "{%" in last or "--" in last.split("\n")[-1]:
        return None
    return {path: f"{text[:tail]},\n\nput_together as (\n{last}\n)\n\nselect * from put_together\n"}


def flip_equality(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Write a join condition the other way round."""
    text = files[path]
    found = list(re.finditer(r"(?i)\bon\s+(\w+\.\w+)\s*=\s*(\w+\.\w+)(?=\s)", mask(text)))
    if not found:
        return None
    match = rng.choice(found)
    left, right = match[1], match[2]
    return {path: f"{text[: match.start(1)]}{right} = {left}{text[match.end(2) :]}"}


def spell_otherwise(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Use another spelling of the same operation: `inner join`, `<>`, count(1)."""
    text = files[path]

    def change(code: str) -> str:
        code = re.sub(r"(?i)\binner join\b", "join", code)
        code = code.replace("!=", "<>")
        return re.sub(r"(?i)\bcount\(\*\)", "count(1)", code)

    return _changed(path, text, in_code(text, change))


def parenthesise(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Put an aliased column into parentheses."""
    text = files[path]
    found = list(re.finditer(r"(?im)^[ ,]*(\w+\.\w+)\s+as\s+\w+,?$", mask(text)))
    if not found:
        return None
    match = rng.choice(found)
    return {path: f"{text[: match.start(1)]}({match[1]}){text[match.end(1) :]}"}


def where_true(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Begin a filter with the customary `1 = 1 and`."""
    text = files[path]
    found = list(re.finditer(r"(?i)\bwhere\s(?=\s*\w+(?:\.\w+)?\s*(?:=|is\b|>|<))", mask(text)))
    found = [m for m in found if not re.search(r"(?i)\bor\b", mask(text)[m.end() :])]
    if not found:
        return None
    at = rng.choice(found).end()
    return {path: f"{text[:at]}1 = 1 and {text[at:]}"}


def _is_read_by_union(files: Files, name: str) -> bool:
    quoted = re.compile(rf"""['"]{re.escape(name)}['"]""")
    return any(
        path.endswith(".sql") and re.search("(?i)union", text) and quoted.search(text)
        for path, text in files.items()
    )


def add_column(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Put out one more column: a copy of one there is, under its own name."""
    text = files[path]
    name = posixpath.basename(path).removesuffix(".sql")
    masked = mask(text)
    if re.search(r"(?i)\b(union|group|distinct)\b", masked) or "{%" in text:
        return None
    if _is_read_by_union(files, name):
        return None
    found = list(re.finditer(r"(?im)^( +)(\w+\.\w+)\s+as\s+(\w+),$", masked))
    if not found:
        return None
    match = rng.choice(found)
    line = f"\n{match[1]}{match[2]} as {match[3]}_as_sent,"
    return {path: text[: match.end()] + line + text[match.end() :]}


def rename_column(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Rename a column in every file of the project."""
    words = [
        word
        for word in re.findall(r"(?i)\bas\s+(\w+_\w+)", mask(files[path]))
        if not re.search(rf"(?i)\b{word}\s*\(", files[path])
    ]
    if not words:
        return None
    old = rng.choice(words)
    if any(old.lower() in name.lower() for name in files):
        return None
    word = re.compile(rf"(?i)\b{old}\b")
    changed: dict[str, str | None] = {
        name: word.sub(lambda m: f"{m[0]}_now", text)
        for name, text in files.items()
        if word.search(text)
    }
    return changed


def rename_model(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Rename a model, its file and all that reads it."""
    folder, base = posixpath.split(path)
    name = base.removesuffix(".sql")
    quoted = re.compile(rf"""(?<![\w.])(['"]?){re.escape(name)}\1(?![\w.])""")
    new = f"{name}_renamed"
    if posixpath.join(folder, f"{new}.sql") in files or is_composed(name, files):
        return None
    if re.search(rf"(?i)\b{re.escape(name)}\b", mask("".join(files[p] for p in files))):
        # A column or a CTE has the same name: left as they are, only refs and YAML change.
        quoted = re.compile(rf"""(?m)(?<=['"]){re.escape(name)}(?=['"]\s*\))|"""
                            rf"""(?<=- name: ){re.escape(name)}(?=\s*$)|"""
                            rf"""(?<= model: ){re.escape(name)}(?=\s*$)""")  # fmt: skip
        read = re.compile(rf"source\([^()]*['\"]{re.escape(name)}['\"]\s*\)")
        if any(read.search(text) for text in files.values()):
            return None
        if any(re.search(rf"- name: {re.escape(name)}\s*$", text, re.M) is not None
               and "sources:" in text for text in files.values()):  # fmt: skip
            return None
        # a list in Jinja may be what ref() is called with, in a loop
        listed = re.compile(rf"(?<=['\"]){re.escape(name)}(?=['\"])")
        renamed = {
            p: JINJA_TAG.sub(lambda m: listed.sub(new, m[0]), quoted.sub(new, t))
            for p, t in files.items()
        }
        changed = {p: t for p, t in renamed.items() if t != files[p]}
    else:
        changed = {
            p: quoted.sub(lambda m: f"{m[1]}{new}{m[1]}", t)
            for p, t in files.items()
            if quoted.search(t)
        }
    text = changed.pop(path, files[path])
    result: dict[str, str | None] = {**changed, path: None}
    result[posixpath.join(folder, f"{new}.sql")] = text
    return result


def is_composed(name: str, files: Files) -> bool:
    """Whether a ref() puts this name together from parts: then nobody can rename it blindly."""
    for text in files.values():
        for parts in re.findall(r"\bref\(([^()]*~[^()]*)\)", text):
            pattern = "".join(
                re.escape(part.strip()[1:-1]) if part.strip()[:1] in ("'", '"') else r"\w+"
                for part in parts.split("~")
            )
            if re.fullmatch(pattern, name):
                return True
    return False


def move_model(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Move a model to a folder below its own."""
    folder, base = posixpath.split(path)
    return {path: None, posixpath.join(folder, "moved", base): files[path]}


def add_model(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Add a model that reads one there is."""
    folder, base = posixpath.split(path)
    name = base.removesuffix(".sql")
    new = posixpath.join(folder, f"{name}_recent.sql")
    return {new: f"with rows_read as (\n    select * from {{{{ ref('{name}') }}}}\n)\n\n"
                 "select * from rows_read\n"}  # fmt: skip


def add_config(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Tag a model that has no configuration."""
    text = files[path]
    return None if "config(" in text else {path: "{{ config(tags=['daily']) }}\n\n" + text}


def add_yaml_comment(rng: random.Random, files: Files, path: str) -> dict[str, str | None] | None:
    """Add a comment to the YAML beside a model."""
    folder = posixpath.dirname(path)
    beside = [p for p in files if posixpath.dirname(p) == folder and p.endswith((".yml", ".yaml"))]
    if not beside:
        return None
    chosen = rng.choice(sorted(beside))
    return {chosen: "# Kept in the order of the columns.\n" + files[chosen]}


EDITS: tuple[Edit, ...] = (
    comment, indent, keyword_case, line_ends, leading_commas, rename_cte, rename_alias,
    reorder_ctes, extract_cte, flip_equality, spell_otherwise, parenthesise, where_true, add_column,
    rename_column, rename_model, move_model, add_model, add_config, add_yaml_comment,
)  # fmt: skip
