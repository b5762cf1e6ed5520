"""The report as one comment of a pull request."""

from __future__ import annotations

import re

from carepath.review.findings import Finding, Place
from carepath.review.formats.text import closing
from carepath.review.rank import SHOWN
from carepath.review.review import Review

LIMIT = 64_000
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
        blocks[0] += f" — `{review.head}` against `{review.base}`"
    blocks += [f"> {note}" for note in review.notes]
    blocks += [_finding(finding) for finding in shown]
    rest = review.findings[SHOWN:]
    if rest:
        rows = "\n".join(
            f"- {ICONS[f.severity.word]} `{_at(f.place)}` {f.code} {_escape(f.message)}"
            for f in rest[:100]
        )
        more = f"\n- and {len(rest) - 100} more" if len(rest) > 100 else ""
        blocks.append(_details(f"{len(rest)} more", rows + more))
    if review.questions:
        rows = "\n".join(f"- `{_at(q.place)}` {_escape(q.text)}" for q in review.questions)
        blocks.append(f"### Questions for the author\n\n{rows}")
    if review.summaries:
        text = "\n".join(line for summary in review.summaries for line in summary.lines())
        blocks.append(_details("What the change does", f"```\n{text[:20_000]}\n```"))
    blocks.append(_details("Coverage", "\n".join(f"- {line.strip()}" for line in closing(review))))
    return _fit(blocks)


def _finding(finding: Finding) -> str:
    lines = [
        f"### {ICONS[finding.severity.word]} {_escape(finding.message)}",
        "",
        f"`{_at(finding.place)}` · {finding.code} {finding.rule} · {finding.confidence.value}"
        + (f" · when `{finding.variant}`" if finding.variant else ""),
        "",
    ]
    if finding.excerpt and not finding.patch:
        lines += [_quote(finding), ""]
    if finding.consequence:
        lines.append(f"**So:** {_escape(finding.consequence)}  ")
    if finding.fix:
        lines.append(f"**Fix:** {_escape(finding.fix)}  ")
    if finding.patch:
        lines += ["", "```suggestion", finding.patch, "```", ""]
    for fact in finding.evidence[:3]:
        where = f" (`{_at(fact.place)}`)" if fact.place else ""
        lines.append(f"- {_escape(fact.text[:600])}{where}")
    if finding.readers:
        places = ", ".join(f"`{_at(place)}`" for place in finding.readers[:8])
        lines.append(f"- also: {places}")
    return "\n".join(lines).rstrip()


def _quote(finding: Finding) -> str:
    """The line a finding is about, fenced so that nothing in it is markup."""
    fence = "`" * max(
        3, 1 + max((len(run) for run in re.findall("`+", finding.excerpt)), default=0)
    )
    kind = "sql" if finding.place.file.endswith(".sql") else ""
    return f"{fence}{kind}\n{finding.excerpt}\n{fence}"


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _escape(text: str) -> str:
    for char in "<>|*_#@":
        text = text.replace(char, f"\\{char}" if char != "@" else "@\u200b")
    return text.replace("\n", " ")


def _details(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _fit(blocks: list[str]) -> str:
    """Keep whole blocks, in order, until the comment is full; the coverage always stays."""
    last = blocks[-1][:10_000]
    size = len(last)
    kept: list[str] = []
    for number, block in enumerate(blocks[:-1]):
        if size + len(block) + 2 > LIMIT:
            kept.append(f"_{len(blocks) - 1 - number} sections left out: the comment is full._")
            break
        kept.append(block)
        size += len(block) + 2
    return "\n\n".join([*kept, last]) + "\n"
