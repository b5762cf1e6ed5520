"""How a report is written out."""

from __future__ import annotations

import importlib
from typing import cast

from carepath.review.review import Review


def render(review: Review, form: str) -> str:
    """Write a review in one of the forms."""
    module = importlib.import_module(f"carepath.review.formats.{form}")
    return cast(str, module.render(review))
