"""The change switches the contract of a model off.

What it does
    Compares the contract of each model, in YAML and in its config(), with the one at base: reports
    one that is no longer enforced.

Why it is bad
    A column that is lost or retyped no longer stops the build: those who read the model find out.

For example
    -   contract: {enforced: true}
    +   contract: {enforced: false}

Use instead
    # keep it, or tell the readers of the model
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Model, Snapshot


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the contracts of both sides."""
    for model in change.head.models.values():
        before = change.counterpart(model)
        if before is None or model.kind != "model":
            continue
        files = {model.file.path, model.doc.file if model.doc is not None else ""}
        if not files & change.changed_files and before.config == model.config:
            continue
        if not _is_enforced(change.base, before) or _is_enforced(change.head, model):
            continue
        in_yaml = model.doc is not None and model.doc.file in change.changed_files
        place = (
            Place(model.doc.file, model.doc.line)
            if in_yaml and model.doc is not None
            else Place(model.file.path, 1)
        )
        yield Issue(
            subject=f"{model.name} contract",
            message=f"The contract of {model.name} is no longer enforced.",
            consequence="Columns that are lost or retyped no longer stop the build.",
            fix="Keep the contract, or tell those who read the model.",
            confidence=Confidence.CERTAIN,
            place=place,
            model=model,
            evidence=[Evidence("enforced at base", Place(before.file.path, 1))],
        )


def _is_enforced(snapshot: Snapshot, model: Model) -> bool:
    contract = model.configured(snapshot.analyse(model).variants).get("contract")
    return isinstance(contract, dict) and str(contract.get("enforced", "")).lower() == "true"


RULE = Rule(
    "BRK002",
    "contract-no-longer-enforced",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
