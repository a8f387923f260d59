"""`hanze import`: measurements from files, into a data directory or a running node."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from hanze.cli.exits import FAILED, exit_code
from hanze.cli.options import json_option
from hanze.cli.output import print_json
from hanze.cli.writing import Destination, destination_options, open_sink
from hanze.connectors import DamagedInput, Intake
from hanze.connectors.manifest import load_manifest
from hanze.connectors.sink import Sink, SinkReport
from hanze.errors import HanzeError, InvalidInput
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE

__all__ = ["importing"]

#: Entities that are compared and written at a time.
_BATCH = 400

#: Failures that a report names one by one.
_NAMED = 20

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class _Target(Destination):
    """Where the entities go, and how that is told."""

    as_json: bool
    quiet: bool


@dataclass(slots=True)
class _Outcome:
    """What an import did, also one that ended early."""

    sunk: SinkReport = field(default_factory=SinkReport)
    read: int = 0
    seconds: float = 0.0
    error: HanzeError | None = None


@click.group(name="import")
def importing() -> None:
    """Bring measurements in from files; importing a file again changes nothing."""


def _target_options(function: F) -> F:
    """The options that all imports share."""
    options = (
        destination_options,
        click.option("--quiet", is_flag=True, help="Say nothing but errors and warnings."),
        json_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@importing.command(short_help="NDW: Dutch road traffic.")
@click.argument("site_table", type=_file)
@click.argument("measurements", type=_file)
@_target_options
def ndw(site_table: Path, measurements: Path, **target: object) -> int:
    """Import a minute of Dutch traffic (DATEX II 2 or 3): SITE_TABLE and MEASUREMENTS.

    Both may be packed with gzip, and may be the same file.
    """
    from hanze.connectors.ndw.source import NdwFiles  # noqa: PLC0415  # lxml takes its time

    manifest = load_manifest("ndw")
    intake = NdwFiles(site_table, measurements, manifest.provenance, HANZE.expand_name)
    return _run(manifest.name, intake, _Target(**target))  # type: ignore[arg-type]  # click's values


@importing.command("sensor-community", short_help="Air quality measured by citizens.")
@click.argument("file", type=_file)
@click.option("--sensor", help="The sensor, for messages of the firmware that do not name it.")
@click.option("--received", help="When they came (DateTime in UTC), for messages without a time.")
@_target_options
def sensor_community(file: Path, sensor: str | None, received: str | None, **target: object) -> int:
    """Import readings of Sensor.Community: a JSON array, or a JSON object a line."""
    from hanze.connectors.sensor_community.source import SensorCommunityFile  # noqa: PLC0415

    manifest = load_manifest("sensor_community")
    intake = SensorCommunityFile(
        file,
        manifest.provenance,
        HANZE.expand_name,
        sensor=sensor,
        received=_moment(received) if received else None,
    )
    return _run(manifest.name, intake, _Target(**target))  # type: ignore[arg-type]  # click's values


@importing.command("csv", short_help="Any table, with a mapping.")
@click.argument("file", type=_file)
@click.option("--type", "entity_type", required=True, help="Type of the entities.")
@click.option(
    "--map", "mapping", type=_file, required=True, help="TOML file that says what columns mean."
)
@_target_options
def csv_file(file: Path, entity_type: str, mapping: Path, **target: object) -> int:
    """Import a table: each row an entity, each column an attribute, as the mapping says."""
    from hanze.connectors.csv_file.source import CsvFile, load_mapping  # noqa: PLC0415

    try:
        HANZE.expand_name(entity_type)
    except InvalidInput as error:
        raise click.BadParameter(str(error), param_hint="--type") from error
    intake = CsvFile(file, load_mapping(mapping), entity_type=entity_type, expand=HANZE.expand_name)
    return _run("csv", intake, _Target(**target))  # type: ignore[arg-type]  # click's values


def _moment(text: str) -> str:
    from hanze.ngsild.moment import normalise_datetime  # noqa: PLC0415  # not for --help

    try:
        return normalise_datetime(text, field="--received")
    except InvalidInput as error:
        raise click.BadParameter(str(error), param_hint="--received") from error


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(connector: str, intake: Intake, target: _Target) -> int:
    # asyncio's own way waits for the next await, and reading a large file takes seconds without one.
    signal.signal(signal.SIGINT, _interrupt)
    try:
        outcome = asyncio.run(_import(connector, intake, target))
    except KeyboardInterrupt:
        click.echo("What was stored stays; the same import again stores the rest.", err=True)
        raise
    report = _report(connector, intake, target, outcome)
    if target.as_json:
        print_json(report)
    else:
        _tell(report, quiet=target.quiet)
    if outcome.error is not None:
        return exit_code(outcome.error)
    return FAILED if outcome.sunk.failed or intake.refusals.count else 0


async def _import(connector: str, intake: Intake, target: _Target) -> _Outcome:
    outcome = _Outcome()
    started = time.monotonic()
    try:
        async with open_sink(connector, target) as sink:
            with _progress(intake, shown=not target.quiet) as advance:
                await _pour(intake, sink, outcome, advance)
    except HanzeError as error:
        outcome.error = error
    outcome.seconds = time.monotonic() - started
    return outcome


async def _pour(intake: Intake, sink: Sink, outcome: _Outcome, advance: Callable[[], None]) -> None:
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
    connector: str, intake: Intake, target: _Target, outcome: _Outcome
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
        "refusedRecords": intake.refusals.count,
        **intake.details(),
        "refused": list(intake.refusals.first),
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
        elif value is not None:
            shown = ("yes" if value else "no") if isinstance(value, bool) else value
            yield f"{indent}{name}: {shown}"
