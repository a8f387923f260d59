"""One run of `hanze import`: from an intake into a sink, with a bar and a report."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import click

from hanze.cli.exits import FAILED, exit_code
from hanze.cli.options import json_option
from hanze.cli.output import print_json
from hanze.cli.writing import Destination, destination_options, open_sink
from hanze.connectors import DamagedInput, Intake
from hanze.connectors.sink import Sink, SinkReport
from hanze.errors import HanzeError
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["Outcome", "Target", "finish", "interruptible", "pour", "run_intake", "target_options"]

#: Entities that are compared and written at a time.
_BATCH = 400

#: Failures, and members of a list, that a report names one by one.
_NAMED = 20

#: What to do about a number that is not 0.
_HINTS = {"possibleDuplicates": "`hanze record duplicates` lists them"}

F = TypeVar("F", bound=Callable[..., object])
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Target(Destination):
    """Where the entities go, and how that is told."""

    as_json: bool
    quiet: bool


@dataclass(slots=True)
class Outcome:
    """What an import did, also one that ended early.

    Attributes:
        details: What the report says besides.
    """

    sunk: SinkReport = field(default_factory=SinkReport)
    read: int = 0
    seconds: float = 0.0
    error: HanzeError | None = None
    details: dict[str, JsonValue] = field(default_factory=dict)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Note how long it takes, and the error that ends it."""
        started = time.monotonic()
        try:
            yield
        except HanzeError as error:
            self.error = error
        self.seconds = time.monotonic() - started


def target_options(function: F) -> F:
    """The options that all imports share."""
    options = (
        destination_options,
        click.option("--quiet", is_flag=True, help="Say nothing but errors and warnings."),
        json_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def run_intake(connector: str, intake: Intake, target: Target) -> int:
    """Read an intake into where the target says, and report; return the exit code."""

    async def whole() -> Outcome:
        outcome = Outcome()
        with outcome.timed():
            async with open_sink(connector, target) as sink:
                await pour(intake, sink, outcome, shown=not target.quiet)
        return outcome

    return finish(connector, intake, target, interruptible(whole))


def interruptible(run: Callable[[], Coroutine[None, None, R]]) -> R:
    """Run to the end; an interrupt leaves what was stored, and says so."""

    async def whole() -> R:
        main, loop = asyncio.current_task(), asyncio.get_running_loop()

        def interrupt(*_: object) -> None:
            # asyncio's own way waits for the next await, and reading a large file takes seconds
            # without one. What else is under way, a commit above all, ends as it should.
            if asyncio.current_task(loop) is main:
                raise KeyboardInterrupt
            if main is not None:
                loop.call_soon_threadsafe(main.cancel)

        signal.signal(signal.SIGINT, interrupt)
        try:
            return await run()
        finally:
            signal.signal(signal.SIGINT, _interrupt)

    signal.signal(signal.SIGINT, _interrupt)
    try:
        return asyncio.run(whole())
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("What was stored stays; the same import again stores the rest.", err=True)
        raise KeyboardInterrupt from None


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def finish(connector: str, intake: Intake | None, target: Target, outcome: Outcome) -> int:
    """Report what an import did; return the exit code.

    Args:
        intake: `None` when it could not even begin.
    """
    report = _report(connector, intake, target, outcome)
    if target.as_json:
        print_json(report)
    else:
        _tell(report, quiet=target.quiet)
    if outcome.error is not None:
        return exit_code(outcome.error)
    refused = intake.refusals.count if intake is not None else 0
    return FAILED if outcome.sunk.failed or refused else 0


async def pour(intake: Intake, sink: Sink, outcome: Outcome, *, shown: bool) -> None:
    """Write what an intake yields, with a bar where that is wanted."""
    with _progress(intake, shown=shown) as advance:
        await _pour(intake, sink, outcome, advance)


async def _pour(intake: Intake, sink: Sink, outcome: Outcome, advance: Callable[[], None]) -> None:
    """Write in batches; what could be read before the input breaks off is written too."""
    batch: dict[str, Entity] = {}

    async def flush() -> None:
        if batch:
            outcome.sunk.add(await sink.upsert(list(batch.values())))
            batch.clear()
            advance()

    try:
        for entity in intake.entities():
            if len(batch) >= _BATCH or entity.id in batch:
                await flush()
            batch[entity.id] = entity
            outcome.read += 1
    except DamagedInput:
        await flush()
        raise
    await flush()


@contextmanager
def _progress(intake: Intake, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; elsewhere nothing, so that logs and pipes stay clean."""
    if not shown or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a pipe need not wait for
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Importing", total=max(intake.size, 1))
        yield lambda: progress.update(task, completed=intake.position)


def _report(
    connector: str, intake: Intake | None, target: Target, outcome: Outcome
) -> dict[str, JsonValue]:
    sunk, error = outcome.sunk, outcome.error
    report: dict[str, JsonValue] = {
        "connector": connector,
        "dryRun": target.dry_run,
        "entities": {
            "read": outcome.read,
            "created": sunk.created,
            "updated": sunk.updated,
            "unchanged": sunk.unchanged,
            "failed": len(sunk.failed),
        },
        "olderValues": sunk.older,
        "refusedRecords": intake.refusals.count if intake is not None else 0,
        **(intake.details() if intake is not None else {}),
        **outcome.details,
        "refused": list(intake.refusals.first) if intake is not None else [],
        "failed": [{"id": name, "reason": reason} for name, reason in sunk.failed[:_NAMED]],
        "seconds": round(outcome.seconds, 2),
    }
    if error is not None:
        report["error"] = {
            "type": type(error).__name__,
            "detail": str(error),
            "line": getattr(error, "line", None),
            "record": getattr(error, "record", None),
        }
    return report


def _tell(report: Mapping[str, JsonValue], *, quiet: bool) -> None:
    """Say what was done on standard output, and what went wrong on standard error."""
    error, entities = report.get("error"), report["entities"]
    kept = ("created", "updated", "unchanged")
    begun = isinstance(entities, Mapping) and (error is None or any(entities[k] for k in kept))
    if not quiet and begun:
        silent = ("warnings", "refused", "failed", "error")
        for line in _lines({k: v for k, v in report.items() if k not in silent}):
            click.echo(line)
    for warning in _list(report, "warnings"):
        click.echo(f"Warning: {warning}", err=True)
    for refusal in _list(report, "refused"):
        if isinstance(refusal, Mapping):
            place = ", ".join(f"{k} {refusal[k]}" for k in ("line", "record") if k in refusal)
            click.echo(f"Left out: {place}: {refusal['reason']}", err=True)
    for failure in _list(report, "failed"):
        if isinstance(failure, Mapping):
            click.echo(f"Not stored: {failure['id']}: {failure['reason']}", err=True)
    if isinstance(error, Mapping) and isinstance(entities, Mapping):
        click.echo(f"Error: {error['detail']}", err=True)
        if not begun:
            click.echo("Nothing was stored.", err=True)
            return
        counts = ", ".join(f"{entities[k]} {k}" for k in kept)
        click.echo(f"Before that: {counts}.", err=True)


def _list(report: Mapping[str, JsonValue], name: str) -> list[JsonValue]:
    found = report.get(name)
    return found if isinstance(found, list) else []


def _lines(values: Mapping[str, JsonValue], indent: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            below = list(_lines(value, indent + "  "))
            if below:
                yield f"{indent}{name}:"
                yield from below
        elif isinstance(value, list):
            yield f"{indent}{name}: {len(value)}"
            yield from (f"{indent}  {one}" for one in value[:_NAMED])
            if len(value) > _NAMED:
                yield f"{indent}  and {len(value) - _NAMED} more; --json lists all"
        elif value is not None:
            shown = ("yes" if value else "no") if isinstance(value, bool) else value
            hint = f" ({_HINTS[name]})" if value and name in _HINTS else ""
            yield f"{indent}{name}: {shown}{hint}"
