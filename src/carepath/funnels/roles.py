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
_MOMENT = re.compile(
    r"\s*(\d{4}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3\d{2,4})([ T].*)?|\s*\d{10,19}\s*", re.DOTALL
)
_OTHER_SEPARATOR = re.compile(r"[\s:^~]")


def is_moment(name: str) -> bool:
    """Tell whether the name of a column is a time, as where the first row is taken for names."""
    return _MOMENT.fullmatch(name) is not None


def suggest_header(columns: Sequence[str]) -> str:
    """Say what may be wrong with the first line where it names no usual column; empty: nothing."""
    if len(columns) == 1 and _OTHER_SEPARATOR.search(columns[0]):
        return (
            "let the first line name the columns, separated by commas, tabs, semicolons or bars, "
            "as there is one column only; "
        )
    if any(is_moment(name) for name in columns):
        return "put a line with the names of the columns first if there is none; "
    return ""


def suggest_columns(missing: Sequence[str], columns: Iterable[str]) -> str:
    """Write the line of a definition that names columns; dots where no name is a usual one."""
    names = list(reversed(list(columns)))
    known = {_fold(name): name for name in names}
    parts = {_fold(name.rpartition(".")[2]): name for name in names if "." in name}
    named = []
    for role in missing:
        usual = next(
            (there[name] for there in (known, parts) for name in _USUAL[role] if name in there),
            "...",
        )
        is_split = role == "timestamp" and _fold(usual) == "time" and "date" in known
        written = f"[{_quote(known['date'])}, {_quote(usual)}]" if is_split else _quote(usual)
        named.append(f"{role} = {written}")
    return f"columns = {{ {', '.join(named)} }}"


def is_usual(name: str) -> bool:
    """Tell whether a column may be suggested by its name."""
    folded = {_fold(name), _fold(name.rpartition(".")[2])}
    return any(folded & set(names) for names in _USUAL.values())


def _quote(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def join_names(names: Sequence[str]) -> str:
    """Write `one`, `one and another` or `one, another and a third`."""
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


def _fold(name: str) -> str:
    unnumbered = re.sub(r" \(\d+\)$", "", name)
    return re.sub(r"[\W_]", "", unnumbered.lower())
