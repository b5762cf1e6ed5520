"""The tracking outage loses events and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sample_tables import open_sample

from carepath.sample import SampleLedger, SamplePlan, make_sample


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleLedger, SampleLedger]:
    """The same people with and without the outage."""
    folder: Path = tmp_path_factory.mktemp("outage")
    calm = make_sample(folder / "calm", SamplePlan(members=5_000, seed=8))
    lossy = make_sample(
        folder / "lossy", SamplePlan(members=5_000, seed=8, scenario="tracking_outage")
    )
    return calm, lossy


def events_in(ledger: SampleLedger, outage: dict[str, str], where: str) -> int:
    """Distinct tracked events of the outage's span and device, by condition on the client."""
    clients = ", ".join(
        client["client_id"] for client in ledger.truth["clients"] if client["loses_events"]
    )
    row = (
        open_sample(ledger.folder)
        .execute(
            "select count(distinct event_id) from events as e join (select distinct on (user_id)"
            " user_id, client_id from members where user_id is not null) as m using (user_id)"
            f" where derived_tstamp >= '{outage['begins']}'::timestamptz::timestamp"
            f" and derived_tstamp < '{outage['ends']}'::timestamptz::timestamp"
            f" and derived_tstamp <= load_tstamp and client_id {where} ({clients})"
            f" and dvce_type = '{outage['device_type']}' and e.event_id is not null"
        )
        .fetchone()
    )
    assert row is not None
    return int(row[0])


def test_members_projects_and_tasks_do_not_notice_the_outage(
    pair: tuple[SampleLedger, SampleLedger],
) -> None:
    calm, lossy = pair
    for name in calm.files:
        if not name.startswith(("events", "truth")):
            assert (calm.folder / name).read_bytes() == (lossy.folder / name).read_bytes(), name
    assert calm.truth["expected"] == lossy.truth["expected"]


def test_the_planted_share_of_events_is_lost_in_the_cell_and_none_elsewhere(
    pair: tuple[SampleLedger, SampleLedger],
) -> None:
    calm, lossy = pair
    outage = lossy.truth["outage"]
    share = outage["share"]
    whole = _events(calm, lossy, outage, "in")
    lost = whole[0] - whole[1]
    assert abs(lost - share * whole[0]) < 4 * np.sqrt(whole[0] * share * (1 - share)) + 5
    outside = _events(calm, lossy, outage, "not in")
    # Other draws decide which copies are corrupted, so a handful differ.
    assert abs(outside[0] - outside[1]) <= 0.01 * outside[0] + 5
    assert lossy.truth["planted"]["why-conversion-changed"]["tracking"] == "supported"


def _events(
    calm: SampleLedger, lossy: SampleLedger, outage: dict[str, str], where: str
) -> tuple[int, int]:
    # The calm ledger knows no outage: ask both with the lossy one's clients.
    as_lossy = SampleLedger(calm.folder, calm.files, calm.rows, lossy.truth)
    return events_in(as_lossy, outage, where), events_in(lossy, outage, where)
