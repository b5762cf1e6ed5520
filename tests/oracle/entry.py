"""What is known of a person at the moment they signed up (funnel.md 21-23)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from oracle.dedup import dated_at
from oracle.definitions import CLIENTS, EVENTS, MEMBERS, Row
from oracle.rejection import Settled

Page = tuple[str | None, str]


@dataclass
class Evidence:
    """Everything that can tell where people came from, collected once."""

    clients: dict[str, Row]
    accounts: dict[str, Row]
    people_of_visitor: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    events_of_session: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    landings: list[tuple[Row, str]] = field(default_factory=list)


def gather_evidence(settled: Settled) -> Evidence:
    """Index clients, accounts, visitors, sessions and views of landing pages."""
    evidence = Evidence(
        {row["id"]: row for row in settled.kept[CLIENTS]},
        {row["user_id"]: row for row in settled.kept[MEMBERS]},
    )
    owners = landing_pages(settled.kept[CLIENTS])
    for row in settled.kept[EVENTS]:
        if row.get("domain_userid") and row.get("user_id"):
            evidence.people_of_visitor[row["domain_userid"]].add(row["user_id"])
        if row.get("domain_sessionid"):
            evidence.events_of_session[row["domain_sessionid"]].append(row)
        page = page_of(row)
        if page is not None:
            client_id = owners.get(page) or owners.get((None, page[1]))
            if client_id:
                evidence.landings.append((row, client_id))
    return evidence


def landing_pages(clients: list[Row]) -> dict[Page, str]:
    """The one client of each landing page; a page of two clients tells nothing."""
    owners: dict[Page, list[str]] = defaultdict(list)
    for client in clients:
        page = parse_page(client.get("client_landing_page_url"))
        if page is not None and page != (None, "/"):
            owners[page].append(client["id"])
    return {page: ids[0] for page, ids in owners.items() if len(ids) == 1}


def page_of(row: Row) -> Page | None:
    """The page of an event, by its parsed columns, else by its URL."""
    page = parse_page(row.get("page_url"))
    if row.get("page_urlpath"):
        page = (page[0] if page else None, row["page_urlpath"].rstrip("/") or "/")
    if row.get("page_urlhost") and page:
        page = (row["page_urlhost"].lower().removeprefix("www."), page[1])
    return page


def parse_page(url: str | None) -> Page | None:
    """Host (lower case, no www) and path (no query, no fragment, no trailing slash)."""
    if not url or not url.strip():
        return None
    text = url.strip()
    parts = urlsplit(text if "://" in text or text.startswith("/") else f"//{text}")
    return (parts.hostname or "").removeprefix("www.") or None, parts.path.rstrip("/") or "/"


def entry_client(
    member_id: str, entry: Row, tie: timedelta, evidence: Evidence
) -> tuple[str | None, str]:
    """The client by the last landing page seen by entry, else by the account; and by which."""
    entered_at = dated_at(EVENTS, entry)
    assert entered_at is not None
    seen = []
    for row, client_id in evidence.landings:
        viewed_at = dated_at(EVENTS, row)
        assert viewed_at is not None
        if viewed_at <= entered_at + tie and is_view_of(row, member_id, entry, evidence):
            seen.append((viewed_at, row["event_id"], client_id))
    if seen:
        return max(seen)[2], "landing_page"
    account = evidence.accounts.get(member_id, {})
    if account.get("client_id"):
        return account["client_id"], "account"
    return None, "unknown"


def is_view_of(row: Row, member_id: str, entry: Row, evidence: Evidence) -> bool:
    """Whether the person saw it: named, or anonymous in their browser or in their session."""
    if row.get("user_id"):
        return bool(row["user_id"] == member_id)
    if evidence.people_of_visitor.get(row.get("domain_userid") or "") == {member_id}:
        return True
    session = entry.get("domain_sessionid")
    return session is not None and row.get("domain_sessionid") == session


def entry_referrer(entry: Row, evidence: Evidence) -> str:
    """Where the session of the sign-up came from: its first referrer that is not its own page."""
    entered_at = dated_at(EVENTS, entry)
    assert entered_at is not None
    found = []
    for row in evidence.events_of_session.get(entry.get("domain_sessionid") or "", []):
        at = dated_at(EVENTS, row)
        assert at is not None
        referrer = (row.get("refr_urlhost") or "").lower().removeprefix("www.") or None
        page = page_of(row)
        if at <= entered_at and referrer != (page[0] if page else None):
            found.append((at, row["event_id"], referrer or "direct"))
    return min(found)[2] if found else "unknown"


def verification_type(client: Row | None) -> str | None:
    """How the client verifies eligibility; blank means it does not."""
    text = ((client or {}).get("verification_type") or "").strip()
    return text or None
