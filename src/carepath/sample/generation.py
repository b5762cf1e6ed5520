"""Making a sample: people chunk by chunk, then their care, then the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from carepath.errors import CarepathError
from carepath.sample.accounts import Accounts, write_clients, write_members
from carepath.sample.browsing import PASSERS_BY, act, passers_by, projects_of
from carepath.sample.care import run_care
from carepath.sample.care_tables import write_care
from carepath.sample.clients import clients_of
from carepath.sample.event_columns import flattened, json_columns, tsv_columns
from carepath.sample.event_rows import deliver, draw_losses
from carepath.sample.expectation import expect
from carepath.sample.people import (
    Numbers,
    People,
    chunks_of,
    draw_legacy,
    draw_people,
    draw_staff,
)
from carepath.sample.plan import SamplePlan
from carepath.sample.rates import Rates, rates_of
from carepath.sample.truth import SampleLedger, rounded, save, tell
from carepath.sample.writing import Writer

Progress = Callable[[str, int, int], None]

STAFF_SHARE, FEWEST_STAFF = 0.0015, 4
LEGACY_SHARE = 0.01
TRUTH_NAME = "truth.json"
_OURS = re.compile(
    r"(clients|members|(historical_)?(project|task)|events-\d+)\.(parquet|csv|jsonl|tsv)"
    r"|truth\.json"
)


def make_sample(
    folder: Path, plan: SamplePlan, progress: Progress = lambda stage, done, total: None
) -> SampleLedger:
    """Make the files of a sample and their ledger.

    Parameters
    ----------
    folder : Path
        Made when absent. Files of an earlier sample in it are replaced.
    plan : SamplePlan
        What to make.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    SampleLedger
        What was written, and the truths planted in it.

    Raises
    ------
    CarepathError
        When the folder cannot be written, or holds other files.
    """
    _prepare(folder)
    clients = clients_of(plan)
    rates = rates_of(plan, clients)
    with Writer(folder, plan) as writer:
        accounts, creators, created, dirt = _write_people(writer, rates, progress)
        progress("care", 0, 1)
        expectation = expect(rates)
        care = run_care(rates, expectation, creators, created)
        progress("tables", 0, 1)
        counts = {
            "events": dirt,
            "clients": write_clients(writer, plan, plan.random("clients table"), clients),
            "members": write_members(writer, plan, plan.random("members table"), clients, accounts),
            **write_care(writer, plan, plan.random("care tables"), care),
        }
    truth = rounded(tell(rates, expectation, care.parameters, counts, writer.rows))
    save(truth, folder / TRUTH_NAME)
    return SampleLedger(folder, (*writer.files, TRUTH_NAME), writer.rows, truth)


def _prepare(folder: Path) -> None:
    """Make the folder, and remove an earlier sample's files (which files depend on its size)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = sorted(folder.iterdir())
    except OSError as error:
        raise CarepathError(
            f"The folder cannot be made: {error.strerror}.",
            where=str(folder),
            fix="name another folder",
        ) from error
    foreign = [path.name for path in found if not _OURS.fullmatch(path.name)]
    if foreign:
        raise CarepathError(
            f"The folder holds other files: {foreign[0]} is in it.",
            where=str(folder),
            fix="name a new folder",
        )
    for path in found:
        path.unlink()


def _write_people(
    writer: Writer, rates: Rates, progress: Progress
) -> tuple[list[Accounts], Numbers, Numbers, dict[str, int]]:
    """Write the events of everybody; return accounts, projects (creator, created) and dirt."""
    plan = rates.plan
    chunks = chunks_of(plan)
    select, file_format = _events_format(rates)
    accounts: list[Accounts] = []
    creators: list[Numbers] = []
    created: list[Numbers] = []
    dirt: dict[str, int] = {}
    for part, size in enumerate([*chunks, 0]):
        progress("events", part, len(chunks) + 1)
        random = plan.random("browsing", part)
        people = draw_people(rates, part, size) if size else _special(rates, part)
        projects = projects_of(random, plan, people)
        others = passers_by(rates, random, part, round(size * PASSERS_BY))
        actions = act(random, plan, people, projects, others)
        losses = draw_losses(plan.random("losses", part), plan, people)
        columns, planted = deliver(
            plan.random("delivery", part), plan, part, people, others, actions, losses
        )
        writer.write("events", columns, select, part=part + 1, file_format=file_format)
        for kind, count in planted.items():
            dirt[kind] = dirt.get(kind, 0) + count
        creators.append(people.number[projects.who])
        created.append(projects.created)
        has_account = np.ones(len(people), dtype=bool)
        if not size:
            # Half of the staff try the intake with an account that is no member's.
            staff = count_staff(plan)
            has_account[: staff // 2] = False
            dirt["staff_people"] = staff
            dirt["legacy_people"] = len(people) - staff
        account = Accounts.of(random, plan, people)
        accounts.append(
            Accounts(
                **{
                    name: getattr(account, name)[has_account]
                    for name in ("number", "client", "city", "created", "is_verified")
                }
            )
        )
    return accounts, np.concatenate(creators), np.concatenate(created), dirt


def count_staff(plan: SamplePlan) -> int:
    """How many of the staff try the intake out."""
    return max(FEWEST_STAFF, round(plan.members * STAFF_SHARE))


def _special(rates: Rates, part: int) -> People:
    """Staff, and members whose account is older than the data."""
    staff = draw_staff(rates, part, count_staff(rates.plan))
    legacy = draw_legacy(rates, part, round(rates.plan.members * LEGACY_SHARE))
    legacy = replace(legacy, number=legacy.number + len(staff))
    return People(
        **{
            name: np.concatenate([getattr(staff, name), getattr(legacy, name)])
            for name in People.__dataclass_fields__
        }
    )


def _events_format(rates: Rates) -> tuple[str, str]:
    """Select list and file format of the events."""
    plan = rates.plan
    if plan.events_format == "tsv":
        return tsv_columns(rates.clients), "tsv"
    if plan.events_format == "json":
        as_text = plan.file_format != "jsonl"
        return json_columns(rates.clients, as_text), plan.file_format
    return flattened(rates.clients), plan.file_format
