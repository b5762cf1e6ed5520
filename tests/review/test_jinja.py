"""Templates render without dbt, in a sandbox, with every reachable variant."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from carepath.review.jinja.limits import LimitError, bounded
from carepath.review.jinja.render import Renderer, RenderFailure, read_macros
from carepath.review.yaml import Twice, YamlError, load
from tests.review.conftest import snapshot


def renderer(macros: str = "", **variables: object) -> Renderer:
    return Renderer("shop", [read_macros("macros/m.sql", macros)], variables, "snowflake")


def rendered(text: str, macros: str = "", **variables: object) -> list[str]:
    result = renderer(macros, **variables).render("m.sql", "m", text)
    assert not isinstance(result, RenderFailure), result
    return [variant.text for variant in result]


def test_ref_and_source_become_reserved_names() -> None:
    text = rendered("from {{ ref('a') }} join {{ source('s', 't') }}{# c #}")[0]
    assert text == "from cp_rel.m_a join cp_rel.s_s__in__t"


def test_the_short_way_and_jinja_agree() -> None:
    plain = "{{ config(materialized='table') }}\nselect * from {{ ref('a') }}\n"
    assert rendered(plain) == rendered(plain + "{% if false %}{% endif %}")


def test_a_macro_of_the_project_really_runs() -> None:
    macro = "{% macro cents(c) -%} {{ return(c ~ ' / 100') }} {%- endmacro %}"
    assert rendered("select {{ cents('x') }}", macro) == ["select x / 100"]


def test_is_incremental_gives_two_variants() -> None:
    texts = rendered("select 1{% if is_incremental() %} where 2{% endif %}")
    assert texts == ["select 1", "select 1 where 2"]


def test_a_boolean_variable_is_flipped() -> None:
    texts = rendered("select 1{% if var('more') %}, 2{% endif %}", more=True)
    assert texts == ["select 1, 2", "select 1"]


def test_an_unknown_macro_becomes_a_placeholder() -> None:
    assert rendered("select {{ some_pkg.f('x').y[0] }} as a")[0].startswith("select cp_unk_")


def test_dispatch_finds_the_implementation_of_the_warehouse() -> None:
    macro = (
        "{% macro f() %}{{ return(adapter.dispatch('f')()) }}{% endmacro %}"
        "{% macro default__f() %}d{% endmacro %}{% macro snowflake__f() %}s{% endmacro %}"
    )
    assert rendered("{{ f() }}", macro) == ["s"]


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(100000000) %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 999999 }}",
        "{% macro r() %}{{ r() }}{% endmacro %}{{ r() }}",
        "{% for i in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
    ],
)
def test_a_hostile_template_is_stopped(text: str) -> None:
    assert isinstance(renderer().render("m.sql", "m", text), RenderFailure)


def test_the_inside_of_python_is_out_of_reach() -> None:
    text = "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ ref.__globals__ }}"
    assert "class" not in rendered(text)[0]


def test_the_environment_of_the_reviewer_is_not_readable() -> None:
    assert "root" not in rendered("{{ env_var('HOME') }}")[0]


def test_every_line_is_found_again_through_macros_and_loops() -> None:
    macro = "{% macro two() %}\n  a,\n  b\n{% endmacro %}"
    source = "select\n  {{ two() }},\n{% for c in ['x', 'y'] %}\n  {{ c }},\n{% endfor %}\n  z\n"
    tool = renderer(macro)
    variant = tool.render("m.sql", "m", source)[0]
    positions, files = tool.positions("m.sql", "m", source, variant)
    place = {
        word: (files[spot[0]], spot[1])
        for word in ("a,", "b\n", "x,", "y,", "z\n")
        if (spot := positions.at(variant.text.index(word)))
    }
    assert place == {
        "a,": ("macros/m.sql", 2), "b\n": ("macros/m.sql", 3), "x,": ("m.sql", 4),
        "y,": ("m.sql", 4), "z\n": ("m.sql", 6),
    }  # fmt: skip


def test_rendering_is_the_same_twice_although_macros_read_the_clock() -> None:
    text = "select '{{ modules.datetime.datetime.now() }}', '{{ run_started_at }}'"
    assert rendered(text) == rendered(text)


def test_yaml_remembers_lines_anchors_and_keys_written_twice() -> None:
    data = load("a: &x\n  b: 1\nc:\n  <<: *x\n  d: [1,\n    2]\n  d: 3\n")
    assert data["c"]["b"] == 1
    assert data["c"].at("d") == 7
    assert data["c"].twice == [Twice("d", [1, 2], 5, 7)]


def test_broken_yaml_names_the_line() -> None:
    with pytest.raises(YamlError) as caught:
        load("a: 1\nb: [1\nc: 2\n")
    assert caught.value.line in (2, 3, 4)


def test_a_return_ends_the_macro_it_stands_in_and_no_other() -> None:
    files = {
        "dbt_project.yml": "name: p\n",
        "macros/lag.sql": "{% macro inner(x) %}{{ return('lag(' ~ x ~ ')') }}{% endmacro %}"
        "{% macro outer(x) %}select {{ inner(x) }} over (order by b) as y{% endmacro %}",
        "models/a.sql": "{{ outer('c') }} from x.t",
    }
    seen = snapshot(files)
    (model,) = seen.models.values()
    assert "select lag(c) over (order by b) as y from x.t" in (
        seen.analyse(model).variants[0].rendered.text
    )


def test_a_macro_reads_the_declared_sources_in_the_graph() -> None:
    columns = "{name: id, data_type: integer, config: {meta: {json: x}}}, {name: at}"
    files = {
        "dbt_project.yml": "name: p\n",
        "models/s.yml": "sources: [{name: raw, tables: [{name: t, columns: [" + columns + "]}]}]",
        "macros/rows.sql": "{% macro rows(relation) %}"
        "{% for t in graph.sources.values() if t.relation_name == relation | string %}"
        "select {% for c in t.columns.values() %}{{ c.name }}{{ ',' if not loop.last }}"
        "{% endfor %} from {{ relation }}{% endfor %}{% endmacro %}",
        "models/a.sql": "{{ rows(source('raw', 't')) }}",
        "models/b.sql": "select id, at, nothing from {{ ref('a') }}",
    }
    seen = snapshot(files)
    relation = seen.facts(seen.models["model:p.a"]).relation
    assert [column.name for column in relation.columns] == ["id", "at"]
    assert relation.is_closed
    assert seen.ledger.entries == []


def test_a_limit_that_is_swallowed_comes_again() -> None:
    begun = time.monotonic()
    with pytest.raises(LimitError), bounded(seconds=0.1):
        with suppress(LimitError):
            while True:
                pass
        while time.monotonic() < begun + 20:
            pass
    assert time.monotonic() - begun < 10
