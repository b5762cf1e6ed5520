"""Writes docs/rules from the rules themselves: `python -m carepath.review.rulebook docs/rules`."""

from __future__ import annotations

import sys
from pathlib import Path

from carepath.review.rule import Rule
from carepath.review.rules import RULES

FAMILIES = {
    "SQL": "The query itself",
    "REF": "References",
    "LIT": "Literals and conditions",
    "JOIN": "Joins",
    "GRAIN": "Grain and keys",
    "AGG": "Aggregates",
    "NULL": "Nulls and zero",
    "DET": "Determinism",
    "LAY": "Layers",
    "TST": "Tests",
    "DOC": "Documentation",
    "PII": "Personal data",
    "BRK": "Contracts",
    "CFG": "Configuration",
    "CLONE": "Copies",
    "STY": "Style",
}


def pages() -> dict[str, str]:
    """The pages by file name."""
    found = {"index.md": _index()}
    for rule in RULES:
        found[f"{rule.code}.md"] = _page(rule)
    return found


def _index() -> str:
    lines = [
        "# Rules of the review",
        "",
        "Generated from the rules by `python -m carepath.review.rulebook docs/rules`.",
        "",
    ]
    for family, title in FAMILIES.items():
        lines += [f"## {title}", "", "| code | rule | severity | it reports |", "|---|---|---|---|"]
        for rule in RULES:
            if rule.family == family:
                lines.append(
                    f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.word} | "
                    f"{rule.summary} |"
                )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _page(rule: Rule) -> str:
    lines = [f"# {rule.code} {rule.name}", ""]
    is_code = False
    for line in rule.doc.strip().split("\n"):
        text = line[4:] if line.startswith("    ") else line
        if line and not line.startswith(" ") and line in (
            "What it does", "Why it is bad", "For example", "Use instead",
        ):  # fmt: skip
            if is_code:
                _close(lines)
                is_code = False
            lines += [f"## {line}", ""]
            if line in ("For example", "Use instead"):
                lines.append("```sql")
                is_code = True
            continue
        lines.append(text)
    if is_code:
        _close(lines)
    lines += [
        f"Severity: {rule.severity.word}; never worse than {rule.ceiling.word}. Suppress one line "
        f"with `-- noqa: {rule.code}`.",
    ]
    return "\n".join(lines) + "\n"


def _close(lines: list[str]) -> None:
    while lines[-1] == "":
        lines.pop()
    lines += ["```", ""]


def write(folder: Path) -> None:
    """Write every page; remove pages of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/rules"))
