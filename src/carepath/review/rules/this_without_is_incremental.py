"""A model reads its own table outside of is_incremental().

What it does
    Reports `{{ this }}` in an incremental model where no block of Jinja stands around it.

Why it is bad
    At the first build, and at each full refresh of a dropped table, the table is not there: the
    build stops. At a full refresh of one that is there, its old rows decide what is loaded.

For example
    {{ config(materialized='incremental', unique_key='order_id') }}
    select * from {{ ref('stg_orders') }}
    where updated_at > (select max(updated_at) from {{ this }})

Use instead
    {% if is_incremental() %}
    where updated_at > (select max(updated_at) from {{ this }})
    {% endif %}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule

BLOCK = re.compile(
    r"(?s)\{#.*?#\}|--[^\n]*|/\*.*?\*/|\{\{-?\s*config\s*\(.*?\)\s*-?\}\}|\{%-?\s*(?P<word>if|for|macro|call|filter|endif|endfor"
    r"|endmacro|endcall|endfilter|set|endset)\b(?P<rest>.*?)%\}|\{\{-?\s*(?P<this>this)\s*-?\}\}"
)


READ = re.compile(r"(?i)\b(from|join)\s+cp_rel\.t_")


def check(context: Context) -> Iterator[Issue]:
    """Look at where the template prints the name of its own table."""
    model = context.model
    if model.kind != "model" or not context.analysis.variants:
        return
    if context.config.get("materialized") != "incremental":
        return
    first = [v.rendered for v in context.analysis.variants if not v.rendered.flags]
    if not any(READ.search(one.text) for one in first):
        return
    text = context.snapshot.text(model.file)
    depth = 0
    for match in BLOCK.finditer(text):
        word = match["word"]
        if match["this"] and depth == 0 and _is_read(text, match.start()):
            yield Issue(
                subject="this",
                message=f"{model.name} reads its own table outside of is_incremental().",
                consequence="The first build stops: the table is not there yet.",
                fix="Put the condition into {% if is_incremental() %}.",
                confidence=Confidence.LIKELY,
                place=Place(model.file.path, text.count("\n", 0, match.start()) + 1),
            )
            return
        if word is None or (word == "set" and "=" in match["rest"]):
            continue
        depth += -1 if word.startswith("end") else 1


def _is_read(text: str, offset: int) -> bool:
    """True after FROM or JOIN."""
    return re.search(r"(?i)\b(from|join)\s*$", text[:offset]) is not None


RULE = Rule("CFG010", "this-without-is-incremental", Severity.ERROR, __doc__ or "", check)
