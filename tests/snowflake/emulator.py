"""A Snowflake emulator on a loopback port, with the raw tables of a workspace in it.

Run as a program: ``python emulator.py PORT RAW_DATABASE``.
"""

from __future__ import annotations

import importlib
import sys
from string import Template

import numpy as np
import pyarrow as pa
import uvicorn
from fakesnow import arrow, transforms
from fakesnow.transforms import transforms as rewriting

server = importlib.import_module("fakesnow.server")  # the name in the package is a function


# Statements that change who may do what, or how a session behaves: nothing to emulate. They are
# checked in dbt's own log.
IGNORED = [r"\s*grant ", r"\s*alter session set", r"\s*show grants"]


def mend_emulator() -> None:
    """Put right what fakesnow 0.12 does otherwise than Snowflake, where we would see it.

    * Sums and averages of exact numbers are exact; fakesnow makes doubles of them, because
      Snowflake also sums text, which we never do.
    * A null timestamp arrives as null; fakesnow sends 1970-01-01.
    * `describe table` knows the tables of every database; fakesnow looks in the session's alone.
    """
    rewriting.SQL_DESCRIBE_TABLE = Template(
        rewriting.SQL_DESCRIBE_TABLE.template.replace(
            "FROM _fs_information_schema", "FROM _fs_global._fs_information_schema"
        )
    )
    transforms.numeric_agg_implicit_cast = lambda expression: expression
    arrow.timestamp_to_sf_struct = to_struct
    server.shared_fs.nop_regexes = IGNORED


def to_struct(column: pa.ChunkedArray) -> pa.StructArray:
    """Seconds and nanoseconds of each timestamp; null where it is null."""
    moments = column.combine_chunks()
    micros = moments.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
    hidden = moments.is_null().to_numpy(zero_copy_only=False)
    micros = np.where(hidden, 0, micros).astype(np.int64)
    seconds, rest = np.divmod(micros, 1_000_000)
    fields = {"epoch": pa.array(seconds), "fraction": pa.array((rest * 1000).astype(np.int32))}
    if moments.type.tz:
        fields["timezone"] = pa.array(np.full(len(micros), 1440, dtype=np.int32))  # UTC
    return pa.StructArray.from_arrays(
        list(fields.values()),
        fields=[pa.field(name, array.type) for name, array in fields.items()],
        mask=pa.array(hidden),
    )


def load_raw(path: str) -> None:
    """Copy the landed tables into the emulator's database `RAW`, names as Snowflake has them."""
    for schema in ("CARE_PLATFORM", "SNOWPLOW"):
        server.shared_fs.connect("RAW", schema)
    connection = server.shared_fs.duck_conn
    connection.execute(f"attach '{path}' as landed (read_only)")
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'landed' and schema_name in ('care_platform', 'snowplow')"
    ).fetchall():
        columns = connection.execute(f"describe landed.{schema}.{table}").fetchall()
        listed = ", ".join(f'"{name}" as "{name.upper()}"' for name, *_ in columns)
        connection.execute(
            f"create table RAW.{schema.upper()}.{table.upper()} as "
            f"select {listed} from landed.{schema}.{table}"
        )
    connection.execute("detach landed")
    for database in ("DEV_ANNA_PREP", "DEV_ANNA_PROD"):
        server.shared_fs.connect(database, "PUBLIC")


def main() -> None:
    """Load the tables and serve until killed."""
    port, raw = sys.argv[1:]
    mend_emulator()
    load_raw(raw)
    uvicorn.run(server.app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
