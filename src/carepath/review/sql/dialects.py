"""Which warehouse a project is written for, from its configuration or its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

SUPPORTED = (
    "snowflake",
    "duckdb",
    "bigquery",
    "redshift",
    "postgres",
    "databricks",
    "spark",
    "trino",
    "athena",
    "clickhouse",
    "tsql",
)
ADAPTERS = {"sqlserver": "tsql", "mssql": "tsql", "fabric": "tsql", "synapse": "tsql"}
SIGNS: tuple[tuple[str, str, int], ...] = (
    ("bigquery", r"`[\w{-]", 2),
    ("bigquery", r"\bsafe_cast\s*\(", 3),
    ("bigquery", r"\bsafe_divide\s*\(", 2),
    ("bigquery", r"\b(int64|float64)\b", 4),
    (
        "bigquery",
        r"\b(timestamp_trunc|datetime_diff|timestamp_diff|parse_timestamp|format_date)\s*\(",
        4,
    ),
    ("bigquery", r"\bdate_trunc\(\s*[\w.]+\s*,\s*(day|week|month|quarter|year)", 4),
    ("bigquery", r"\bstruct\s*\(", 2),
    ("bigquery", r"\bstruct\s*<[^()]*>\s*\(", 4),
    ("bigquery", r"\b(safe_offset|parse_date|generate_uuid|countif)\s*\(", 3),
    ("bigquery", r"\bin\s*\(\s*\"[^\"{}]*\"\s*[,)]", 3),
    ("bigquery", r"\bdate_(diff|add|sub)\([^()]*,\s*(interval|day|month)", 2),
    ("bigquery", r"\*\s*except\s*\(", 1),
    ("snowflake", r"\biff\s*\(", 3),
    ("snowflake", r"\bflatten\s*\(", 3),
    ("snowflake", r":\w+::\w+", 4),
    (
        "snowflake",
        r"\b(object_construct|parse_json|try_to_\w+|to_varchar|zeroifnull|div0|convert_timezone)"
        r"\s*\(",
        3,
    ),
    ("snowflake", r"::\s*(timestamp_ntz|timestamp_tz|timestamp_ltz|variant|number)\b", 5),
    ("snowflake", r"\bqualify\b", 1),
    ("snowflake", r"\bdateadd\s*\(", 1),
    ("snowflake", r"\bdate(add|diff)\s*\(\s*'", 1),
    ("snowflake", r"\bcount_if\s*\(", 1),
    ("redshift", r"\b(getdate|json_extract_path_text|nvl2)\s*\(", 2),
    ("redshift", r"\b(distkey|sortkey)\b|\b(dist|sort)\s*=\s*['\[]", 5),
    ("redshift", r"::\s*super\b", 5),
    ("postgres", r"::\s*(jsonb|timestamptz|text\[\]|uuid)\b", 3),
    ("postgres", r"->>", 2),
    ("postgres", r"\binterval\s+'\d+\s+\w+'", 1),
    ("postgres", r"\bto_char\s*\(", 1),
    ("postgres", r"\bstring_to_array\s*\(|\bgenerate_series\s*\(", 2),
    (
        "trino",
        r"\b(from_iso8601_timestamp|from_iso8601_date|date_parse|json_query|element_at|cardinality|json_extract_scalar|approx_distinct)\s*\(",
        3,
    ),
    ("trino", r"\bcross join unnest\b", 1),
    (
        "databricks",
        r"\b(from_json|explode_outer|posexplode|from_unixtime|try_divide)\s*\(|\blateral view\b",
        4,
    ),
    ("databricks", r"file_format\s*[=:]\s*['\"]?delta", 5),
    (
        "duckdb",
        r"\b(read_csv|read_parquet|read_csv_auto|strptime|list_aggregate|struct_pack|epoch_ms|regexp_extract_all|date_diff\(')",
        3,
    ),
    ("duckdb", r"\bdatediff\s*\(\s*'", 1),
    ("duckdb", r"\bexclude\s*\(", 1),
    (
        "clickhouse",
        r"\b(toDate|toDateTime|argMax|argMin|uniqExact|countIf|sumIf|arrayJoin|toString|toStartOf\w+|toYYYYMM\w*)\s*\(",
        4,
    ),
    ("clickhouse", r"engine\s*=\s*['\"]", 4),
    ("tsql", r"\w\.\[[a-z_]\w*\]|\]\.\[[a-z_]\w*\]|\bas\s+\[[a-z_]\w*\]", 4),
    (
        "tsql",
        r"\b(cross|outer)\s+apply\b|\bwith\s*\(\s*nolock\s*\)|\bcollate\s+database_default\b",
        4,
    ),
    ("tsql", r"\b(nvarchar|datetime2|datetimeoffset)\b|\bvarchar\s*\(\s*max\s*\)", 4),
    ("tsql", r"\b(hashbytes|try_convert|eomonth)\s*\(", 3),
    ("tsql", r"\bisnull\s*\([^(),]+,|\bconvert\s*\(\s*(varchar|date|datetime|int)\b", 3),
)
ENOUGH = 4
REMARKS = re.compile(r"{#.*?#}|--[^\n]*|/\*.*?\*/", re.DOTALL)
COMPILED = tuple(
    (name, re.compile(pattern, re.IGNORECASE if name != "clickhouse" else 0), weight)
    for name, pattern, weight in SIGNS
)


def named_in(text: str) -> str:
    """The dialect that the name of a profile says, '' where it says none."""
    words = re.split(r"[^a-z]+", text.lower())
    found = {name for name in SUPPORTED if name in words}
    found |= {dialect for adapter, dialect in ADAPTERS.items() if adapter in words}
    return found.pop() if len(found) == 1 else ""


def infer(texts: Iterable[str], profile: str = "") -> str:
    """Guess the dialect from words only one warehouse knows; '' where nothing tells."""
    scores: dict[str, int] = {}
    if named := named_in(profile):
        scores[named] = ENOUGH
    for whole in texts:
        text = REMARKS.sub(" ", whole)
        for name, pattern, weight in COMPILED:
            if pattern.search(text):
                scores[name] = scores.get(name, 0) + weight
    if not scores:
        return ""
    best = max(sorted(scores), key=lambda name: scores[name])
    return best if scores[best] >= ENOUGH else ""
