"""carepath: the warehouse, the answers and the review of a care-navigation company."""

from __future__ import annotations

TYPE_CHECKING = False  # spares every start the import of typing; type checkers know the name
if TYPE_CHECKING:
    from typing import Any

    from carepath.questions.answer import Answer
    from carepath.questions.asking import ask

__version__ = "0.1.0"
__all__ = ["Answer", "__version__", "ask"]


def __getattr__(name: str) -> Any:
    """Import `ask` and `Answer` on first use, so that `import carepath` stays light."""
    if name == "ask":
        from carepath.questions.asking import ask

        return ask
    if name == "Answer":
        from carepath.questions.answer import Answer

        return Answer
    raise AttributeError(f"module 'carepath' has no attribute {name!r}")
