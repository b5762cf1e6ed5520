"""The tables of clients and members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.clients import Clients
from carepath.sample.event_columns import quoted
from carepath.sample.people import Flags, Numbers, People
from carepath.sample.plan import DAY, SECOND, SamplePlan
from carepath.sample.vocabulary import CITIES
from carepath.sample.writing import Writer

Dirt = dict[str, int]

MEMBER_SHARES = {
    "deleted": 0.006,
    "removed": 0.003,
    "empty_email": 0.015,
    "landed_twice": 0.01,
    "null_user_id": 0.0003,
}
"""`removed`: people with events whose account is missing from the table altogether."""
VERIFIED_LATER_SHARE = 0.05


@dataclass(frozen=True)
class Accounts:
    """What the table of members needs to know of each person."""

    number: Numbers
    client: Numbers
    city: Numbers
    created: Numbers
    is_verified: Flags

    @staticmethod
    def of(random: np.random.Generator, plan: SamplePlan, people: People) -> Accounts:
        """Accounts of `people` as they stand at the end of the span."""
        passed = people.verifies & people.reached[:, 3] & (people.times[:, 3] < plan.ends)
        # Verified by hand later: today's value knows what the sign-up did not.
        later = people.verifies & (random.random(len(people)) < VERIFIED_LATER_SHARE)
        return Accounts(
            people.number, people.account_client, people.city, people.created, passed | later
        )


def write_clients(
    writer: Writer, plan: SamplePlan, random: np.random.Generator, clients: Clients
) -> Dirt:
    """Write the table of clients; a few rows are landed twice, with an older version."""
    count = len(clients)
    twice = random.choice(count, count // 20, replace=False)
    rows = np.concatenate([np.arange(count), twice])
    older = np.arange(rows.size) >= count
    archived = int(np.argmin(clients.weights))
    modified = clients.created + random.integers(0, 50 * DAY, count) // 1000 * 1000
    modified = np.minimum(modified, plan.ends - DAY)
    order = np.argsort(modified[rows] - older, kind="stable")
    columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]] = {
        "n": rows,
        "id": clients.ids[rows],
        "created": clients.created[rows],
        "modified": np.where(older, clients.created[rows], modified[rows]),
        "archived": (rows == archived) & ~older & (count >= 20),
        "older": older,
    }
    writer.write(
        "clients",
        {name: values[order] for name, values in columns.items()},
        f"id, {quoted(clients.names)}[n + 1] as name, make_timestamp(created) as created,"
        " make_timestamp(modified) as modified,"
        f" case when older then 'SMALL' else {quoted(clients.sizes)}[n + 1] end as client_size,"
        f" {quoted(clients.industries)}[n + 1] as client_industry,"
        f" {quoted(clients.landing_urls)}[n + 1] as client_landing_page_url,"
        f" {quoted(clients.verification_types)}[n + 1] as verification_type,"
        " archived as is_archived,"
        " make_timestamp(modified) + to_seconds(case when older then 1 else 90 end)"
        " as _fivetran_synced, false as _fivetran_deleted",
    )
    return {"landed_twice": int(twice.size), "archived": int(columns["archived"].sum())}


def write_members(
    writer: Writer,
    plan: SamplePlan,
    random: np.random.Generator,
    clients: Clients,
    accounts: list[Accounts],
) -> Dirt:
    """Write the table of members with its dirt."""
    number, client, city, created, is_verified = (
        np.concatenate([getattr(part, name) for part in accounts])
        for name in ("number", "client", "city", "created", "is_verified")
    )
    count = number.size
    sizes = {kind: round(count * share) for kind, share in MEMBER_SHARES.items()}
    chosen, order = {}, random.permutation(count)
    for kind, size in sizes.items():
        chosen[kind], order = order[:size], order[size:]

    def flag(kind: str) -> Flags:
        flags = np.zeros(count, dtype=bool)
        flags[chosen[kind]] = True
        return flags

    deleted = flag("deleted")
    loaded = created + random.integers(60, 900, count) * SECOND
    gone = created + random.integers(DAY, 300 * DAY, count) // 1000 * 1000
    loaded = np.minimum(np.where(deleted, np.maximum(gone, loaded), loaded), plan.ends)
    columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]] = {
        "n": number,
        "client": np.where(client >= 0, client + clients.ids[0], -1),
        "city": city,
        "created": created,
        "is_verified": is_verified,
        "is_deleted": deleted,
        "no_email": flag("empty_email"),
        "loaded": loaded,
        "has_id": np.ones(count, dtype=bool),
    }
    older = {name: values[chosen["landed_twice"]] for name, values in columns.items()}
    older["loaded"] = older["created"] + SECOND
    older["is_verified"] = np.zeros(sizes["landed_twice"], dtype=bool)
    nameless = {name: values[chosen["null_user_id"]] for name, values in columns.items()}
    nameless["has_id"] = np.zeros(sizes["null_user_id"], dtype=bool)
    kept = ~flag("removed")
    rows = {
        name: np.concatenate([values[kept], older[name], nameless[name]])
        for name, values in columns.items()
    }
    order = np.argsort(rows["loaded"], kind="stable")
    writer.write(
        "members",
        {name: values[order] for name, values in rows.items()},
        "case when has_id then as_uuid('person', n) end as user_id,"
        " concat(first_name(n), ' ', last_name(n)) as user_name,"
        " case when no_email then '' else email_of(n) end as email,"
        " date '1950-01-01' + cast(n * 7919 % 18000 as integer) as birthdate,"
        f" {quoted(tuple(place[0] for place in CITIES))}[city + 1] as country,"
        " case when client >= 0 then client end as client_id,"
        " is_verified as is_eligibility_verified, make_timestamp(created) as created,"
        " make_timestamp(loaded) as _fivetran_synced, is_deleted as _fivetran_deleted",
    )
    return {**sizes, "without_client": int((client[kept] < 0).sum())}
