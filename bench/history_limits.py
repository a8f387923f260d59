"""What no history can beat on this machine: DuckDB alone, appending and scanning the same values."""

import time
from pathlib import Path

import duckdb
import numpy as np

__all__ = ["bare_append", "bare_queries", "write_measurements"]

_DAY_US = 86_400_000_000


def write_measurements(path: Path, *, values: int, series: int, days: int, start_us: int) -> int:
    """Write a file to import: each series measured at the same steps over some days.

    Returns:
        How many values it holds.
    """
    steps = max(1, values // series)
    step_us = days * _DAY_US // steps
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    connection.execute(
        f"""
        COPY (
            SELECT
                'urn:ngsi-ld:TrafficFlowObserved:bench:' || printf('%06d', series) AS id,
                'https://uri.etsi.org/ngsi-ld/default-context/TrafficFlowObserved' AS type,
                'https://uri.etsi.org/ngsi-ld/default-context/intensity' AS attribute,
                make_timestamp({start_us} + step * {step_us}) AS "observedAt",
                ((series * 7919 + step * 104729) % 20000) / 10 AS value,
                'H10' AS "unitCode"
            FROM (SELECT range AS step FROM range({steps})), (SELECT range AS series FROM range({series}))
        ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
        """
    )
    connection.close()
    return steps * series


def bare_append(directory: Path, *, rows: int, batch: int) -> tuple[float, float]:
    """Append rows of (series, time, value), a commit each batch; return rows/s and CPU us a row."""
    connection = duckdb.connect(str(directory / "limit.duckdb"), config={"threads": 1})
    connection.execute("CREATE TABLE point (series INTEGER, moment BIGINT, number DOUBLE)")
    values = np.random.default_rng(3).random(batch).round(1)
    started, cpu, done = time.perf_counter(), time.process_time(), 0
    while done < rows:
        chunk = {  # noqa: F841  # DuckDB finds it by its name
            "series": np.arange(batch, dtype=np.int32) % 25_000,
            "moment": np.arange(done, done + batch, dtype=np.int64),
            "number": values,
        }
        connection.execute("INSERT INTO point SELECT * FROM chunk")
        done += batch
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    (directory / "limit.duckdb").unlink()
    return done / seconds, used / done * 1e6


def bare_queries(source: Path, directory: Path, *, start_us: int, series: int) -> dict[str, float]:
    """Ask DuckDB the same questions of the same values in a plain table sorted by series and time.

    Returns:
        Milliseconds by question, and `bytes` that a value takes.
    """
    path = directory / "plain.duckdb"
    connection = duckdb.connect(str(path), config={"threads": 1})
    connection.execute(
        f"""
        CREATE TABLE point AS
        SELECT right(id, 6)::INTEGER AS series, epoch_us("observedAt") AS moment, value AS number
        FROM read_parquet('{source}') ORDER BY series, moment
        """
    )
    connection.execute("CHECKPOINT")
    values = connection.execute("SELECT count(*) FROM point").fetchall()[0][0]
    hour, middle = 3_600_000_000, start_us + 15 * _DAY_US
    asked = {
        "last": f"SELECT moment, number FROM point WHERE series = {series // 2} "
        "ORDER BY moment DESC LIMIT 100",
        "one": f"SELECT moment // {hour}, avg(number) FROM point WHERE series = {series // 2} "
        "GROUP BY ALL",
        "many": f"SELECT series, moment // {hour}, avg(number) FROM point "
        f"WHERE moment >= {middle} AND moment < {middle + _DAY_US} GROUP BY ALL",
    }
    found = {name: _timed(connection, sql) for name, sql in asked.items()}
    connection.close()
    found["bytes"] = path.stat().st_size / values
    path.unlink()
    return found


def _timed(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        connection.execute(sql).fetchnumpy()
        best = min(best, (time.perf_counter() - started) * 1e3)
    return best
