"""A function nobody knows, nearly called as one everybody does.

What it does
    Reports a call of a function the parser does not know whose name differs by a letter or two
    from a common one, unless the project calls it elsewhere too.

Why it is bad
    The model does not build.

For example
    coalsce(a, b)

Use instead
    coalesce(a, b)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of

COMMON = [
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "count",
    "sum",
    "avg",
    "round",
    "floor",
    "ceil",
    "ceiling",
    "upper",
    "lower",
    "trim",
    "ltrim",
    "rtrim",
    "substring",
    "substr",
    "replace",
    "split_part",
    "concat",
    "concat_ws",
    "length",
    "date_trunc",
    "dateadd",
    "datediff",
    "date_add",
    "date_sub",
    "date_diff",
    "date_part",
    "to_date",
    "to_timestamp",
    "to_char",
    "to_number",
    "try_cast",
    "safe_cast",
    "safe_divide",
    "listagg",
    "string_agg",
    "array_agg",
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "regexp_replace",
    "regexp_substr",
    "regexp_extract",
    "regexp_contains",
    "parse_json",
    "json_extract",
    "json_extract_scalar",
    "json_value",
    "timestamp_trunc",
    "timestamp_diff",
    "timestamp_add",
    "timestamp_sub",
    "format_date",
    "format_timestamp",
    "parse_date",
    "parse_timestamp",
    "current_timestamp",
    "current_date",
    "iff",
    "ifnull",
    "nvl",
    "nvl2",
    "decode",
    "md5",
    "sha256",
    "to_hex",
    "median",
    "percentile_cont",
    "ntile",
    "abs",
    "power",
    "sqrt",
    "mod",
    "count_if",
    "countif",
    "approx_count_distinct",
    "any_value",
    "max_by",
    "min_by",
    "array_size",
    "array_length",
    "object_construct",
    "convert_timezone",
]


def check(context: Context) -> Iterator[Issue]:
    """Look at the calls the parser could not name."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Anonymous):
                    continue
                name = node.name.lower()
                if name in COMMON or name.startswith("cp_") or len(name) < 5 or "." in name:
                    continue
                near = next((known for known in COMMON if _slip(name, known)), None)
                if near is None or _is_used_elsewhere(context, name):
                    continue
                yield Issue(
                    subject=name,
                    message=f"There is no function {name}. Did you mean {near}?",
                    consequence="The model does not build.",
                    fix=f"Use {near}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("no other model of the project calls it")],
                )


def _slip(word: str, known: str) -> bool:
    """One letter left out, doubled, swapped with its neighbour, or replaced."""
    if abs(len(word) - len(known)) > 1 or word[0] != known[0] or len(known) < 5:
        return False
    if word.replace("_", "") == known.replace("_", "") or word.rstrip("s") == known.rstrip("s"):
        return False
    if len(word) == len(known):
        different = [(a, b) for a, b in zip(word, known, strict=True) if a != b]
        return len(different) == 2 and different[0] == different[1][::-1]
    short, long = sorted((word, known), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(1, len(long)))


def _is_used_elsewhere(context: Context, name: str) -> bool:
    pattern = re.compile(rf"(?i)\b{re.escape(name)}\s*\(")
    return any(
        model.id != context.model.id and pattern.search(context.snapshot.text(model.file))
        for model in context.space.models.values()
        if model.kind == "model"
    )


RULE = Rule("SQL013", "misspelled-function", Severity.WARNING, __doc__ or "", check)
