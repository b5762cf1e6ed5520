"""Names of columns that say when a version of a thing holds."""

from __future__ import annotations

import re

OF = r"(_(at|on|date|ts|time))?$"
BEGIN = re.compile(r"^_*(\w+_)?(valid|effective)_(from|since|start)" + OF)
END = re.compile(r"^_*(\w+_)?(valid|effective)_(to|until|thru|through|end)" + OF)
