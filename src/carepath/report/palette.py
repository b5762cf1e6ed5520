"""Colours of the charts: Okabe and Ito's, which people with any colour vision tell apart.

A chart is drawn once, in the colours of the light page; the style sheet replaces each of these by
attribute (``[fill="#0072b2"]``) on a dark one, so these strings are names as much as colours.
"""

from __future__ import annotations

INK = "#1c2127"
MUTED = "#59636e"
GRID = "#e4e7eb"
PAPER = "#fefefe"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# Shapes tell series apart where colours do not: on paper, and for some eyes.
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
FONT = "Helvetica, Arial, sans-serif"
