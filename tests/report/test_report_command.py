"""`carepath report`, against a warehouse that was really built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from carepath.cli.report import command
from carepath.errors import CarepathError
from carepath.report import write_report
from carepath.workspace import Workspace


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small sample, landed and built."""
    from carepath.building import build
    from carepath.initialisation import init_workspace
    from carepath.landing import land
    from carepath.sample import SamplePlan, make_sample

    folder = tmp_path_factory.mktemp("reported")
    make_sample(folder / "data", SamplePlan(members=700, clients=6, months=5))
    workspace = init_workspace(folder / "workspace")
    land(folder / "data", workspace)
    build(workspace)
    return workspace


@pytest.mark.slow
def test_a_built_warehouse_gives_one_small_file_of_the_same_bytes(
    built: Workspace, tmp_path: Path
) -> None:
    import duckdb

    first, second = tmp_path / "a.html", tmp_path / "b.html"
    ran = CliRunner().invoke(command, ["-w", str(built.root), "-o", str(first)])
    assert ran.exit_code == 0, ran.output
    assert str(first) in ran.stdout and " MB" in ran.stdout
    published = Workspace(tmp_path / "published")
    published.root.mkdir()
    shutil.copyfile(built.prod, published.prod)

    def publish_meanwhile(_: str, done: int, __: int) -> None:
        if done == 2:
            other = tmp_path / "other.duckdb"
            duckdb.connect(str(other)).close()
            other.replace(published.prod)

    write_report(published, second, progress=publish_meanwhile)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 2_000_000
    # No single person, project or task of the warehouse is in the file. Short numbers occur in
    # any text, so the whole value of a cell is looked for.
    text = first.read_text(encoding="utf-8")
    with duckdb.connect(str(built.prod), read_only=True) as connection:
        for table, column in (
            ("member_intake_funnel_metrics", "member_id"),
            ("funnel_events", "event_id"),
        ):
            for (value,) in connection.execute(
                f"select distinct {column} from {table} where length({column}) > 8"
            ).fetchall():
                assert value not in text
        for (value,) in connection.execute(
            "select project_id from current_project_summary order by 1 limit 500"
        ).fetchall():
            assert f">{value}<" not in text and f'"{value}"' not in text


@pytest.mark.slow
def test_a_range_without_people_says_so_in_each_section(built: Workspace, tmp_path: Path) -> None:
    written = write_report(built, tmp_path / "report.html", since="1999-01-01", until="1999-02-01")
    text = written.path.read_text(encoding="utf-8")
    assert "1 January 1999 to 1 February 1999" in text
    assert "Nobody entered the funnel" in text
    assert text.count('<section class="question"') >= 14


def test_a_warehouse_that_was_not_built_is_named_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "carepath.toml").write_text("")
    with pytest.raises(CarepathError, match="has not been built"):
        write_report(Workspace(tmp_path), tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CarepathError, match="ends before it begins"):
        write_report(
            Workspace(tmp_path), tmp_path / "r.html", since="2026-02-01", until="2026-01-01"
        )
    with pytest.raises(CarepathError, match="not a date"):
        write_report(Workspace(tmp_path), tmp_path / "r.html", since="soon")


@pytest.mark.parametrize("content", [b"DUCK", b"[build]\n", b"\x00" * 4096])
def test_a_file_that_is_no_page_is_not_replaced(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "raw.duckdb"
    place.write_bytes(content)
    with pytest.raises(CarepathError, match="is not HTML") as refused:
        write_report(Workspace(tmp_path), place)
    assert refused.value.where == str(place)
    assert place.read_bytes() == content


def test_a_folder_that_is_missing_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(CarepathError, match="There is no folder"):
        write_report(Workspace(tmp_path), tmp_path / "none" / "report.html")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"\n<!DOCTYPE html>", b"\xef\xbb\xbf<html lang='en'>"])
def test_an_empty_file_and_an_older_page_are_replaced(
    content: bytes, built: Workspace, tmp_path: Path
) -> None:
    place = tmp_path / "report.html"
    place.write_bytes(content)
    assert write_report(built, place).size == place.stat().st_size
