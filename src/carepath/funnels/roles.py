"""Which columns of a file are most likely the person, the event and the time: to suggest only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

REQUIRED = ("person", "event", "timestamp")
ROLES = (*REQUIRED, "event_id")
MEANINGS = {"person": "who did it", "event": "what was done", "timestamp": "when"}
# As trackers, shops and process mining call them; the better ones first.
_USUAL = {
    "person": (
        *("person", "personid", "userpseudoid", "userid", "memberid", "customerid", "distinctid"),
        *("visitorid", "idvisitor", "caseid", "caseconceptname", "anonymousid", "clientid"),
        *("accountid", "contactid", "subjectid", "domainuserid", "postvisidhigh", "uid", "user"),
        *("customer", "member", "case", "sessionid", "email"),
    ),
    "event": (
        *("event", "eventname", "eventtype", "eventaction", "action", "activity", "conceptname"),
        *("activityname", "seaction", "verb", "type", "name"),
    ),
    "timestamp": (
        *("timestamp", "eventtime", "eventtimestamp", "timetimestamp", "derivedtstamp"),
        *("occurredat", "originaltimestamp", "completetimestamp", "servertimestamp", "createdat"),
        *("created", "collectortstamp", "hittimegmt", "timelocal", "datetime", "time", "ts"),
        *("eventdate", "date", "when"),
    ),
}


def suggest_columns(missing: Sequence[str], columns: Iterable[str]) -> str:
    """Write the line of a definition that names columns; dots where no name is a usual one."""
    names = list(reversed(list(columns)))
    known = {_fold(name.rpartition(".")[2]): name for name in names}
    known |= {_fold(name): name for name in names}
    named = []
    for role in missing:
        usual = next((known[name] for name in _USUAL[role] if name in known), "...")
        escaped = usual.replace("\\", "\\\\").replace('"', '\\"')
        named.append(f'{role} = "{escaped}"')
    return f"columns = {{ {', '.join(named)} }}"


def join_names(names: Sequence[str]) -> str:
    """Write `one`, `one and another` or `one, another and a third`."""
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


def _fold(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
