"""The readings of a text: as it is, and with what it is wrapped in undone until nothing is left.

What is undone: escapes of JSON and CSV, percent-encoding, entities of HTML, and base64. Each may
stand in each other.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from html.entities import html5

MOST_LEVELS = 16
"""Encodings within encodings that are undone; more only an attack has, and it would cost time."""

ENCODED = r"%(?:25)*(?:u[0-9a-f]{4}|[0-9a-f]{2})|\\+(?:u[0-9a-f]{4}|x[0-9a-f]{2})"
"""A character encoded in an URL or escaped, in lower case."""

_ESCAPE = re.compile(
    r'\\u(?P<code>[0-9A-Fa-f]{4})|\\x(?P<byte>[0-9A-Fa-f]{2})|\\(?P<escaped>.)|""', re.DOTALL
)
_ESCAPED = {
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
# A percent sign that was itself encoded any number of times, and the bytes after it.
_PERCENTS = re.compile(r"(?:%(?:25)*[0-9A-Fa-f]{2})+")
_PERCENT = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})")
# As old JavaScript writes it.
_PERCENT_U = re.compile(r"%(?:25)*u([0-9A-Fa-f]{4})")
# One value of a form or of a URL's query.
_VALUE = re.compile(r"""[^\s&=?#;"'<>]+""")
# An ampersand that was itself written as an entity any number of times, and what follows.
_ENTITY = re.compile(
    r"&(?:amp;)*(?:#(?P<number>[0-9]{1,8});?|#[xX](?P<code>[0-9A-Fa-f]{1,8});?"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]{1,31};))"
)
# Standard and for URLs, whether its end is filled up or not; six bytes or more.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_SHORTEST_BASE64 = 8
_FOR_URLS = str.maketrans("-_", "+/")
# What is in no text of Latin-1, which is what browsers encode.
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LAST_CHARACTER = 0x10FFFF


def read_forms(text: str) -> list[str]:
    """Read a text as it is, then with escapes and encodings undone, level by level.

    In a value that is encoded with percent signs a plus sign is a space, as forms write it; it is
    also read as itself, as those write it who put a URL together by hand.
    """
    forms: dict[str, None] = {}
    values: set[str] = set()
    level = text
    # Every level of base64 is a quarter shorter than the one around it.
    while level:
        found: dict[str, None] = {}
        for form in _read_wrapped(level):
            if form not in forms:
                forms[form] = None
                found |= dict.fromkeys(_list_values(form))
        read = [_undo_base64(value) for value in found if value not in values]
        values |= found.keys()
        # No name goes over from one value to the next.
        level = "\0".join(filter(None, read))
    return list(forms)


def read_escapes(text: str) -> list[str]:
    r"""Read a text as it is, then with escapes undone, level by level.

    Escapes are those of JSON, doubled quotation marks of CSV, and the \xNN of landing for bytes
    that are not UTF-8 (read as Latin-1). JSON may stand in a cell of CSV, or in JSON.
    """
    read = [text]
    while (plain := _undo_escapes(read[-1])) != read[-1] and len(read) <= MOST_LEVELS:
        read.append(plain)
    return read


def undo_entities(text: str) -> str:
    """Read a text of HTML: `&#64;`, `&#x40;`, `&commat;`, and `&amp;#64;` stand for one sign."""
    for _ in range(MOST_LEVELS):
        if "&" not in text or (plain := _ENTITY.sub(_undo_entity, text)) == text:
            break
        text = plain
    return text


def _read_wrapped(text: str) -> list[str]:
    forms = dict.fromkeys(read_escapes(text))
    if "%" in text or "\\" in text or "&" in text:
        for is_form in (False, True) if "+" in text else (False,):
            last = text
            for _ in range(MOST_LEVELS):
                plain = _undo_escapes(last)
                decoded = undo_entities(_undo_percents(plain, is_form=is_form))
                if decoded == last:
                    break
                forms |= {plain: None, decoded: None}
                last = decoded
    return list(forms)


def _undo_escapes(text: str) -> str:
    if "\\" not in text and '""' not in text:
        return text
    return _join_halves(_ESCAPE.sub(_undo_escape, text))


def _join_halves(text: str) -> str:
    """Make one character of two halves of it; half of one alone is no text."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _undo_escape(found: re.Match[str]) -> str:
    code, escaped = found["code"] or found["byte"], found["escaped"]
    if code:
        return chr(int(code, 16))
    return _ESCAPED.get(escaped, found[0]) if escaped else '"'


def _undo_percents(text: str, *, is_form: bool) -> str:
    if "%" not in text:
        return text
    if is_form:
        text = _VALUE.sub(_read_plus, text)
    text = _PERCENTS.sub(_undo_percent, text)
    if "%" in text and _PERCENT_U.search(text):
        text = _join_halves(_PERCENT_U.sub(lambda found: chr(int(found[1], 16)), text))
    return text


def _read_plus(found: re.Match[str]) -> str:
    value = found[0]
    return value.replace("+", " ") if "+" in value and _PERCENT.search(value) else value


def _undo_percent(found: re.Match[str]) -> str:
    data = bytes(int(code, 16) for code in _PERCENT.findall(found[0]))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _undo_entity(found: re.Match[str]) -> str:
    if name := found["name"]:
        return html5.get(name, found[0])
    code = int(found["number"]) if found["number"] else int(found["code"], 16)
    is_text = 0 < code <= _LAST_CHARACTER and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_text else "\N{REPLACEMENT CHARACTER}"


def _list_values(text: str) -> list[str]:
    """List what may be base64 in a text."""
    values = _BASE64.findall(text)
    # A slash is a sign of base64, and what parts of a path are separated by.
    parts = [part for value in values if "/" in value for part in value.split("/")]
    return values + [part for part in parts if len(part) >= _SHORTEST_BASE64]


def _undo_base64(value: str) -> str:
    """Give the text that a value stands for; nothing where it stands for none."""
    if len(value) % 4 == 1:
        return ""
    if "-" in value or "_" in value:
        value = value.translate(_FOR_URLS)
    data = a2b_base64(value + "=" * (-len(value) % 4))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "" if _CONTROLS.search(data) else data.decode("latin-1")
