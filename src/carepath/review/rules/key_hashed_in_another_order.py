"""A surrogate key has the parts of another model's key in another order.

What it does
    Compares surrogate keys of one name: reports one made of the same columns as that of another
    model, in another order.

Why it is bad
    The hash depends on the order: the two keys never match.

For example
    {{ dbt_utils.generate_surrogate_key(['activity_date', 'server_id']) }} as daily_server_id

Use instead
    {{ dbt_utils.generate_surrogate_key(['server_id', 'activity_date']) }} as daily_server_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.render import COMMENT
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot

HASH = re.compile(
    r"surrogate_key\(\s*\[([^\]]*)\]\s*\)\s*-?}}\s*(?:as\s+)?([a-z_]\w*)", re.IGNORECASE
)
PART = re.compile(r"""['"]\s*(?:\w+\.)?(\w+)\s*['"]""")
Parts = tuple[str, ...]


def check(context: Context) -> Iterator[Issue]:
    """Compare each surrogate key with those of its name in other models."""
    source = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), context.analysis.source)
    if "surrogate_key(" not in source:
        return
    kept = _all(context.snapshot)
    path = context.model.file.path
    for at, name, parts in _keys(source):
        others = {p: where for p, where in kept.get(name, {}).items() if where - {path}}
        if parts in others or len(set(parts)) != len(parts):
            continue
        same = [p for p in others if sorted(p) == sorted(parts)]
        if len(same) != 1:
            continue
        models = sorted(others[same[0]] - {path})
        yield Issue(
            subject=f"{name} {', '.join(parts)}",
            message=f"{name} is hashed of {', '.join(parts)}; elsewhere of {', '.join(same[0])}.",
            consequence="The two keys never match.",
            fix=f"Name the parts in the order {', '.join(same[0])}.",
            confidence=Confidence.LIKELY,
            place=Place(path, source.count("\n", 0, at) + 1),
            evidence=[Evidence(f"models with that order: {len(models)}", Place(models[0], 1))],
        )


def _all(snapshot: Snapshot) -> dict[str, dict[Parts, set[str]]]:
    """The surrogate keys of all models by name and parts, with the files, read once."""
    kept = snapshot.local.get("surrogate keys")
    if kept is None:
        kept = {}
        for model in snapshot.sql_models():
            slot = f"surrogate keys|{model.file.sha}"
            found = snapshot.memo.get(slot)
            if found is None:
                text = snapshot.text(model.file)
                found = snapshot.memo[slot] = list(_keys(text) if "surrogate_key(" in text else ())
            for _, name, parts in found:
                kept.setdefault(name, {}).setdefault(parts, set()).add(model.file.path)
        snapshot.local["surrogate keys"] = kept
    result: dict[str, dict[Parts, set[str]]] = kept
    return result


def _keys(text: str) -> Iterator[tuple[int, str, Parts]]:
    for match in HASH.finditer(text):
        parts = tuple(part.lower() for part in PART.findall(match[1]))
        if len(parts) > 1 and len(parts) == match[1].count(",") + 1 - match[1].rstrip().endswith(
            ","
        ):
            yield match.start(), match[2].lower(), parts


RULE = Rule(
    "GRAIN051",
    "key-hashed-in-another-order",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
