"""What is known of a person at the moment they signed up (funnel.md 21-23)."""

from __future__ import annotations

from oracle.definitions import CLIENTS, MEMBERS, Row
from oracle.rejection import Settled


def entry_client(entry: Row, account: Row | None, settled: Settled) -> tuple[str | None, str]:
    """The client by the landing page, else by the account, else unknown; and by which."""
    page = plain_url(entry.get("page_url"))
    matches = {
        client["id"]
        for client in settled.kept[CLIENTS]
        if page and plain_url(client.get("client_landing_page_url")) == page
    }
    if len(matches) == 1:
        return matches.pop(), "landing_page"
    if account and account.get("client_id"):
        return account["client_id"], "account"
    return None, "unknown"


def plain_url(url: str | None) -> str | None:
    """Host and path, lower case, without scheme, query, fragment and trailing slash."""
    if not url or not url.strip():
        return None
    text = url.strip().lower()
    text = text.split("://", 1)[-1].split("?", 1)[0].split("#", 1)[0]
    return text.rstrip("/") or None


def find_client(client_id: str | None, settled: Settled) -> Row | None:
    """The client's current row."""
    return next((row for row in settled.kept[CLIENTS] if row["id"] == client_id), None)


def find_account(member_id: str, settled: Settled) -> Row | None:
    """The member's current row."""
    return next((row for row in settled.kept[MEMBERS] if row["user_id"] == member_id), None)


def verification_type(client: Row | None) -> str | None:
    """How the client verifies eligibility; blank means it does not."""
    text = (client or {}).get("verification_type")
    return text if text and text.strip() else None
