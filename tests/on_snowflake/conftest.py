"""One emulated Snowflake for the session: built in full, given newer rows, built again.

The same rows are built by DuckDB beside it. Rows are sample data and random worlds with everything
that can be wrong with a row.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from emulation import (
    LATE_TABLES,
    PASSPHRASE,
    Emulated,
    await_server,
    bring_in,
    free_port,
    read_embedded,
    read_emulated,
    run_statements,
    set_aside,
    variables_of,
)

from carepath.workspace import Workspace

FOLDER = str(Path(__file__).parents[1])
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encrypted private key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("key") / "key.p8"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return path


@pytest.fixture(scope="session")
def raw_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with all rows landed, and nothing in the ledger of files."""
    from warehouse.harness import add_rows
    from warehouse.packs import STANDARD, make_pack

    from carepath.initialisation import init_workspace
    from carepath.landing import land
    from carepath.sample import SamplePlan, make_sample

    folder = tmp_path_factory.mktemp("rows")
    make_sample(folder / "data", SamplePlan(members=600, clients=6, months=8))
    workspace = init_workspace(folder / "workspace")
    land(folder / "data", workspace)
    add_rows(workspace, make_pack(11, STANDARD, 30).raw)
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute("delete from landing.files")
    return workspace.root


@pytest.fixture(scope="session")
def emulated(
    raw_rows: Path, key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Emulated]:
    """Both warehouses, built twice from the same rows; the emulator serves until the end."""
    from carepath.building import build

    folder = tmp_path_factory.mktemp("emulated")
    shutil.copytree(raw_rows, folder / "workspace")
    workspace = Workspace(folder / "workspace")
    statements = folder / "statements.jsonl"
    statements.touch()
    late = folder / "late.duckdb"
    set_aside(workspace.raw, late)
    port = free_port()
    variables = variables_of(port, key_file)
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    program = str(Path(__file__).parent / "emulator.py")
    server = subprocess.Popen(
        [sys.executable, program, str(port), str(workspace.raw), str(statements), str(late)],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "emulator.log").open("w"),
    )
    try:
        await_server(port, server, folder / "emulator.log")
        result = Emulated(workspace, [], [], statements)
        for number in (1, 2):
            if number == 2:
                bring_in(workspace.raw, late)
                run_statements(f"insert into raw.{t} select * from late.{t}" for t in LATE_TABLES)
            result.reports.append(
                (build(workspace.on("duckdb")), build(workspace.on("snowflake"), threads=4))
            )
            result.embedded.append(read_embedded(workspace.prod))
            result.emulated.append(read_emulated(result.embedded[-1]))
        yield result
    finally:
        server.terminate()
        server.wait(timeout=30)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
