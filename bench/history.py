"""`make bench`: what history costs, beside what DuckDB alone takes for the same values.

    python bench/history.py                      1 and 10 million values, about two minutes
    python bench/history.py --values 100000000   and a tenth of it: a quarter of an hour
    python bench/history.py --night-only         only the national minute, again and again

A real node in a process of its own, asked over HTTP; 25,000 series over 30 days, whatever the
number of values. CPU time is that of the server with all its threads. The last part replays the
national minute of NDW (the recording, where it is at hand) as fast as the node takes it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import history_limits
import processes
from history_client import ATTRIBUTES, TYPE, Asker, ask, bodies, create, entity_id, moment, send
from history_night import night
from history_store import ask_store
from processes import Server

HANZE: Final = Path(sys.executable).parent / "hanze"
#: Series and days of what is imported.
SERIES: Final = 25_000
DAYS: Final = 30
#: Entities that send over the API: four series each.
SENDING: Final = 5_000
_TEMPORAL: Final = "/ngsi-ld/v1/temporal/entities"
_RUNS: Final = 5
_PAGE: Final = 1_000


def line(name: str, found: str, beside: str = "", aim: str = "") -> None:
    print(f"  {name:42}{found:>26}  {beside:36}{aim}", flush=True)


def api(directory: Path, seconds: float) -> None:
    """Measurements over the API into an empty node, everything on."""
    print(f"\nOver the API: {SENDING:,} entities with {len(ATTRIBUTES)} attributes, batches of 250")
    data = directory / "api"
    with processes.node(data) as server:
        create(server, SENDING)
        with Asker(server, SENDING) as asker:
            sent = send(server, bodies(SENDING, moment(1)), seconds=seconds)
        line(
            "values/s",
            f"{sent.rate:,.0f}",
            f"{sent.cpu_us:.1f} us of CPU a value",
            "at least 25,000 on one core",
        )
        line("values/s of one core", f"{1e6 / sent.cpu_us:,.0f}", f"{sent.errors} errors")
        line("other requests meanwhile", asker.told())
    rate, cpu = history_limits.bare_append(directory, rows=sent.values, batch=25_000)
    line("limit: DuckDB alone appends", f"{rate:,.0f}", f"{cpu:.2f} us of CPU a value")


def kept(directory: Path, values: int) -> None:
    """What it costs to keep and to ask, at one size."""
    data, file = directory / f"kept-{values}", directory / "measurements.parquet"
    start = moment(DAYS + 1).replace(hour=0, minute=0)
    start_us = int(start.timestamp()) * 1_000_000
    made = history_limits.write_measurements(
        file, values=values, series=SERIES, days=DAYS, start_us=start_us
    )
    print(f"\n{made:,} values: {SERIES:,} series over {DAYS} days")
    with processes.node(data) as server:
        create(server, SERIES)
    _imported(file, data, made)
    limits = history_limits.bare_queries(file, directory, start_us=start_us, series=SERIES)
    file.unlink()
    with _compacted(data) as server:
        size = _bytes(data)
        line(
            "bytes a value on disk, compacted",
            f"{size / made:.2f}",
            f"limit, sorted in DuckDB: {limits['bytes']:.2f}",
            "at most 8",
        )
        text = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        end = (start + timedelta(days=DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = f"{_TEMPORAL}/{entity_id(SERIES // 2)}?attrs=intensity&timerel=between&timeAt={text}"
        one += f"&endTimeAt={end}"
        means = "&options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H"
        print("  over HTTP:")
        _asked(server, "last 100 values of a series", [f"{one}&lastN=100"])
        _asked(server, "hourly means of a series, 30 days", [one + means])
        day = (start + timedelta(days=15)).strftime("%Y-%m-%dT%H:%M:%SZ")
        after = (start + timedelta(days=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
        many = f"{_TEMPORAL}?type={TYPE}&attrs=intensity&timerel=between&timeAt={day}"
        many += f"&endTimeAt={after}{means}&limit={_PAGE}"
        with Asker(server, SERIES) as asker:
            _asked(server, f"hourly means of {_PAGE:,} series, a day", [many])
        line("other requests meanwhile", asker.told(), "", "p99 at most 50 ms")
    print("  the store itself:")
    asked = ask_store(data, series=SERIES, days=DAYS, start_us=start_us)
    for name, what, aim in (
        ("last", "last 100 values of a series", 15),
        ("one", "hourly means of a series, 30 days", 15),
        ("many", f"hourly means of {SERIES:,} series, a day", 1_500),
    ):
        line(what, asked.told(name), f"limit: {limits[name]:.1f} ms", f"at most {aim:,} ms")
    line("the loop lets others wait meanwhile", asked.waited(), "", "p99 at most 50 ms")


def _imported(file: Path, data: Path, values: int) -> None:
    before = time.perf_counter()
    process = subprocess.Popen(
        [str(HANZE), "history", "import", str(file), "--data", str(data), "--json"],
        stdout=subprocess.PIPE,
    )
    told = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"The import failed: {told!r}")
    seconds, cpu = time.perf_counter() - before, usage.ru_utime + usage.ru_stime
    report = json.loads(told)
    line(
        "bulk import, values/s",
        f"{values / seconds:,.0f}",
        f"{values / cpu:,.0f} of one core, {usage.ru_maxrss / 1024:.0f} MB at most",
        "at least 300,000",
    )
    if report["added"] != values:
        raise RuntimeError(f"{report['added']} of {values} values were added")


@contextmanager
def _compacted(data: Path) -> Iterator[Server]:
    """Start a node, and wait until it has put what is closed in order."""
    with processes.node(data) as server:
        started = time.perf_counter()
        before = -1
        while (size := _bytes(data)) != before and time.perf_counter() - started < 600:
            before = size
            time.sleep(5)
        yield server


def _bytes(data: Path) -> int:
    return sum(path.stat().st_size for path in data.glob("history.duckdb*"))


def _asked(server: Server, what: str, paths: list[str]) -> None:
    found = [ask(server, paths) for _ in range(_RUNS)]
    times = sorted(ms for ms, _ in found)
    line(
        what,
        f"{times[len(times) // 2]:,.1f} ms (worst {times[-1]:,.1f})",
        f"{found[0][1] / 1024:,.0f} KB answered",
    )


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=int, default=10_000_000, help="the larger of two sizes")
    parser.add_argument("--seconds", type=float, default=10, help="of sending over the API")
    parser.add_argument("--night-only", action="store_true", help="only the national minute")
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="on the disk that is measured"
    )
    return parser.parse_args()


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="hanze-bench-", dir=asked.directory.resolve()) as made:
        if not asked.night_only:
            print("History: a node over HTTP, beside DuckDB alone with the same values.")
            api(Path(made), asked.seconds)
            for values in (asked.values // 10, asked.values):
                kept(Path(made), values)
        night(Path(made), asked.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
