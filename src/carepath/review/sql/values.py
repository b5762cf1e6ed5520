"""What an expression can be: its origin, type, nullability and the values it can hold."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from carepath.review.jinja.unknown import PATTERN
from carepath.review.sql.bindings import Binding, Known, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.relation import Column, Domain
from carepath.review.sql.writing import write

PASSING = (exp.Max, exp.Min, exp.AnyValue, exp.FirstValue, exp.LastValue, exp.Lag, exp.Lead)
HASHES = (
    exp.MD5, exp.SHA, exp.SHA2, exp.MD5Digest, exp.SHA1Digest, exp.SHA2Digest, exp.FarmFingerprint,
    exp.StandardHash, exp.MD5NumberLower64, exp.MD5NumberUpper64, exp.CityHash64,
)  # fmt: skip
HASHING = frozenset(
    {"cp_surrogate_key", "hash", "xxhash64", "func_sha1", "digest", "sha512", "sha256", "siphash64"}
)
"""Functions that hash as well, and have no class of their own."""
COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.RowNumber, exp.Length)
DOMAIN = re.compile(r"(^|_)domain$")
"""What is left of an address without the person."""
TYPE_OF = {
    "text": ("VARCHAR", "TEXT", "CHAR", "NVARCHAR", "STRING", "NCHAR"),
    "number": (
        "INT",
        "BIGINT",
        "SMALLINT",
        "TINYINT",
        "DECIMAL",
        "DOUBLE",
        "FLOAT",
        "BIGDECIMAL",
        "UINT",
        "UBIGINT",
        "HUGEINT",
        "NUMERIC",
    ),
    "timestamp": (
        "TIMESTAMP",
        "TIMESTAMPTZ",
        "TIMESTAMPLTZ",
        "TIMESTAMPNTZ",
        "DATETIME",
        "TIMESTAMP_NTZ",
        "DATETIME64",
    ),
    "date": ("DATE", "DATE32"),
    "boolean": ("BOOLEAN",),
}
KINDS = {name: kind for kind, names in TYPE_OF.items() for name in names}


def type_of(node: exp.Expr | None) -> str | None:
    """The coarse type of a DataType node."""
    if isinstance(node, exp.DataType):
        return KINDS.get(getattr(node.this, "name", str(node.this)))
    return None


def describe(known: Known, scope: Scope, expression: exp.Expr, name: str, shown: str) -> Column:
    """Everything known of one output expression."""
    inner = expression.unnest() if isinstance(expression, exp.Paren) else expression
    if isinstance(inner, exp.Column):
        use = known.uses.get(id(inner))
        if use is None or use.column is None or use.binding is None:
            if use is not None and use.alias and inner.name:
                target = scope.aliases.get(fold_identifier(inner.this, known.dialect))
                if target is not None and target is not expression:
                    return (
                        replace(describe(known, scope, target, name, shown), direct=None)
                        if not isinstance(target, exp.Column)
                        else Column(name, shown)
                    )
            is_optional = use is not None and use.binding is not None and use.binding.nullable
            return Column(name, shown, kind="column", nullable=True if is_optional else None)
        copy = replace(use.column, name=name, shown=shown, kind="column", text="")
        if use.binding.nullable:
            copy = replace(copy, nullable=True)
        return narrow(known, scope, use.binding, use.column, copy)
    origins: set[tuple[str, str]] = set()
    tags: set[str] = set()
    kind = "constant"
    for node in inner.walk():
        if isinstance(node, exp.Column):
            kind = "expression" if kind == "constant" else kind
            use = known.uses.get(id(node))
            if use is not None and use.column is not None:
                origins |= use.column.origins
                if use.column.tags and not _is_hashed(node, expression):
                    tags |= use.column.tags
        elif isinstance(node, exp.Window):
            kind = "window"
        elif isinstance(node, exp.AggFunc) and kind != "window":
            kind = "aggregate"
        elif isinstance(node, exp.Anonymous | exp.Query) and kind == "constant":
            kind = "expression"
    is_day = any(tag.startswith("zone:") and tag[5:] not in UTC for tag in tags)
    tags = {tag for tag in tags if not tag.startswith(OWN)} | _own_tags(inner)
    tags |= _day_tags(known, inner, is_day)
    if isinstance(inner, (exp.Predicate, exp.Not, exp.Connector)) or DOMAIN.search(name.lower()):
        tags.clear()
    if isinstance(inner, COUNTS) or (kind == "aggregate" and not isinstance(inner, PASSING)):
        tags.clear()
    return Column(
        name,
        shown,
        origins=frozenset(origins),
        kind=kind,
        domain=domain_of(known, scope, inner),
        type=value_type(known, inner),
        nullable=_nullable(known, inner),
        numbered_by=_numbered_by(known, scope, inner),
        tags=frozenset(tags),
    )


def _is_hashed(node: exp.Expr, root: exp.Expr) -> bool:
    """True for a column inside of a function that hashes it."""
    current: exp.Expr | None = node
    while current is not None:
        if isinstance(current, HASHES):
            return True
        if isinstance(current, exp.Anonymous) and current.name.lower() in HASHING:
            return True
        current = current.parent if current is not root else None
    return False


ROWS_OF = "rows:"
"""Of the column of a union of relations that names the relation a row came from: their names."""
OWN = ("whole:", "zone:", "case:", "null:", "time:", "day:", "places:", ROWS_OF)
"""Beginnings of the tags that say what a value is now; an expression over it does not keep them."""
INSTANT = "time:instant"
"""Of a moment in time, without a place: TIMESTAMP on BigQuery, which also has DATETIME."""
WHOLE = {"INT": "int", "SMALLINT": "int", "TINYINT": "int", "BIGINT": "bigint"}


FRACTION = "places:some"


def has_places(node: exp.Expr) -> bool:
    """True for a division by a power of ten, and what is rounded or cast to decimal places."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Div):
        digits = node.expression.name.removesuffix(".0").removesuffix(".")
        return digits.startswith("1") and len(digits) > 2 and not digits.strip("10")
    if isinstance(node, exp.Round):
        places = node.args.get("decimals")
        return isinstance(places, exp.Literal) and places.name != "0"
    to = node.args.get("to") if isinstance(node, (exp.Cast, exp.TryCast)) else None
    if isinstance(to, exp.DataType) and to.this == exp.DataType.Type.DECIMAL:
        scale = to.expressions[1].name if len(to.expressions) == 2 else "0"
        return scale not in ("0", "")
    return False


def _own_tags(node: exp.Expr) -> set[str]:
    """`whole:int` of a cast to whole numbers, `zone:utc` of a moment, `case:upper` of a text."""
    if isinstance(node, exp.Coalesce) and node.expressions:
        last = node.expressions[-1]
        is_given = isinstance(last, exp.Literal) and not PATTERN.search(last.name)
        return {"null:never"} if is_given else set()
    if isinstance(node, (exp.Upper, exp.Lower)):
        return {"case:upper" if isinstance(node, exp.Upper) else "case:lower"}
    if isinstance(node, exp.Trim):
        return _own_tags(node.this) if isinstance(node.this, (exp.Upper, exp.Lower)) else set()
    if has_places(node):
        return {FRACTION}
    if isinstance(node, exp.Cast | exp.TryCast) and isinstance(node.args.get("to"), exp.DataType):
        name = getattr(node.args["to"].this, "name", "")
        if name == "TIMESTAMPTZ":
            return {INSTANT}
        return {f"whole:{WHOLE[name]}"} if name in WHOLE else set()
    if isinstance(node, exp.CurrentTimestamp):
        return {INSTANT}
    zone = converted_to(node)
    return {f"zone:{zone}"} if zone is not None else set()


UTC = frozenset({"utc", "etc/utc", "gmt", "z", "zulu"})
CUTS = (exp.Date, exp.TsOrDsToDate)
ZONES = (exp.ConvertTimezone, exp.AtTimeZone, exp.FromTimeZone)


def _day_tags(known: Known, node: exp.Expr, is_local: bool) -> set[str]:
    """`day:local:...` of a moment cut to a day in a time zone, `day:plain:...` of one cut as is."""
    if isinstance(node, (exp.Min, exp.Max, exp.AnyValue)):
        # The first of some days is such a day.
        node = node.this
        use = known.uses.get(id(node))
        if use is not None and use.column is not None:
            return {tag for tag in use.column.tags if tag.startswith("day:")}
    target = node.args.get("to") if isinstance(node, exp.Cast) else None
    is_cut = isinstance(target, exp.DataType) and target.this == exp.DataType.Type.DATE
    if not is_cut and not isinstance(node, CUTS):
        return set()
    columns = list(node.find_all(exp.Column))
    use = known.uses.get(id(columns[0])) if len(columns) == 1 else None
    root = use.column.root if use is not None and use.column is not None else None
    if root is None:
        return set()
    zones = list(node.find_all(*ZONES))
    calls = [n for n in node.find_all(exp.Anonymous) if n.name.lower() == "timezone"]
    named = [
        literal.name.lower()
        for zone in (*zones, *calls, *([node] if node.args.get("zone") else []))
        for literal in zone.find_all(exp.Literal)
        if literal.is_string
    ]
    if any(PATTERN.search(name) for name in named) or len(list(node.find_all(exp.Anonymous))) > len(
        calls
    ):
        return set()
    is_local = is_local or any(name not in UTC for name in named)
    return {f"day:{'local' if is_local else 'plain'}:{root[0]}.{root[1]}"}


def common_tags(ours: frozenset[str], theirs: frozenset[str]) -> frozenset[str]:
    """The tags of a column that is one or the other: what it is now must hold of both."""
    return frozenset(t for t in ours | theirs if not t.startswith(OWN) or t in ours & theirs)


def converted_to(node: exp.Expr | None) -> str | None:
    """The time zone that an expression puts a moment into, in lower case."""
    if isinstance(node, exp.ConvertTimezone) and node.args.get("source_tz") is not None:
        target = node.args.get("target_tz")
        if isinstance(target, exp.Literal) and not PATTERN.search(target.name):
            return target.name.lower()
    return None


def domain_of(known: Known, scope: Scope, node: exp.Expr | None) -> Domain | None:
    """The text values an expression can give (null aside), or None where unknown."""
    if node is None or isinstance(node, exp.Null):
        return Domain(frozenset(), "sql", "null")
    if isinstance(node, exp.Literal):
        if not node.is_string or PATTERN.search(node.name):
            return None
        return Domain(frozenset({node.name}), "sql", "a constant")
    if isinstance(node, exp.Paren):
        return domain_of(known, scope, node.this)
    if isinstance(node, exp.Case):
        branches = [branch.args.get("true") for branch in node.args.get("ifs") or []]
        return _union(known, scope, [*branches, node.args.get("default")], "a CASE")
    if isinstance(node, exp.If):
        parts = [node.args.get("true"), node.args.get("false")]
        return _union(known, scope, parts, "an IF")
    if isinstance(node, exp.Nvl2):
        parts = [node.args.get("true"), node.args.get("false")]
        return _union(known, scope, parts, "an NVL2")
    if isinstance(node, exp.DecodeCase):
        # operand, then pairs of value and result, then perhaps a default
        pairs = node.expressions[1:]
        default = pairs[-1] if len(pairs) % 2 else None
        return _union(known, scope, [*pairs[1::2], default], "a DECODE")
    if isinstance(node, exp.Anonymous) and node.name.lower() == "multiif":
        parts = [*node.expressions[1::2], *node.expressions[-1:]]
        return _union(known, scope, parts, "a multiIf")
    if isinstance(node, exp.Coalesce):
        return _union(known, scope, [node.this, *node.expressions], "a COALESCE")
    if isinstance(node, exp.Column):
        use = known.uses.get(id(node))
        if use is None or use.column is None or use.binding is None:
            return None
        narrowed = narrow(known, scope, use.binding, use.column, use.column)
        return narrowed.domain
    if isinstance(node, exp.Upper | exp.Lower):
        inner = domain_of(known, scope, node.this)
        if inner is not None:
            change = str.upper if isinstance(node, exp.Upper) else str.lower
            values = frozenset(change(value) for value in inner.values)
            return Domain(values, inner.strength, inner.proof)
        return None
    if isinstance(node, exp.Trim) and not node.args.get("expression"):
        inner = domain_of(known, scope, node.this)
        if inner is not None:
            values = frozenset(value.strip() for value in inner.values)
            return Domain(values, inner.strength, inner.proof)
        return None
    if isinstance(node, exp.Cast) and type_of(node.args.get("to")) == "text":
        return domain_of(known, scope, node.this)
    if isinstance(node, PASSING):
        return domain_of(known, scope, node.this)
    if isinstance(node, exp.Window) and isinstance(node.this, PASSING):
        return domain_of(known, scope, node.this)
    if isinstance(node, exp.Nullif):
        return domain_of(known, scope, node.this)
    return None


def _union(known: Known, scope: Scope, parts: list[exp.Expr | None], proof: str) -> Domain | None:
    total: Domain | None = None
    for part in parts:
        domain = domain_of(known, scope, part)
        if domain is None:
            return None
        total = domain if total is None else total.union(domain)
    if total is None or not total.values:
        return None
    return Domain(total.values, total.strength, proof if total.strength == "sql" else total.proof)


def narrow(known: Known, scope: Scope, binding: Binding, column: Column, copy: Column) -> Column:
    """Narrow what a column can hold by the equality and IN filters of its scope."""
    where = scope.node.args.get("where")
    if where is None:
        return copy
    for condition in conjuncts(where.this):
        kept = not_null(condition)
        use = known.uses.get(id(kept)) if kept is not None else None
        if use is not None and use.binding is binding and use.column == column:
            copy = replace(copy, nullable=False)
        match = equality(condition)
        if match is None:
            continue
        target, values = match
        use = known.uses.get(id(target))
        if use is None or use.binding is not binding or use.column is None:
            continue
        if use.column.name != column.name:
            continue
        allowed = frozenset(values)
        known_values = copy.domain
        if known_values is not None:
            left = known_values.values & allowed
            if left == allowed and known_values.strength != "sql":
                copy = replace(copy, domain=Domain(allowed, "sql", "the filter on it"))
            elif left:
                narrowed = Domain(left, known_values.strength, known_values.proof)
                copy = replace(copy, domain=narrowed)
        else:
            copy = replace(copy, domain=Domain(allowed, "sql", "the filter on it"), nullable=False)
    return copy


def outcomes(node: exp.Case | exp.If) -> list[exp.Expr]:
    """What a CASE or an IF can give."""
    branches = [node] if isinstance(node, exp.If) else node.args.get("ifs") or []
    found = [branch.args.get("true") for branch in branches]
    found.append(node.args.get("false" if isinstance(node, exp.If) else "default"))
    return [one for one in found if isinstance(one, exp.Expr)]


def bare(node: exp.Expr | None) -> exp.Expr | None:
    """What an expression takes its value from: without casts, parentheses, defaults, rounding."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Coalesce, exp.Round)):
        node = node.this
    return node


def not_null(condition: exp.Expr) -> exp.Expr | None:
    """The column of `column is not null`."""
    inner = condition.this if isinstance(condition, exp.Not) else None
    is_null = isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)
    return inner.this if is_null and isinstance(inner, exp.Is) else None


def conjuncts(node: exp.Expr | None) -> list[exp.Expr]:
    """The parts of a condition joined by AND."""
    if node is None:
        return []
    found: list[exp.Expr] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, exp.And):
            stack += [current.right, current.left]
        elif isinstance(current, exp.Paren):
            stack.append(current.this)
        else:
            found.append(current)
    return found


def equality(node: exp.Expr) -> tuple[exp.Column, list[str]] | None:
    """`column = 'text'` or `column in ('a', 'b')`: the column and its values."""
    if isinstance(node, exp.EQ):
        for left, right in ((node.left, node.right), (node.right, node.left)):
            if isinstance(left, exp.Column) and isinstance(right, exp.Literal) and right.is_string:
                return left, [right.name]
        return None
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column):
        literals = node.expressions
        if literals and all(isinstance(x, exp.Literal) and x.is_string for x in literals):
            return node.this, [x.name for x in literals]
    return None


def value_type(known: Known, node: exp.Expr) -> str | None:
    """The coarse type of an expression, None where it cannot be told."""
    if isinstance(node, exp.Cast | exp.TryCast):
        return type_of(node.args.get("to"))
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Boolean | exp.Predicate | exp.Connector | exp.Not):
        return "boolean"
    if isinstance(node, (*COUNTS, exp.Sum, exp.Avg, exp.Round, exp.DateDiff, exp.Div)):
        return "number"
    if isinstance(node, exp.Window | exp.Paren | exp.Max | exp.Min | exp.AnyValue):
        return value_type(known, node.this)
    if isinstance(node, exp.Concat | exp.DPipe | exp.Upper | exp.Lower | exp.Trim | exp.Substring):
        return "text"
    if isinstance(node, exp.Column):
        use = known.uses.get(id(node))
        return use.column.type if use is not None and use.column is not None else None
    if isinstance(node, exp.Anonymous) and node.name.lower() == "cp_surrogate_key":
        return "text"
    if isinstance(node, exp.CurrentTimestamp):
        return "timestamp"
    if isinstance(node, exp.CurrentDate | exp.Date | exp.TsOrDsToDate | exp.StrToDate):
        return "date"
    if isinstance(node, exp.Coalesce):
        kinds = {value_type(known, part) for part in (node.this, *node.expressions)}
        return kinds.pop() if len(kinds) == 1 else None
    return None


def _nullable(known: Known, node: exp.Expr) -> bool | None:
    if isinstance(node, exp.Null):
        return True
    if isinstance(node, (exp.Literal | exp.Boolean | exp.CurrentTimestamp, COUNTS)):
        return False
    if isinstance(node, exp.Anonymous) and node.name.lower() == "cp_surrogate_key":
        return False
    if isinstance(node, exp.Coalesce):
        parts = [_nullable(known, part) for part in (node.this, *node.expressions)]
        return False if False in parts else None
    if isinstance(node, exp.Column):
        use = known.uses.get(id(node))
        if use is not None and use.column is not None and use.binding is not None:
            return True if use.binding.nullable else use.column.nullable
        return None
    if isinstance(node, exp.TryCast):
        return None
    if isinstance(node, exp.Cast | exp.Paren | exp.Upper | exp.Lower | exp.Neg):
        return _nullable(known, node.this)
    if isinstance(node, exp.Case) and node.args.get("default") is None:
        return True
    if isinstance(node, exp.Nullif):
        return True
    return None


def _numbered_by(known: Known, scope: Scope, node: exp.Expr) -> tuple[str, ...] | None:
    if not isinstance(node, exp.Window) or not isinstance(node.this, exp.RowNumber):
        return None
    return tuple(write(part).lower() for part in node.args.get("partition_by") or [])
