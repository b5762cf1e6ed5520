"""`carepath explain CODE`: the documentation of a rule."""

from __future__ import annotations

import difflib

import click

from carepath.errors import CarepathError


@click.command("explain")
@click.argument("code")
def command(code: str) -> int:
    """Explain a rule of the review, by its code or its name."""
    from carepath.review.rules import RULES

    names = {name: rule for rule in RULES for name in (rule.code.lower(), rule.name)}
    rule = names.get(code.lower())
    if rule is None:
        near = difflib.get_close_matches(code.lower(), names, n=1)
        raise CarepathError(
            f"There is no rule {code!r}.",
            fix=f"Did you mean {near[0].upper() if near[0][-1].isdigit() else near[0]}?"
            if near
            else "List them with `carepath rules`.",
        )
    click.echo(f"{rule.code} {rule.name} ({rule.severity.word})\n")
    click.echo(rule.doc.strip())
    return 0
