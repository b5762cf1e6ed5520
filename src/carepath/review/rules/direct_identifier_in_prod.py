"""A column that identifies a person reaches a model people read.

What it does
    Follows columns tagged as personal data in YAML, and columns of base models with unmistakable
    names (email, birth date, phone, IP address), along renames, and through what leaves them
    readable, into models of the prod layer.

Why it is bad
    Everyone with access to the reports can read it, and it is copied into extracts.

For example
    select member_id, email from {{ ref('members') }}      -- in models/prod

Use instead
    select member_id from {{ ref('members') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, outermost
from carepath.review.sql.parse import start_of

NAMES = re.compile(
    r"^(.*_)?(email|email_address|e_mail|first_name|last_name|full_name|surname|user_name|member_name|patient_name|birthdate|"
    r"birth_date|date_of_birth|dob|ssn|social_security_number|phone|phone_number|mobile_number|"
    r"ip_address|ipaddress|user_ipaddress|street_address|home_address|passport_number)$"
)
NOT_A_PERSON = re.compile(r"(hash|_id$|is_|has_|domain|count|template|campaign|type|subject)")


def check(context: Context) -> Iterator[Issue]:
    """Look at the output columns of prod models."""
    if context.model.layer != "prod":
        return
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in outermost(variant.resolution.scopes):
            for item in scope.items:
                column = item.column
                name = column.name.strip('"').lower()
                root = column.root[1].lower() if column.root else name
                tagged = "pii" in column.tags
                named = bool(NAMES.match(name) or (column.direct and NAMES.match(root)))
                if not named and item.expression is not None:
                    shown = _shown(variant.resolution, item.expression)
                    named, root = shown is not None, shown or root
                if column.kind in ("aggregate", "constant") and not tagged:
                    continue
                if not tagged and (not named or NOT_A_PERSON.search(name)):
                    continue
                yield Issue(
                    subject=name,
                    message=f"{column.shown} identifies a person, and people read this model.",
                    consequence="Everyone with access to the model sees it.",
                    fix="Leave it out, or hash it upstream.",
                    severity=Severity.WARNING if tagged else Severity.NOTE,
                    confidence=Confidence.CERTAIN if tagged else Confidence.LIKELY,
                    offset=start_of(item.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence("its YAML tags it as personal data")
                        if tagged
                        else Evidence(f"it is called {root}")
                    ],
                )


READABLE = (
    exp.Concat, exp.ConcatWs, exp.DPipe, exp.Lower, exp.Upper, exp.Trim, exp.Initcap, exp.Coalesce,
    exp.Cast, exp.Paren, exp.Literal,
)  # fmt: skip
"""Functions that leave what they are given readable."""


def _shown(resolution: Resolution, node: exp.Expr) -> str | None:
    """The identifier of a person that an expression shows as it is."""
    found = None
    stack = [node.this if isinstance(node, exp.Alias) else node]
    while stack:
        current = stack.pop()
        if isinstance(current, exp.Column):
            use = resolution.uses.get(id(current))
            if use is not None and use.column is not None and use.column.root is not None:
                root = use.column.root[1].lower()
                found = root if NAMES.match(root) and not NOT_A_PERSON.search(root) else found
        elif isinstance(current, READABLE):
            stack += [n for n in current.iter_expressions() if not isinstance(n, exp.DataType)]
        else:
            return None
    return found


RULE = Rule(
    "PII001",
    "direct-identifier-in-prod",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
