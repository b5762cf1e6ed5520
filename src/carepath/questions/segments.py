"""The groups an answer can be split by; attributes of people are those at entry."""

from __future__ import annotations

from carepath.questions.question import Segment


def _of(column: str) -> str:
    return f"coalesce({column}, 'unknown')"


PEOPLE: tuple[Segment, ...] = (
    Segment(
        "client",
        "coalesce(entry_client_name || ' (' || entry_client_id || ')', entry_client_id, 'unknown')",
        "client at entry: from the landing page, else the account",
    ),
    Segment("client-size", _of("entry_client_size"), "size of the client (today's value)"),
    Segment(
        "client-industry", _of("entry_client_industry"), "industry of the client (today's value)"
    ),
    Segment(
        "verification",
        "case when entry_client_id is null then 'unknown' "
        "else coalesce(entry_verification_type, 'none') end",
        "how the client verifies eligibility (today's value)",
    ),
    Segment("client-source", _of("entry_client_source"), "where the client at entry is known from"),
    Segment("device", _of("entry_device_type"), "device at entry"),
    Segment("country", _of("entry_country"), "country at entry"),
    Segment("referrer", _of("entry_referrer"), "where the person came from at entry"),
)
TASK_TYPE = Segment("task-type", _of("task_type"), "general, internal or member task")
PROJECT_TYPE = Segment("project-type", _of("project_type"), "type of the project")
STARTED_FROM = Segment(
    "started-from", _of("started_at_source"), "what told when the project started"
)
START_QUARTER = Segment(
    "start-quarter",
    "cast(year(first_active_at) as varchar) || '-Q' || cast(quarter(first_active_at) as varchar)",
    "quarter of the first work (UTC): whether times change",
)
