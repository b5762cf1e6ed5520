"""Lets tests import the oracle and the harness, however pytest was started."""

import sys
from pathlib import Path

FOLDER = str(Path(__file__).parents[1])
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)
