"""Changes of the product as the team recorded them, beside what people did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from carepath.questions.cohorts import WEEKS
from carepath.questions.panel import Panel
from carepath.questions.question import Context
from carepath.questions.wording import count

if TYPE_CHECKING:
    from carepath.questions.exposures import StepExposure
    from carepath.stats.exposure import Exposure

RELEASES = "product_releases"
# Only the arrival of a step can be dated: a page that goes, or is another, leaves no such trace.
UNDATED_KINDS = frozenset({"page_removed", "page_changed"})


@dataclass(frozen=True)
class Release:
    """One change of the product, as the team recorded it.

    Parameters
    ----------
    name, kind : str
        What the team calls it, and what kind of change it was.
    step : str or None
        The step concerned, in capitals.
    client : str or None
        The client concerned; None means all.
    day : date
        Local date of the release note.
    """

    name: str
    kind: str
    step: str | None
    client: str | None
    day: date


@dataclass(frozen=True)
class ReleaseCheck:
    """A recorded change against the data: ``agrees``, ``differs``, ``not seen`` or ``not dated``.

    Changes before the cohorts compared are ``earlier``, those after them ``too recent``.
    """

    release: Release
    verdict: str
    finding: str


def read_releases(context: Context) -> tuple[Release, ...]:
    """Read the recorded changes, in order of their release."""
    found = context.fetch(
        f"""
        select change_name, kind, step_name, client_id, released_date
        from {RELEASES}
        order by release_number
        """
    )
    return tuple(
        Release(name, kind, step, client, moment.date())
        for name, kind, step, client, moment in zip(
            *(found.values(column) for column in ("change_name", "kind", "step_name")),
            found.values("client_id"),
            found.values("released_date"),
            strict=True,
        )
    )


def check_releases(
    releases: tuple[Release, ...],
    panel: Panel,
    exposures: tuple[StepExposure, ...],
    changed_at: int | None,
) -> tuple[ReleaseCheck, ...]:
    """Compare each recorded change with the arrival of its step; `changed_at` is a cohort."""
    checks = []
    for release in releases:
        verdict, finding = _date(release, panel, exposures)
        parts = [f"released {release.day}", _place(release, panel, changed_at), finding]
        checks.append(ReleaseCheck(release, verdict, "; ".join(part for part in parts if part)))
    return tuple(checks)


def unrecorded(
    releases: tuple[Release, ...], exposures: tuple[StepExposure, ...]
) -> tuple[str, ...]:
    """Name the steps that arrived in the data without any record; none when nothing is recorded."""
    told = {release.step for release in releases}
    arrived = [one.name for one in exposures if one.dated.any()]
    return tuple(name for name in arrived if told and name not in told)


def _date(release: Release, panel: Panel, exposures: tuple[StepExposure, ...]) -> tuple[str, str]:
    if release.day < panel.first:
        return "earlier", "before the people compared"
    if release.day >= panel.monday(panel.weeks):
        return "too recent", "after the people compared"
    if release.step is None:
        return "not dated", "concerns no step, whose arrival would date it"
    if release.kind in UNDATED_KINDS:
        return "not dated", f"only the arrival of a step can be dated, not a {release.kind}"
    exposure = next((one for one in exposures if one.name == release.step), None)
    if exposure is None:
        return "not dated", f"{release.step} is no step between the first and the last"
    among = _among(release, panel, exposure)
    if release.client is not None and not among:
        return "not seen", f"nobody of client {release.client} is among the people compared"
    dated = [client for client in among if client.kind == "dated"]
    if not dated:
        return "not seen", _say_absence(release.step, among)
    begins = panel.monday(min(client.absent_until or 0 for client in dated))
    ends = panel.monday(max(client.present_from or 0 for client in dated) + 1) - timedelta(days=1)
    where = (
        f"at {count(len(dated), 'client')} of {len(among)}"
        if release.client is None
        else f"at client {release.client}"
    )
    agrees = begins <= release.day <= ends
    finding = f"by what people did, {release.step} arrived between {begins} and {ends} {where}"
    return ("agrees" if agrees else "differs"), finding


def _among(release: Release, panel: Panel, exposure: StepExposure) -> list[Exposure]:
    return [
        client
        for group, client in zip(panel.groups, exposure.clients, strict=True)
        if release.client in (None, group)
    ]


def _say_absence(step: str, among: list[Exposure]) -> str:
    """Say why no arrival is seen at the clients concerned."""
    kinds = {client.kind for client in among}
    if kinds == {"always"}:
        return f"people did {step} from the first week on"
    if kinds == {"never"}:
        return f"nobody is seen to do {step}"
    return f"no client is seen to begin with {step}"


def _place(release: Release, panel: Panel, changed_at: int | None) -> str:
    """Say how far the release lies from the cohort with which conversion fell."""
    if changed_at is None:
        return ""
    start = panel.monday(changed_at * WEEKS)
    gap = (release.day - start).days
    if gap == 0:
        return f"on the first day of the cohort of {start}"
    side = "after" if gap > 0 else "before"
    return f"{count(abs(gap), 'day')} {side} the cohort of {start} began"
