"""`carepath rules`: list the rules of the review."""

from __future__ import annotations

import json

import click


@click.command("rules")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> int:
    """List the rules of the review: code, name, severity, what it reports."""
    from carepath.review.rules import RULES

    if as_json:
        rows = [
            {
                "code": r.code,
                "name": r.name,
                "severity": r.severity.word,
                "ceiling": r.ceiling.word,
                "summary": r.summary,
            }
            for r in RULES
        ]
        click.echo(json.dumps(rows, indent=2))
        return 0
    for rule in RULES:
        click.echo(f"{rule.code}  {rule.name:<38} {rule.severity.word:<8} {rule.summary}")
    return 0
