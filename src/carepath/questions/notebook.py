"""An answer in a notebook: what the terminal prints, as HTML with every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from carepath.questions.answer import Answer
from carepath.questions.printing import (
    say_interval,
    say_left_out,
    say_value,
    show,
    shown_rows,
    tell_rest,
)


def write_html(answer: Answer) -> str:
    """Return the answer as a fragment of HTML: no style of its own, no script, no address."""
    parts = [
        f"<p><strong>{escape(answer.headline)}</strong></p>",
        f"<p>{escape(f'{answer.question}: {answer.verdict}, as of {answer.as_of} UTC')}</p>",
    ]
    if answer.estimates:
        rows = [
            (one.label, say_value(one), say_interval(one), f"{one.n:,}", one.method)
            for one in answer.estimates
        ]
        parts.append(_table(("estimate", "value", "interval", "n", "method"), rows))
    if answer.table.rows:
        units = [column.unit for column in answer.table.columns]
        cells = [
            [show(cell, unit) for cell, unit in zip(row, units, strict=True)]
            for row in shown_rows(answer)
        ]
        parts.append(_table([column.name for column in answer.table.columns], cells))
        parts.append(f"<p>{escape(tell_rest(answer))}</p>" if tell_rest(answer) else "")
    parts.append(_list("Keep in mind", answer.caveats))
    parts.append(_list("Left out", [say_left_out(left) for left in answer.excluded]))
    return "".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<p>{title}</p><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
