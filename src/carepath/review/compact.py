"""Frozen dataclasses with slots that pickle by their constructor: the cache reads many of them."""

from __future__ import annotations

from typing import Any


class Compact:
    """Base of the small records that the cache keeps."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)
