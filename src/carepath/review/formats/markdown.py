"""The report as one comment of a pull request."""

from __future__ import annotations

import re

from carepath.review.findings import Finding, Place
from carepath.review.formats.text import closing
from carepath.review.formats.visible import one_line, visible
from carepath.review.rank import SHOWN
from carepath.review.review import Review

LIMIT = 64_000
MOST_ROWS = 100
MOST_TEXT = 600
"""Characters of one sentence; a list of a thousand columns says no more than its start."""
LIST = r"\b\w+(?:, \w+){2,}\b"
"""Three or more names in a row; some need not look like names."""
CODE = re.compile(
    LIST
    + r"|'[^'`]{1,80}'"
    + r"|[\w-]+(?:/[\w.-]+)+(?::\d+)?"
    + r"|\b[A-Za-z_]\w*\([^()`]{0,80}\)"
    + r"|\b[A-Za-z]\w*(?:[_.]\w+)+\b"
    + r"|\b\w+_\b|\b_\w+"
)
MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~!&]")
ICONS = {"error": "🔴", "warning": "🟠", "note": "🔵"}


def render(review: Review) -> str:
    """Write a review as one markdown comment of at most 65,000 characters."""
    shown = review.findings[:SHOWN]
    counts = dict.fromkeys(ICONS, 0)
    for finding in review.findings:
        counts[finding.severity.word] += 1
    told = " · ".join(f"{ICONS[word]} {count} {word}{'s' if count != 1 else ''}"
                      for word, count in counts.items() if count)  # fmt: skip
    blocks = [f"## carepath review\n\n{told or '✅ No findings'}"]
    if review.base:
        blocks[0] += f" — {_code(review.head)} against {_code(review.base)}"
    blocks += [f"> {_prose(note)}" for note in review.notes]
    blocks += [_finding(finding) for finding in shown]
    rest = review.findings[SHOWN:]
    if rest:
        rows = [
            f"- {ICONS[f.severity.word]} {_at(f.place)} {f.code} {_prose(f.message)}"
            for f in rest[:MOST_ROWS]
        ]
        if len(rest) > MOST_ROWS:
            rows.append(f"- and {len(rest) - MOST_ROWS} more")
        blocks.append(_details(f"{len(rest)} more findings", _cut(rows, 20_000)))
    if review.questions:
        asked = [f"- {_at(q.place)} {_prose(q.text)}" for q in review.questions]
        blocks.append("### Questions for the author\n\n" + _cut(asked, 10_000))
    if review.summaries:
        done = [line for summary in review.summaries for line in summary.lines()]
        blocks.append(_details("What the change does", _fenced(_cut(done, 15_000))))
    covered = [
        f"{'  ' if line.startswith('  ') else ''}- {_prose(line.strip())}"
        for line in closing(review)
    ]
    blocks.append(_details("Coverage", _cut(covered, 10_000)))
    return _fit(blocks)


def _finding(finding: Finding) -> str:
    lines = [
        f"### {ICONS[finding.severity.word]} {_prose(finding.message)}",
        "",
        f"{_at(finding.place)} · {finding.code} {finding.rule} · {finding.confidence.value}"
        + (f" · when {_code(finding.variant)}" if finding.variant else ""),
        "",
    ]
    if finding.excerpt or finding.patch:
        lines += [_excerpt(finding), ""]
    if finding.consequence:
        lines.append(f"**Effect:** {_prose(finding.consequence)}  ")
    if finding.fix:
        lines.append(f"**Fix:** {_prose(finding.fix)}  ")
    if finding.evidence:
        lines.append("")
    for fact in finding.evidence[:3]:
        where = f" ({_at(fact.place)})" if fact.place else ""
        lines.append(f"- {_prose(fact.text)}{where}")
    if finding.readers:
        places = ", ".join(_at(place) for place in finding.readers[:8])
        more = f" and {len(finding.readers) - 8} more" if len(finding.readers) > 8 else ""
        lines += ["", f"Also: {places}{more}"]
    return "\n".join(lines).rstrip()


def _excerpt(finding: Finding) -> str:
    """The line a finding is about; where only one correction is right, with it."""
    if finding.patch:
        old = [f"- {line}" for line in finding.excerpt.split("\n") if line]
        new = [f"+ {line.strip()}" for line in finding.patch.split("\n")]
        return _fenced("\n".join([*old, *new]), "diff")
    return _fenced(finding.excerpt, "sql" if finding.place.file.endswith(".sql") else "")


def _fenced(text: str, kind: str = "") -> str:
    """A block of code, fenced so that nothing in it is markup."""
    fence = "`" * max(3, 1 + _longest_ticks(text))
    return f"{fence}{kind}\n{visible(text)}\n{fence}"


def _code(text: str) -> str:
    """Words of code inside a sentence."""
    text = one_line(text)
    ticks = "`" * (1 + _longest_ticks(text))
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _at(place: Place) -> str:
    return _code(f"{place.file}:{place.line}")


def _prose(text: str) -> str:
    """A sentence in which names and literals are code, and nothing else is markup."""
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT] + "…"
    text = one_line(text)
    parts: list[str] = []
    end = 0
    for match in CODE.finditer(text):
        parts.append(_escape(text[end : match.start()]))
        names = match[0].split(", ") if re.fullmatch(LIST, match[0]) else [match[0]]
        is_code = len(names) == 1 or any("_" in name for name in names)
        parts.append(", ".join(map(_code, names)) if is_code else _escape(match[0]))
        end = match.end()
    return "".join([*parts, _escape(text[end:])])


def _escape(text: str) -> str:
    return MARKUP.sub(r"\\\g<0>", text).replace("@", "@\u200b").replace("$", "&#36;")


def _details(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _cut(lines: list[str], most: int) -> str:
    """Whole lines up to a number of characters, and how many are left out."""
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > most:
            kept.append(f"... and {len(lines) - len(kept)} more lines")
            break
        kept.append(line)
    return "\n".join(kept)


def _fit(blocks: list[str]) -> str:
    """Keep whole blocks, in order, until the comment is full; the coverage always stays."""
    last = blocks[-1]
    size = len(last)
    kept: list[str] = []
    for number, block in enumerate(blocks[:-1]):
        if size + len(block) + 2 > LIMIT:
            kept.append(f"_{len(blocks) - 1 - number} sections left out: the comment is full._")
            break
        kept.append(block)
        size += len(block) + 2
    return "\n\n".join([*kept, last]) + "\n"
