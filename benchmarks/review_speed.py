"""How fast `carepath review` is: a generated project, cold, warm, and beside sqlfluff's lint.

    python -m benchmarks.review_speed [--models 1500] [--sqlfluff 20] [--write]

Prints seconds and peak memory of: the whole project cold (empty cache), a pull request that
touches five models cold and warm, and sqlfluff's lint of a sample of the same files. `--write` puts
the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.sections import Run, describe_machine, run_process, write_section

HEADER = """## The review

Written by `python -m benchmarks.review_speed --write`: whole processes, imports included, on a
generated project; warm output equals cold output byte for byte. Both tools use two
processes where many files are new; peak memory is that of the largest process.

{machine}

| what | clock | processor | peak memory | at most, s |
|---|---:|---:|---:|---:|"""
FIELDS = ("status", "amount", "country", "channel", "plan", "device", "region", "score")


def write_project(root: Path, models: int, seed: int = 7) -> None:
    """Write a layered project: a fifth base models, the rest reading two or three others."""
    rng = random.Random(seed)
    (root / "models").mkdir(parents=True)
    (root / "macros").mkdir()
    (root / "dbt_project.yml").write_text("name: big\nversion: '1.0'\nvars:\n  use_refunds: true\n")
    (root / "macros" / "cents.sql").write_text(
        "{% macro cents(column) %}round({{ column }} / 100.0, 2){% endmacro %}\n"
    )
    bases = models // 5
    sources = ["version: 2", "sources:", "  - name: raw", "    tables:"]
    for number in range(bases):
        sources.append(f"      - name: table_{number}")
    (root / "models" / "_sources.yml").write_text("\n".join(sources) + "\n")
    columns: list[list[str]] = []
    for number in range(models):
        if number < bases:
            text, names = _base(number)
            folder = root / "models" / "staging"
        else:
            text, names = _mart(rng, number, columns)
            folder = root / "models" / ("intermediate" if number < models // 2 else "marts")
        folder = folder / f"area_{number % 20}"
        folder.mkdir(parents=True, exist_ok=True)
        columns.append(names)
        (folder / f"model_{number}.sql").write_text(text)
        listed = "\n".join(
            f"      - name: {name}"
            + ("\n        data_tests: [unique, not_null]" if name == "id" else "")
            for name in names
        )
        (folder / f"model_{number}.yml").write_text(
            f"version: 2\nmodels:\n  - name: model_{number}\n    description: One row per id.\n"
            f"    columns:\n{listed}\n"
        )


def _base(number: int) -> tuple[str, list[str]]:
    names = ["id", "parent_id", "created_at", *FIELDS]
    lines = ",\n        ".join(
        ["id", "parent_id", "created_at"]
        + [f"lower(raw_{f}) as {f}" if f != "amount" else "{{ cents('raw_amount') }} as amount"
           for f in FIELDS]
    )  # fmt: skip
    return (
        "{{ config(materialized='view') }}\n\nwith source as (\n"
        f"    select * from {{{{ source('raw', 'table_{number}') }}}}\n),\n\nrenamed as (\n"
        f"    select\n        {lines}\n    from source\n)\n\nselect * from renamed\n",
        names,
    )


def _mart(rng: random.Random, number: int, columns: list[list[str]]) -> tuple[str, list[str]]:
    picks = rng.sample(range(max(0, number - 400), number), 3)
    first, second, third = picks
    extra = [c for c in columns[first] if c not in ("id", "parent_id", "created_at")][:6]
    cases = ",\n        ".join(
        f"sum(case when two.status = 'state_{i}' then two.amount else 0 end) as total_{i}"
        for i in range(4)
    )
    kept = "\n".join(f"        one.{c}," for c in extra)
    text = (
        "{{ config(materialized='table') }}\n\nwith one as (\n"
        f"    select * from {{{{ ref('model_{first}') }}}}\n),\n\ntwo as (\n"
        f"    select * from {{{{ ref('model_{second}') }}}}\n"
        + ("    {% if var('use_refunds') %}\n    where amount is not null\n    {% endif %}\n"
           if number % 7 == 0 else "")
        + f"),\n\nthree as (\n    select * from {{{{ ref('model_{third}') }}}}\n),\n\n"
        f"totals as (\n    select\n        two.parent_id,\n        {cases},\n"
        "        sum(two.amount) as amount,\n        max(two.status) as status\n"
        "    from two\n    group by two.parent_id\n),\n\n"
        "newest as (\n    select *\n    from three\n    qualify row_number() over (\n"
        "        partition by three.parent_id order by three.created_at desc, three.id\n"
        "    ) = 1\n),\n\nfinal as (\n    select\n        one.id,\n        one.parent_id,\n"
        f"        one.created_at,\n{kept}\n"
        "        totals.total_0,\n        totals.total_1,\n"
        "        coalesce(totals.total_2, 0) as total_2,\n"
        f"        newest.created_at as newest_at_{number}\n    from one\n"
        "    left join totals on totals.parent_id = one.id\n"
        "    left join newest on newest.parent_id = one.id\n"
        f"    where one.created_at >= '2020-01-0{1 + number % 9}'\n)\n\nselect * from final\n"
    )  # fmt: skip
    names = ["id", "parent_id", "created_at", *extra, "total_0", "total_1", "total_2",
             f"newest_at_{number}"]  # fmt: skip
    if "status" not in names:
        text = text.replace("totals.total_0,", "totals.total_0,\n        totals.status,\n"
                            "        totals.amount,", 1)  # fmt: skip
        names += ["status", "amount"]
    elif "amount" not in names:
        text = text.replace("totals.total_0,", "totals.total_0,\n        totals.amount,", 1)
        names.append("amount")
    return text, names


def git(root: Path, *args: str) -> None:
    """Run git with a fixed identity."""
    subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=b", "-c", "user.email=b@example.org",
         "-c", "commit.gpgsign=false", *args],
        check=True, capture_output=True,
    )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1500)
    parser.add_argument("--sqlfluff", type=int, default=20, help="files to lint with sqlfluff")
    parser.add_argument("--keep", type=Path, help="folder to leave the project in")
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "project"
        write_project(root, options.models)
        git(root, "init", "-q", "-b", "main")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "base")
        git(root, "checkout", "-qb", "change")
        touched = sorted(root.glob("models/*/area_3/*.sql"))[:5]
        for path in touched:
            text = path.read_text()
            path.write_text(text.replace("select * from final", "select * from final -- x")
                            .replace("lower(raw_plan)", "upper(raw_plan)"))  # fmt: skip
        git(root, "commit", "-qam", "change")
        env = {**os.environ, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        tool = [str(Path(sys.executable).parent / "carepath"), "review", "--repo", str(root),
                "--dialect", "snowflake"]  # fmt: skip
        rows: list[tuple[str, Run]] = []

        def run(name: str, command: list[str]) -> str:
            rows.append((name, run_process(command, environment=env, allowed=(0, 1))))
            return rows[-1][1].output

        whole = run(f"whole project, {options.models} models, cold", [*tool, "--all", "--no-cache"])
        change = [*tool, "--base", "main", "--format", "json"]
        cold = run("pull request of 5 models, cold", change)
        warm = run("pull request of 5 models, warm", change)
        files = [str(p) for p in sorted(root.glob("models/*/*/*.sql"))[: options.sqlfluff]]
        if files:
            lint = [sys.executable, "-m", "sqlfluff", "lint", "--dialect", "snowflake",
                    "--processes", "2", *files]  # fmt: skip
            run(f"sqlfluff lint of {len(files)} of the files", lint)
            linted, factor = rows[-1][1], options.models / len(files)
            whole_lint = replace(
                linted, clock=linted.clock * factor, seconds=linted.seconds * factor
            )
            rows.append((f"  so for {options.models} files about", whole_lint))
        is_same = warm == cold
        print(describe_machine("sqlglot"))
        for name, one in rows:
            print(
                f"{name:<46} {one.clock:8.2f} s  {one.seconds:8.2f} s of processor "
                f"{one.megabytes:6.0f} MB"
            )
        print("warm equals cold byte for byte:", "yes" if is_same else "NO")
        print(whole.splitlines()[-4:] and "\n".join(whole.splitlines()[-3:]))
    if options.write:
        if not (is_same and files):
            raise SystemExit("Warm differs from cold, or nothing was linted: not written.")
        write_section("review_speed", render(rows))


def render(rows: list[tuple[str, Run]]) -> str:
    """Return the section of docs/benchmarks.md."""
    lines = [HEADER.format(machine=describe_machine("sqlglot", "sqlfluff"))]
    most = {"whole project": "20", "pull request": "2"}
    for name, one in rows:
        aim = next((aim for start, aim in most.items() if name.startswith(start)), "")
        if name.startswith("pull request") and name.endswith("cold"):
            aim = ""
        memory = "" if name.startswith("  so") else f"{one.megabytes:.0f} MB"
        lines.append(
            f"| {name.strip()} | {one.clock:.1f} s | {one.seconds:.1f} s | {memory} | {aim} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
