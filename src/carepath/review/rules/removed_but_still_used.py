"""The change removes or renames something that is still read.

What it does
    Reports the models, columns, seeds and macros that exist at base and not at head, where a
    model, a test, an exposure or a macro still names them. One removal is one finding; the other
    readers are listed with it. A rename is guessed from the expression behind the column.

Why it is bad
    The readers were not part of the pull request, so nobody looked at them. They do not build.

For example
    -- stg_orders: amount renamed to total; fct_revenue still sums amount

Use instead
    -- rename it in fct_revenue too, or keep amount until its readers have moved
"""

from __future__ import annotations

from carepath.review.findings import Severity
from carepath.review.rule import Rule

# The findings are made by grouping.regroup from those of the rules that see each reader.
RULE = Rule("REF004", "removed-but-still-used", Severity.ERROR, __doc__ or "")
