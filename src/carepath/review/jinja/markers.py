"""Where rendered text comes from: a second render with invisible line markers."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

import jinja2

OPEN, CLOSE, ZERO = "\ue000", "\ue001", 0xE010
MARKER = re.compile(f"{OPEN}([\ue010-\ue019]+)\ue002([\ue010-\ue019]+){CLOSE}")
FIRST_TEXT = re.compile(r"(?m)^[ \t]*(?=[^\s])")


def marker(file: int, line: int) -> str:
    """Encode a file and a line in characters no SQL contains."""
    return f"{OPEN}{_digits(file)}\ue002{_digits(line)}{CLOSE}"


def _digits(number: int) -> str:
    return "".join(chr(ZERO + int(digit)) for digit in str(number))


def _number(text: str) -> int:
    return int("".join(str(ord(char) - ZERO) for char in text))


def mark(environment: jinja2.Environment, source: str, file: int) -> str:
    """Put a marker before the first text of each line and before each expression."""
    out: list[str] = []
    inside_raw = False
    for line, kind, value in environment.lex(source):
        if kind == "raw_begin":
            inside_raw = True
        elif kind == "raw_end":
            inside_raw = False
        if kind == "data" and not inside_raw:
            first = value.lstrip(" \t")
            lead = value[: len(value) - len(first)]
            parts: list[str] = []
            rest = value
            if first and first[0] != "\n":
                parts.append(lead + marker(file, line))
                rest = first
            position = 0
            for match in re.finditer(r"\n[ \t]*(?=[^\s])", rest):
                current = line + rest.count("\n", 0, match.end())
                parts.append(rest[position : match.end()] + marker(file, current))
                position = match.end()
            parts.append(rest[position:])
            out.append("".join(parts))
        elif kind == "variable_begin":
            out.append(f'{value} "{marker(file, line)}" }}}}{{{{ ')
        else:
            out.append(value)
    return "".join(out)


@dataclass(slots=True)
class PositionMap:
    """Offset in the rendered text -> file and line."""

    starts: list[int]
    places: list[tuple[int, int]]

    def at(self, offset: int) -> tuple[int, int] | None:
        """The file number and the line an offset comes from."""
        index = bisect.bisect_right(self.starts, offset) - 1
        return self.places[index] if index >= 0 else None


def strip(marked: str) -> tuple[str, PositionMap]:
    """Take the markers out; tell what each stretch came from."""
    out: list[str] = []
    starts: list[int] = []
    places: list[tuple[int, int]] = []
    position = size = 0
    for match in MARKER.finditer(marked):
        piece = marked[position : match.start()]
        out.append(piece)
        size += len(piece)
        starts.append(size)
        places.append((_number(match[1]), _number(match[2])))
        position = match.end()
    out.append(marked[position:])
    return "".join(out), PositionMap(starts, places)
