"""What a process had in memory does not come to lie in the files that it writes."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import duckdb
import pytest
import yaml

from carepath.building.project import find_project
from carepath.operations.erasure import LEAKY_METHODS

WORD = "QWXZJKVB"
LONGEST = 7  # what DuckDB leaves behind texts: docs/decisions/0158


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database full of one word, as it is written."""
    path = tmp_path_factory.mktemp("memory") / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("set force_compression = 'uncompressed'")
        connection.execute(
            f"create table words as select repeat('{WORD}', 30) || i as word "
            "from range(300000) as numbers (i)"
        )
    return path


def write_tables(path: Path, source: Path, seed: int) -> None:
    """Write tables of texts and numbers of every shape, with that word in memory."""
    random = Random(seed)
    with duckdb.connect(str(path), config={"memory_limit": "100MB"}) as connection:
        connection.execute(f"set disabled_compression_methods = '{LEAKY_METHODS}'")
        connection.execute(f"attach '{source}' as source (read_only)")
        for number in range(12):
            connection.execute("select max(word) from source.words").fetchall()
            rows, kinds = round(10 ** random.uniform(1, 4.9)), round(10 ** random.uniform(0, 5))
            length = random.choice((1, 5, 12, 32, 200))
            connection.execute(f"""
create table table_{number} as
select
    left(repeat(md5(cast(hash(i) % {kinds} as varchar)), 8), {length} + i % 3) as code,
    case when i % 9 = 0 then md5(cast(i as varchar)) end as seldom,
    i / {kinds} as share,
    sqrt(i + {number}) as root,
    cast(i as decimal(18, 6)) / 7 as seconds,
    make_timestamp(1700000000000000 + i * {kinds}) as moment,
    i % 5 = 0 as is_fifth
from range({rows}) as numbers (i)""")


def find_longest_run(content: bytes) -> int:
    """How many bytes of the repeated word stand in a row somewhere; 0 for fewer than five."""
    turns = [(WORD * 2)[start : start + 5].encode() for start in range(len(WORD))]
    longest, length, last = 0, 0, -2
    for found in re.finditer(b"(?=" + b"|".join(turns) + b")", content):
        length = length + 1 if found.start() == last + 1 else 5
        longest, last = max(longest, length), found.start()
    return longest


def test_builds_do_without_the_methods_that_erasing_does_without() -> None:
    profile = yaml.safe_load((find_project() / "profiles.yml").read_text())
    settings = profile["carepath"]["outputs"]["duckdb"]["settings"]
    assert settings == {"disabled_compression_methods": LEAKY_METHODS}


def test_runs_are_found() -> None:
    assert find_longest_run(b"..JKVBQWXZJ..QWXZ..QWXZJ") == 9


@pytest.mark.parametrize("seed", range(4))
def test_what_was_in_memory_is_not_written(seed: int, source: Path, tmp_path: Path) -> None:
    path = tmp_path / "written.duckdb"
    write_tables(path, source, seed)
    assert find_longest_run(path.read_bytes()) <= LONGEST
