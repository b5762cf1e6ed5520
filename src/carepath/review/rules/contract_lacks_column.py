"""A model puts out a column that its enforced contract lacks.

What it does
    Compares the output columns of a model whose contract is enforced with the columns its YAML
    lists.

Why it is bad
    dbt stops: contract and model must have the same columns.

For example
    select order_id, amount, discount      -- the contract lists order_id and amount

Use instead
    - name: discount
      data_type: numeric
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import loose


def check(context: Context) -> Iterator[Issue]:
    """Compare both lists of columns."""
    doc, relation = context.model.doc, context.analysis.relation
    if doc is None or context.model.kind != "model" or not relation.is_closed or doc.versions:
        return
    contract = context.config.get("contract")
    if not isinstance(contract, dict) or contract.get("enforced") is not True or not doc.columns:
        return
    listed = {column.name.strip('"`').lower() for column in doc.columns}
    missing = [c.shown for c in relation.columns if loose(c.name).lower() not in listed]
    if not missing:
        return
    yield Issue(
        subject=", ".join(missing).lower()[:120],
        message=f"{context.model.name} puts out {listing(missing, 6)}, which its contract lacks.",
        consequence="dbt stops: the contract is enforced.",
        fix=f"List {listing(missing, 6)} in the YAML with the data type, or do not put it out.",
        confidence=Confidence.CERTAIN,
        place=Place(doc.file, doc.line),
        evidence=[Evidence(f"the contract lists {listing(sorted(listed), 14)}")],
    )


RULE = Rule("CFG007", "contract-lacks-column", Severity.ERROR, __doc__ or "", check)
