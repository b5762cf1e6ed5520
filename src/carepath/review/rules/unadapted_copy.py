"""A line, a branch or a model was copied and not adapted.

What it does
    Reports two computed columns of one SELECT with the same expression, also a simple one where
    the second is named after another column of the source; two branches of a UNION ALL that are
    the same; a branch of 'refunded' with the paid_at of the branch before; a condition written
    twice in one AND; a constant that names the relation of another branch or a sibling model
    ('web' in the branch that reads store_orders); and a model that reads the source table another
    model is named after, although its own is declared.

Why it is bad
    One of the two shows the other's values, or rows come twice.

For example
    sum(case when status = 'shipped' then 1 else 0 end) as shipped_orders,
    sum(case when status = 'shipped' then 1 else 0 end) as returned_orders

Use instead
    sum(case when status = 'returned' then 1 else 0 end) as returned_orders
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.rules.name_contradicts_expression import opposite_of
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope, outermost
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look for copies within a model, and for the wrong source."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _columns(variant, scope)
            yield from _neighbours(context, variant, scope)
            yield from _conditions(variant, scope)
        yield from _branches(variant)
        yield from _labels(variant)
        yield from _branch_constants(variant)
    yield from _model_constants(context)
    yield from _source(context)


def _columns(variant: Variant, scope: Scope) -> Iterator[Issue]:
    seen: dict[exp.Expr, exp.Alias] = {}
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias) or isinstance(item.this, (exp.Column, exp.Literal)):
            continue
        before = seen.setdefault(item.this, item)
        if before is item or not _is_rich(item.this):
            continue
        text = write(item.this).lower()
        if PATTERN.search(text):
            continue
        yield Issue(
            subject=f"{before.alias} {item.alias}",
            message=f"{item.alias} has the same expression as {before.alias}.",
            consequence=f"{item.alias} repeats the values of {before.alias}.",
            fix=f"Adapt the expression of {_less_alike(text, before.alias, item.alias)}.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(text[:160])],
        )


def _neighbours(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`coalesce(x.a, 0) as a, coalesce(x.a, 0) as b` where x has a b, which nothing reads."""
    assert variant.resolution is not None
    first: dict[str, exp.Expr] = {}
    read = Counter((id(u.binding), u.column.name) for u in scope.uses if u.column is not None)
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        columns = list(inner.find_all(exp.Column))
        use = variant.resolution.uses.get(id(columns[0])) if columns else None
        if len(columns) != 1 or use is None or use.column is None or use.binding is None:
            continue
        if read[id(use.binding), use.column.name] < 2:
            continue
        text = write(inner).lower()
        named = item.args["alias"] if isinstance(item, exp.Alias) else columns[0].this
        name = fold_identifier(named, context.dialect)
        if name == use.column.name:
            first.setdefault(text, item)
            continue
        own = use.binding.relation.get(name)
        if own is None or text not in first or _is_rich(inner):
            continue
        if opposite_of(use.column.name, name) is not None:
            # name-contradicts-expression says it.
            continue
        reads = [u for u in scope.uses if u.binding is use.binding and u.column is not None]
        if any(u.column is not None and u.column.name == name for u in reads):
            continue
        yield Issue(
            subject=f"{use.column.name} {name}",
            message=f"{named.name} has the same expression as {use.column.shown}: {text[:80]}.",
            consequence=f"{named.name} repeats the values of {use.column.shown}; the column "
            f"{own.shown} of {use.binding.name} is read nowhere.",
            fix=f"Read {own.shown}.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{use.binding.name} has a column {own.shown} of its own")],
        )


def _is_rich(node: exp.Expr) -> bool:
    """Worth comparing: something with a text or a condition in it, and a column."""
    if not node.find(exp.Column) or not node.find(exp.Case, exp.If, exp.Filter, exp.CountIf):
        return False
    literals = [x for x in node.find_all(exp.Literal) if x.is_string and len(x.name) > 1]
    return bool(literals) or bool(node.find(exp.AggFunc))


def _less_alike(text: str, first: str, second: str) -> str:
    score = [sum(word in text for word in name.lower().split("_")) for name in (first, second)]
    return first if score[0] < score[1] else second


def _conditions(variant: Variant, scope: Scope) -> Iterator[Issue]:
    roots = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    for root in roots:
        seen: set[str] = set()
        for part in conjuncts(root):
            text = write(part).lower()
            if text in seen and part.find(exp.Column) and not PATTERN.search(text):
                yield Issue(
                    subject=text[:120],
                    message=f"The join condition {text[:80]} stands twice.",
                    consequence="A second key was probably meant.",
                    fix="Adapt or remove one of the two.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                )
            seen.add(text)


def _branches(variant: Variant) -> Iterator[Issue]:
    assert variant.resolution is not None
    ctes = _texts_of_ctes(variant) if variant.resolution.unions else {}
    for check_ in variant.resolution.unions:
        node = check_.node
        if not isinstance(node, exp.Union) or isinstance(node.parent, exp.Union):
            continue
        seen: dict[str, str] = {}
        stack: list[exp.Expr] = [node]
        branches: list[exp.Expr] = []
        while stack:
            current = stack.pop()
            if isinstance(current, exp.Union):
                stack += [current.right, current.left]
            else:
                branches.append(current)
        for branch in branches:
            written = write(branch).lower()
            text = _through_ctes(branch, ctes)
            if text in seen and not PATTERN.search(text):
                again = "" if seen[text] == written else ": they read CTEs that are the same"
                yield Issue(
                    subject="branches",
                    message=f"Two branches of the UNION are the same{again}.",
                    consequence="Every row of it comes twice, and another branch is missing."
                    if not node.args.get("distinct")
                    else "Another branch is missing.",
                    fix="Adapt the second branch.",
                    confidence=Confidence.LIKELY,
                    severity=Severity.ERROR
                    if not node.args.get("distinct") and branch.find(exp.Table)
                    else None,
                    offset=start_of(branch) or 0,
                    variant=variant,
                    path=check_.path,
                )
            seen.setdefault(text, written)


def _texts_of_ctes(variant: Variant) -> dict[str, str]:
    """The text of each CTE by name, with the CTEs it reads written in their places."""
    found: dict[str, str] = {}
    tree = variant.parsed.tree
    clause = tree.args.get("with_") if tree is not None else None
    if clause is None or clause.args.get("recursive"):
        return found
    for cte in clause.expressions:
        found[cte.alias.lower()] = _through_ctes(cte.this, found)
    return found


def _through_ctes(query: exp.Expr, ctes: dict[str, str]) -> str:
    """The text of a query that reads one CTE, with the text of the CTE for its name."""
    text = write(query).lower()
    tables = list(query.find_all(exp.Table))
    if len(tables) != 1 or tables[0].name.lower() not in ctes or tables[0].args.get("db"):
        return text
    names = {tables[0].name.lower(), tables[0].alias_or_name.lower()}
    copy = query.copy()
    for node in copy.find_all(exp.Table, exp.Column):
        part = node.this if isinstance(node, exp.Table) else node.args.get("table")
        if isinstance(part, exp.Identifier) and part.name.lower() in names:
            part.set("this", "@")
            if isinstance(node, exp.Table):
                node.set("alias", None)
    text = write(copy).lower()
    return f"{text} of ({ctes[tables[0].name.lower()]})"


def _branch_constants(variant: Variant) -> Iterator[Issue]:
    """A constant of a UNION branch that names what another branch reads."""
    assert variant.resolution is not None
    by_node = {id(scope.node): scope for scope in variant.resolution.scopes}
    for check_ in variant.resolution.unions:
        sides = [by_node.get(id(s.unnest())) for s in (check_.node.left, check_.node.right)]
        left = check_.node.left
        if sides[0] is None and isinstance(left, exp.Union):
            sides[0] = by_node.get(id(left.right))
        if sides[0] is None or sides[1] is None:
            continue
        first, second = sides[0], sides[1]
        yield from _third_branch(variant, check_.node, by_node)
        names = [_words_read(first), _words_read(second)]
        for one, other in zip(first.node.expressions, second.node.expressions, strict=False):
            texts = [x.this if isinstance(x, exp.Alias) else x for x in (one, other)]
            if not all(isinstance(x, exp.Literal) and x.is_string for x in texts):
                continue
            word = texts[0].name.lower()
            if texts[1].name.lower() != word:
                continue
            for scope, literal, mine, its in (
                (second, texts[1], names[1], names[0]),
                (first, texts[0], names[0], names[1]),
            ):
                meant = _replaced(its, mine, word)
                if meant:
                    yield Issue(
                        subject=f"{one.alias_or_name} {word}",
                        message=f"'{literal.name}' names the other branch: this one reads "
                        f"{'_'.join(mine)}.",
                        consequence="Its rows are told as those of the other branch.",
                        fix=f"Use '{meant}', or another word for these rows.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(literal) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"the other branch reads {'_'.join(its)}")],
                    )


def _labels(variant: Variant) -> Iterator[Issue]:
    """`'refunded' as event, paid_at as at` beside `'placed', placed_at` and `'paid', paid_at`."""
    assert variant.resolution is not None
    by_node = {id(scope.node): scope for scope in variant.resolution.scopes}
    for check_ in variant.resolution.unions:
        if isinstance(check_.node.parent, exp.SetOperation):
            continue
        branches = _all_branches(check_.node, by_node)
        if len(branches) < 3:
            continue
        width = min(len(scope.node.expressions) for scope in branches)
        rows = [[e.unalias() for e in scope.node.expressions[:width]] for scope in branches]
        for at in range(width):
            texts = [row[at] for row in rows]
            if not all(isinstance(t, exp.Literal) and t.is_string for t in texts):
                continue
            words = [t.name.lower() for t in texts]
            for other in range(width):
                yield from _label(variant, branches, words, [row[other] for row in rows])


def _label(
    variant: Variant, branches: list[Scope], words: list[str], cells: list[exp.Expr]
) -> Iterator[Issue]:
    if not all(isinstance(cell, exp.Column) for cell in cells) or len(set(words)) != len(words):
        return
    names = [cell.name.lower() for cell in cells]
    ends = {n[len(w) :] for n, w in zip(names, words, strict=True) if n.startswith(f"{w}_")}
    wrong = [i for i, (n, w) in enumerate(zip(names, words, strict=True)) if not n.startswith(w)]
    if len(ends) != 1 or len(wrong) != 1 or len(words) - len(wrong) < 2:
        return
    place, meant = wrong[0], words[wrong[0]] + min(ends)
    scope = branches[place]
    of_other = names[place] in (w + min(ends) for w in words)
    if not of_other or not any(meant in b.relation.index for b in scope.bindings.values()):
        return
    yield Issue(
        subject=f"{words[place]} {names[place]}",
        message=f"The branch of '{words[place]}' puts out {names[place]}, as another branch does; "
        f"there is {meant}.",
        consequence=f"The rows of {words[place]} have the values of another branch.",
        fix=f"Use {meant}.",
        confidence=Confidence.LIKELY,
        offset=start_of(cells[place]) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"the branches put out {', '.join(names)}"[:160])],
    )


def _all_branches(node: exp.Expr, by_node: dict[int, Scope]) -> list[Scope]:
    """The branches of nested set operations in order; none where one is not a plain SELECT."""
    found: list[Scope | None] = []
    while isinstance(node, exp.SetOperation):
        found.append(by_node.get(id(node.right.unnest())))
        node = node.left
    found.append(by_node.get(id(node.unnest())))
    branches = [scope for scope in reversed(found) if scope is not None]
    return branches if len(branches) == len(found) else []


def _third_branch(
    variant: Variant, node: exp.SetOperation, by_node: dict[int, Scope]
) -> Iterator[Issue]:
    """A constant that two branches share, and the name of one of them, as another branch's is."""
    if isinstance(node.parent, exp.SetOperation):
        return
    branches = _all_branches(node, by_node)
    if len(branches) < 3:
        return
    read = [_words_read(scope) for scope in branches]
    for position in range(min(len(scope.node.expressions) for scope in branches)):
        values = [scope.node.expressions[position].unalias() for scope in branches]
        if not all(isinstance(v, exp.Literal) and v.is_string for v in values):
            continue
        words = [value.name.lower() for value in values]
        own = [word in names for word, names in zip(words, read, strict=True)]
        for place, word in enumerate(words):
            twins = [i for i, other in enumerate(words) if other == word and i != place]
            if own[place] or own.count(False) != 1 or not twins or word in ("", "all"):
                continue
            twin = twins[0]
            at = read[twin].index(word)
            if at >= len(read[place]) or len(set(words)) != len(words) - 1:
                continue
            if abs(place - twin) == 1 and _replaced(read[twin], read[place], word):
                # Told of the two branches.
                continue
            yield Issue(
                subject=f"{position} {word}",
                message=f"'{values[place].name}' names another branch: this one reads "
                f"{'_'.join(read[place])}.",
                consequence="Its rows are told as those of the other branch.",
                fix=f"Use '{read[place][at]}', or another word for these rows.",
                confidence=Confidence.LIKELY,
                offset=start_of(values[place]) or 0,
                variant=variant,
                path=branches[place].path,
                evidence=[Evidence(f"another branch reads {'_'.join(read[twin])}")],
            )


def _words_read(scope: Scope) -> list[str]:
    """The words in the name of the one relation a SELECT reads."""
    if len(scope.bindings) != 1:
        return []
    binding = next(iter(scope.bindings.values()))
    if binding.is_cte:
        return binding.node.name.lower().split("_")
    kind, _, rest = binding.relation.id.partition(":")
    return rest.rsplit(".", 1)[-1].lower().split("_") if kind in ("model", "source") else []


def _replaced(its: list[str], mine: list[str], word: str) -> str:
    """The word of one name in place of `word` of the other, where they differ in it alone."""
    if len(its) != len(mine):
        return ""
    different = [pair for pair in zip(its, mine, strict=True) if pair[0] != pair[1]]
    return different[0][1] if len(different) == 1 and different[0][0] == word else ""


def _model_constants(context: Context) -> Iterator[Issue]:
    """A constant column that names a sibling, which has the same constant."""
    words = context.model.name.lower().split("_")
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in outermost(variant.resolution.scopes):
            for item in scope.node.expressions:
                literal = item.this if isinstance(item, exp.Alias) else None
                if not isinstance(literal, exp.Literal) or not literal.is_string:
                    continue
                word = literal.name.lower()
                for place in range(len(words)):
                    name = "_".join([*words[:place], word, *words[place + 1 :]])
                    sibling = context.space.models.get(name)
                    if sibling is None or sibling.id == context.model.id:
                        continue
                    relation = context.snapshot.facts(sibling).relation
                    column = relation.get(fold_identifier(item.args["alias"], context.dialect))
                    domain = column.domain if column is not None else None
                    if domain is None or domain.values != {literal.name}:
                        continue
                    yield Issue(
                        subject=f"{item.alias} {word}",
                        message=f"'{literal.name}' as {item.alias} is what {name} says of its "
                        f"rows; this is {context.model.name}.",
                        consequence=f"These rows are told as those of {name}.",
                        fix=f"Use '{words[place]}', or another word for these rows.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(literal) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"{name} has the same constant in {item.alias}")],
                    )


def _source(context: Context) -> Iterator[Issue]:
    """A model over one source table that is named after another one."""
    calls = {c for v in context.analysis.variants for c in v.rendered.calls}
    sources = [c for c in calls if c.kind == "source"]
    if len(sources) != 1 or any(c.kind == "ref" for c in calls):
        return
    mine = sources[0]
    name = context.model.name.lower()
    tables = [t for s, t in context.space.docs.sources if s == mine.package]
    if mine.name.lower() in name or len(tables) < 2:
        return
    meant = [
        t for t in tables if len(t) > 3 and (name == t.lower() or name.endswith("_" + t.lower()))
    ]
    if not meant:
        return
    readers = [
        model.name
        for model in context.space.models.values()
        if model.id != context.model.id
        and any(c == mine for c in context.snapshot.calls(model))
        and mine.name.lower() in model.name.lower()
    ]
    if not readers:
        return
    yield Issue(
        subject=f"{mine.package}.{mine.name}",
        message=f"{context.model.name} reads {mine.package}.{mine.name}, as {readers[0]} does; "
        f"{mine.package}.{meant[0]} exists too.",
        consequence=f"It shows the rows of {readers[0]}.",
        fix=f"Read source('{mine.package}', '{meant[0]}').",
        confidence=Confidence.LIKELY,
        word=mine.name,
        evidence=[Evidence(f"{meant[0]} is declared under source {mine.package}")],
    )


RULE = Rule("CLONE001", "unadapted-copy", Severity.WARNING, __doc__ or "", check)
