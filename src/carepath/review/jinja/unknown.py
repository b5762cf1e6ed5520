"""A value the review cannot know: it goes through any template without an exception."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

MARK = "cp_unk_"
SANDBOX_FLAGS = ("unsafe_callable", "alters_data", "jinja_pass_arg")
PATTERN = re.compile(r"cp_unk_\d+_x", re.IGNORECASE)
QUOTED = re.compile(r"""(?s)--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


def changes_the_syntax(text: str, names: Iterable[str]) -> bool:
    """False where all that is unknown stands within quotes: whatever it is, the SQL is the same."""
    bare = QUOTED.sub("''", text)
    return bool(PATTERN.search(bare)) or any(name not in text for name in names)


class Unknown:
    """Stands for what an unknown macro, variable or query would give.

    `note` gives it its placeholder; `guess` is told when a template branches or loops on it.
    """

    __slots__ = ("_guess", "_note", "_origin", "_text")

    def __init__(
        self, origin: str, note: Callable[[str], str], guess: Callable[[], None] = lambda: None
    ) -> None:
        self._origin = origin
        self._note = note
        self._guess = guess
        self._text: str | None = None

    def __str__(self) -> str:
        if self._text is None:
            self._text = self._note(self._origin)
        return self._text

    __repr__ = __str__

    def __html__(self) -> str:
        return str(self)

    def _next(self, *_: Any, **__: Any) -> Unknown:
        return Unknown(self._origin, self._note, self._guess)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in SANDBOX_FLAGS:
            raise AttributeError(name)
        return self._next()

    __call__ = __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = _next
    __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __rmod__ = _next
    __neg__ = __pow__ = _next

    def __iter__(self) -> Iterator[Unknown]:
        self._guess()
        yield self._next()

    def __len__(self) -> int:
        self._guess()
        return 1

    def __bool__(self) -> bool:
        self._guess()
        return True

    def __contains__(self, item: object) -> bool:
        self._guess()
        return False

    def __eq__(self, other: object) -> bool:
        self._guess()
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: object) -> bool:
        self._guess()
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0
