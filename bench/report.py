"""The figures as a table for people and as JSON."""

import os
import platform
from collections.abc import Callable, Sequence
from itertools import pairwise

import apsw
from driver import Outcome
from measuring import Figure, Row, Size

__all__ = ["as_json", "as_text"]

_P99_AIM_MS = 60.0
_P50_AIM_MS = 2.0
_START_AIM_S = 25.0
_MEMORY_AIM_MB = 2_500.0
_AIM_SIZE = 1_000_000

_HEAD = (
    f"{'':36}{'aim/s':>8}{'measured/s':>12} {'spread':>17}{'reached':>9}"
    f"{'echo/s':>11}{'of it':>7}{'CPU us':>8}{'echo':>6}{'p50 ms':>8}{'p99 ms':>8}{'alone':>7}"
)


def _figure(runs: Sequence[Outcome], of: Callable[[Outcome], float]) -> Figure:
    return Figure([of(run) for run in runs])


def _verdict(reached: bool, applies: bool = True) -> str:
    if not applies:
        return ""
    return "yes" if reached else "NO"


def _row(row: Row, entities: int) -> str:
    rate = _figure(row.runs, lambda run: run.rate)
    echo = _figure(row.echo, lambda run: run.rate).median
    applies = row.operation.aim_size in {None, entities}
    alone = _figure(row.alone, lambda run: run.p50_ms).median
    errors = sum(run.errors for run in row.runs)
    aim = f"{row.operation.aim:,}" if applies else "-"
    text = (
        f"{row.operation.title:36}{aim:>8}"
        f"{rate.median:>12,.0f} {f'{rate.low:,.0f}-{rate.high:,.0f}':>17}"
        f"{_verdict(rate.median >= row.operation.aim, applies):>9}"
        f"{echo:>11,.0f}{rate.median / echo if echo else 0:>7.0%}"
        f"{_figure(row.runs, lambda run: run.cpu_us).median:>8,.0f}"
        f"{_figure(row.echo, lambda run: run.cpu_us).median:>6,.0f}"
        f"{_figure(row.runs, lambda run: run.p50_ms).median:>8,.1f}"
        f"{_figure(row.runs, lambda run: run.p99_ms).median:>8,.1f}"
    )
    text += f"{alone:>7.2f}" if row.alone else f"{'':>7}"
    return text + (f"  {errors} ERRORS" if errors else "")


def _node_lines(size: Size) -> list[str]:
    start, memory = Figure(size.start_s), Figure(size.memory_mb)
    full = size.entities >= _AIM_SIZE
    slow = [row for row in size.rows if row.operation.load.units == 1]
    worst = max((_figure(row.runs, lambda run: run.p99_ms).median for row in slow), default=0.0)
    queries = [row for row in slow if row.operation.aim_size]
    alone = max((_figure(row.alone, lambda run: run.p50_ms).median for row in queries), default=0.0)
    aims = {
        "start": f"   aim at 1,000,000: < {_START_AIM_S:.0f} s",
        "memory": f"   aim at 1,000,000: < {_MEMORY_AIM_MB / 1_000:.1f} GB",
        "p50": f"   aim at 1,000,000: < {_P50_AIM_MS:.0f} ms",
        "p99": f"   aim: < {_P99_AIM_MS:.0f} ms",
    }
    return [
        f"start-up               {start.median:8.1f} s   {start.low:.1f}-{start.high:.1f}"
        f"{aims['start']} {_verdict(start.median < _START_AIM_S, full)}",
        f"memory once started    {memory.median:8,.0f} MB  {memory.low:,.0f}-{memory.high:,.0f}"
        f"{aims['memory']} {_verdict(memory.high < _MEMORY_AIM_MB, full)}",
        f"memory after loading   {size.loaded_mb:8,.0f} MB;  after all runs {size.after_mb:,.0f} MB",
        f"on disk                {size.disk_mb:8,.0f} MB",
        f"loading by batches     {size.load_rate:8,.0f} entities/s over one connection",
        f"slowest query alone    {alone:8.2f} ms p50{aims['p50']} "
        f"{_verdict(alone < _P50_AIM_MS, full)}",
        f"slowest p99            {worst:8.1f} ms{aims['p99']} {_verdict(worst < _P99_AIM_MS)}",
        f"limit: orjson parses   {Figure(size.parse).median:8,.0f} bodies/s",
        f"limit: apsw inserts    {Figure(size.insert).median:8,.0f} bodies/s, durable, 64 a commit",
    ]


def _growth(small: Size, large: Size) -> list[str]:
    lines = [f"From {small.entities:,} to {large.entities:,} entities"]
    for before, after in zip(small.rows, large.rows, strict=True):
        rates = [_figure(row.runs, lambda run: run.rate).median for row in (before, after)]
        share = rates[1] / rates[0] if rates[0] else 0.0
        lines.append(f"{before.operation.title:36}{share:>8.0%} of the rate")
    pairs = (
        ("start-up", Figure(small.start_s).median, Figure(large.start_s).median),
        ("memory", Figure(small.memory_mb).median, Figure(large.memory_mb).median),
    )
    lines += [f"{name:36}{after / before:>8.1f} times" for name, before, after in pairs if before]
    return lines


def as_text(sizes: Sequence[Size]) -> str:
    """Return the figures as text: medians, and the spread from the lowest to the highest run."""
    lines = [
        f"{os.cpu_count()} cores shared with wrk, {platform.python_implementation()} "
        f"{platform.python_version()}, SQLite {apsw.sqlite_lib_version()}; 64 connections, batches 4.",
        "Medians of the runs; spread: lowest to highest. Echo: a bare uvicorn that reads the same",
        "request and answers the same bytes, measured in turn. CPU: of the server, for one request",
        "or entity. alone: p50 over one connection; with 64 the queue is 64 / rate long.",
    ]
    for size in sizes:
        lines += ["", f"{size.entities:,} entities", _HEAD]
        lines += [_row(row, size.entities) for row in size.rows]
        lines += ["", *_node_lines(size)]
    for small, large in pairwise(sizes):
        lines += ["", *_growth(small, large)]
    return "\n".join(lines)


def _spread(figure: Figure) -> dict[str, object]:
    return {
        "median": figure.median,
        "low": figure.low,
        "high": figure.high,
        "runs": figure.values,
    }


def _outcomes(runs: Sequence[Outcome]) -> dict[str, object]:
    return {
        "rate": _spread(_figure(runs, lambda run: run.rate)),
        "cpu_us": _spread(_figure(runs, lambda run: run.cpu_us)),
        "p50_ms": _spread(_figure(runs, lambda run: run.p50_ms)),
        "p99_ms": _spread(_figure(runs, lambda run: run.p99_ms)),
        "max_ms": _spread(_figure(runs, lambda run: run.max_ms)),
        "errors": sum(run.errors for run in runs),
    }


def _size(size: Size) -> dict[str, object]:
    return {
        "entities": size.entities,
        "start_s": _spread(Figure(size.start_s)) | {"aim": _START_AIM_S, "aim_at": _AIM_SIZE},
        "memory_mb": _spread(Figure(size.memory_mb)) | {"aim": _MEMORY_AIM_MB, "aim_at": _AIM_SIZE},
        "loaded_mb": size.loaded_mb,
        "after_mb": size.after_mb,
        "disk_mb": size.disk_mb,
        "stop_s": size.stop_s,
        "load_rate": size.load_rate,
        "orjson_parse_rate": _spread(Figure(size.parse)),
        "apsw_insert_rate": _spread(Figure(size.insert)),
        "operations": {
            row.operation.key: {
                "title": row.operation.title,
                "aim": row.operation.aim,
                "aim_at": row.operation.aim_size,
                "node": _outcomes(row.runs),
                "echo": _outcomes(row.echo),
                "alone": _outcomes(row.alone) if row.alone else None,
            }
            for row in size.rows
        },
    }


def as_json(sizes: Sequence[Size]) -> dict[str, object]:
    """Return every figure, with all runs."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
    }
    return {
        "machine": machine,
        "aims": {"p99_ms": _P99_AIM_MS, "query_p50_ms_alone": _P50_AIM_MS},
        "sizes": [_size(size) for size in sizes],
    }
