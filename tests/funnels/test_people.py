"""Persons are known by a number made of their name: two with the same number stay two."""

from __future__ import annotations

import pytest

from carepath.funnels import events
from funnels.stories import run

STORY = """
ann: A@0 B@5
bob: A@1 X@3 B@9
eve: B@2
cyd: A@200
dan: B@7
"""


def numbers(**keys):
    result = run(STORY, exclusions=[{"event": "X"}], **keys)
    steps = [(s.closed, s.open, s.n_came, s.censored_median_seconds) for s in result.steps]
    return result.totals.entered, steps, result.set_aside, result.events


@pytest.mark.parametrize("clash", ["1", "length({unit})", "ascii({unit}) // 2"])
@pytest.mark.parametrize("entry", ["first_entry", "any_entry"])
def test_persons_whose_numbers_clash_are_told_apart(monkeypatch, clash, entry):
    salts = []

    def write_person(unit: str, salt: int) -> str:
        salts.append(salt)
        return (
            "cast(" + clash.format(unit=unit) + " as ubigint)" if salt == 0 else honest(unit, salt)
        )

    expected, honest = numbers(entry=entry), events.write_person
    monkeypatch.setattr(events, "write_person", write_person)
    assert numbers(entry=entry) == expected
    assert salts == [0, 1]


def test_only_those_who_never_entered_clash(monkeypatch):
    honest = events.write_person

    def write_person(unit: str, salt: int) -> str:
        clashing = f"case when {unit} in ('eve', 'dan') then 1 else {honest(unit, 0)} end"
        return honest(unit, salt) if salt else clashing

    expected = numbers()
    monkeypatch.setattr(events, "write_person", write_person)
    assert numbers() == expected
    assert expected[2].never_entered == 2


def test_who_clashes_with_a_person_whose_window_is_over_is_told_apart(monkeypatch):
    honest, salts = events.write_person, []

    def write_person(unit: str, salt: int) -> str:
        salts.append(salt)
        return honest(unit, salt) if salt else "cast(1 as ubigint)"

    monkeypatch.setattr(events, "write_person", write_person)
    result = run("ann: A@0 B@1\nbob: B@5000")
    assert (result.totals.completed, result.set_aside.never_entered) == (1, 1)
    assert salts == [0, 1]


def test_a_funnel_over_a_table_of_texts_and_over_parquet_is_the_same(tmp_path):
    import duckdb

    from carepath.funnels import funnel
    from funnels.stories import write_story

    text = write_story(tmp_path / "events.csv", STORY)
    columns = tmp_path / "events.parquet"
    duckdb.connect().execute(f"copy (from read_csv('{text}', all_varchar = true)) to '{columns}'")
    document = {"steps": [{"event": "A"}, {"event": "B"}], "exclusions": [{"event": "X"}]}
    first, second = (
        funnel(document, events=path, persons=True).to_dict() for path in (text, columns)
    )
    assert {**first, "source": ""} == {**second, "source": ""}
