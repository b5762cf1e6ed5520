"""docs/ad-hoc-funnels.md says everything, and what it shows is what the command prints."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import CliRunner

from carepath.cli.funnel import command as funnel_command
from carepath.funnels import definition, funnel, parsing
from carepath.funnels.result import FunnelResult

PAGE = (Path(__file__).parents[2] / "docs" / "ad-hoc-funnels.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)


def name_fields(kind: type) -> set[str]:
    names = set()
    for field in fields(kind):
        names.add(field.name)
        hint = get_type_hints(kind)[field.name]
        for part in (hint, *get_args(hint), *(a for h in get_args(hint) for a in get_args(h))):
            if is_dataclass(part):
                names |= name_fields(part)
    return names


KEYS = {
    *parsing.KEYS,
    *parsing.STEP_KEYS,
    *parsing.EXCLUSION_KEYS,
    *("property", "at", "step", "from", "to", "clip_conversions", "interval", "timezone", "bins"),
}
WORDS = {
    word
    for kind in ("Order", "EntryMode", "ExclusionMode", "Attribution", "Interval")
    for word in get_args(getattr(definition, kind))
}


@pytest.mark.parametrize("name", sorted(KEYS | WORDS))
def test_every_key_and_value_of_a_definition_is_documented(name):
    assert re.search(rf'`"?{name}"?`', PAGE)


@pytest.mark.parametrize("name", sorted(name_fields(FunnelResult)))
def test_every_field_of_the_result_is_documented(name):
    assert f"`{name}`" in PAGE


def test_the_example_prints_what_the_page_shows(tmp_path, monkeypatch):
    (tmp_path / "events.csv").write_text(blocks("csv")[0] + "\n")
    (tmp_path / "funnel.toml").write_text(blocks("toml")[0] + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    command, _, shown = blocks("console")[0].partition("\n")
    words = command.removeprefix("$ carepath ").split()
    printed = CliRunner().invoke(funnel_command, words[1:])
    assert [line.rstrip() for line in printed.stdout.strip().splitlines()] == shown.splitlines()
    as_json = CliRunner().invoke(funnel_command, [*words[1:], "--format", "json", "--persons"])
    assert json.loads(as_json.stdout)["steps"][-1] == json.loads(blocks("json")[0])


def test_an_export_of_other_names_in_a_folder_becomes_a_file_as_the_page_shows(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for day, name in (("1", "A"), ("2", "B")):
        folder = tmp_path / "export" / f"day={day}"
        folder.mkdir(parents=True)
        row = {
            "user_id": 7,
            "event_type": name,
            "event_time": f"2026-03-0{day}T01:00:00+02:00",
            "$insert_id": day,
            "event_properties": {"plan": "pro"},
        }
        (folder / "events.json.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    exec(blocks("python")[0])
    steps = [{"event": "A"}, {"event": "B", "where": {"plan": "pro"}}]
    result = funnel({"steps": steps}, events=tmp_path / "events.parquet", persons=True)
    assert result.steps[1].persons_closed == ("7",)
    assert result.complete_through == datetime(2026, 3, 1, 23)
