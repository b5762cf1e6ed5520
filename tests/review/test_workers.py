"""Several processes find what one finds; whatever happens to them, the report is the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from carepath.review import workers
from carepath.review.cache import Memo

PROGRAM = Path(sys.executable).parent / "carepath"
IDS = [f"m{number}" for number in range(200)]


def project(count: int) -> dict[str, str]:
    """A chain-rich project with bugs of many rules, a cycle, and files nobody can read."""
    files = {"dbt_project.yml": "name: p\nvars:\n  deep: true\n"}
    for number in range(count):
        before = [f"m{number // 2}", f"m{number // 3}"] if number > 2 else []
        reads = "\n".join(f"  join {{{{ ref('{name}') }}}} as j{i} on j{i}.id = a.id"
                          for i, name in enumerate(before))  # fmt: skip
        column = "nam" if number % 9 == 4 else f"c{number // 2}"
        files[f"models/m{number}.sql"] = (
            f"select a.id, {f'j0.{column}' if before else '1'} as c{number},\n"
            "  count(case when a.id = 1 then 1 else 0 end) over () as n\n"
            "from {{ source('raw', 'a') }} as a\n" + reads
            + ("\n{% if var('deep') %} where a.id = a.id {% endif %}" if number % 7 == 0 else "")
            + "\n"
        )  # fmt: skip
        files[f"models/m{number}.yml"] = (
            f"models:\n  - name: m{number}\n    columns:\n"
            "      - name: id\n        tests: [unique]\n"
        )
    files["models/broken.sql"] = "select from where (\n"
    files["models/jinja.sql"] = "select 1 as x {% endif %}\n"
    for one, other in (("x", "y"), ("y", "z"), ("z", "x")):
        files[f"models/{one}.sql"] = f"select id from {{{{ ref('{other}') }}}}\n"
    return files


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many")
    files = project(130)

    def git(*args: str) -> None:
        named = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(root), *named, *args], check=True, capture_output=True)

    def write(some: Mapping[str, str]) -> None:
        for path, text in some.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        git("add", "-A")
        git("commit", "-qm", "x")

    git("init", "-q", "-b", "main")
    write(files)
    git("checkout", "-qb", "feature")
    write({
        "models/jinja.sql": "select 2 as x {% endif %}\n",
        "models/m1.sql": "select a.id from {{ source('raw', 'a') }} as a\n",
        "models/m100.sql": files["models/m100.sql"].replace("join", "left join"),
    })  # fmt: skip
    return root


def run(repository: Path, home: Path, *args: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(PROGRAM), "review", "--repo", str(repository), "--dialect", "duckdb",
         "--format", "json", *args],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("what", "fewest"), [(("--all",), 20), (("--base", "main"), 1)])
def test_reports_of_one_two_and_three_processes_are_equal(
    repository: Path, tmp_path: Path, what: tuple[str, ...], fewest: int
) -> None:
    alone = run(repository, tmp_path, "--no-cache", "--processes", "1", *what)
    assert len(json.loads(alone[1])["findings"]) >= fewest
    assert json.loads(alone[1])["not_analysed"]
    assert run(repository, tmp_path, "--no-cache", "--processes", "3", *what) == alone
    for count in ("2", "2", "1"):
        # Cold, then warm.
        assert run(repository, tmp_path / "home", "--processes", count, *what) == alone


def test_on_one_core_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.threading, "active_count", lambda: 1)
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda pid: {3})
    assert workers.cores() == 1
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda pid: {3, 5})
    assert workers.cores() == (2 if sys.platform == "linux" else 1)
    monkeypatch.setattr(workers.threading, "active_count", lambda: 2)
    assert workers.cores() == 1


def test_few_models_start_no_process() -> None:
    assert workers.spread(IDS[: workers.FEWEST - 1], {}, str, Memo(), 2) == {}
    assert workers.spread(IDS, {}, str, Memo(), 1) == {}


def test_what_a_model_waits_for_is_done_before_and_known_to_its_worker() -> None:
    needs = {id: {IDS[(n - 1) // 2]} if n else set() for n, id in enumerate(IDS)}
    memo = Memo()

    def work(id: str) -> list[str]:
        (before,) = needs[id] or ("",)
        path = [*memo.get(before, []), id]
        memo[id] = path
        return path

    done = workers.spread(IDS, needs, work, memo, 2)
    assert done.keys() == set(IDS)
    for number, id in enumerate(IDS):
        expected = [id]
        while number:
            number = (number - 1) // 2
            expected.insert(0, IDS[number])
        assert done[id] == memo.get(id) == expected


def test_models_that_wait_for_each_other_are_left_to_the_caller() -> None:
    needs = {"m0": {"m1"}, "m1": {"m0"}, "m2": {"m1"}}
    done = workers.spread(IDS, needs, str, Memo(), 2)
    assert done.keys() == set(IDS) - {"m0", "m1", "m2"}


@pytest.mark.parametrize("fault", ["killed", "memory", "error"])
def test_what_a_lost_worker_had_to_do_is_left_to_the_caller(
    fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def work(id: str) -> str:
        if id == "m50":
            if fault == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError if fault == "memory" else ValueError(id)
        return id

    done = workers.spread(IDS, {"m199": {"m50"}}, work, Memo(), 2)
    lost = set(IDS) - done.keys()
    assert {"m50", "m199"} <= lost
    assert len(lost) <= workers.AT_ONCE + 1
    assert capfd.readouterr().err.count("ended early") == 1


def test_where_all_workers_are_lost_the_caller_does_the_rest() -> None:
    def work(id: str) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return id

    assert workers.spread(IDS, {}, work, Memo(), 2) == {}


def test_no_worker_outlives_a_failure_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(busy: list[object]) -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "_answering", interrupted)
    before = children(os.getpid())
    with pytest.raises(KeyboardInterrupt):
        workers.spread(IDS, {}, lambda id: time.sleep(60), Memo(), 2)
    assert set(children(os.getpid())) <= set(before)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_no_process(
    repository: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "review", "--repo", str(repository), "--all", "--no-cache",
         "--processes", "3"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    ) as process:  # fmt: skip
        began = time.monotonic()
        # git and three workers.
        while len(started := children(process.pid)) < 4 and time.monotonic() - began < 60:
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, number)
        said = process.communicate(timeout=60)[1].decode()
    assert "Traceback" not in said
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number)
    while any(Path(f"/proc/{pid}").exists() for pid in started):
        assert time.monotonic() - began < 120
        time.sleep(0.05)
