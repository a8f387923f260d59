"""`hanze import`: registers, cases, goals, contracts, grants and tables as records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from hanze.cli.database import holds_data
from hanze.cli.import_run import Outcome, Target, finish, interruptible, pour, target_options
from hanze.cli.writing import open_sink
from hanze.collaboration.duplicates import find_duplicates
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES, type_of
from hanze.connectors import Intake, Refusals
from hanze.connectors.known import REFERRED, Known, redirected
from hanze.connectors.manifest import load_manifest
from hanze.connectors.sink import Sink, SinkReport
from hanze.errors import InvalidInput
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["register_commands"]

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_day = click.DateTime(formats=["%Y-%m-%d"])

_as_of = click.option(
    "--as-of", type=_day, help="The day for which the file holds (2026-05-31), where it says none."
)


def register_commands(group: click.Group) -> None:
    """Add the commands of this module to `hanze import`."""
    for command in (
        municipalities_nl,
        municipalities_kr,
        cities,
        cases,
        sdg,
        ocds,
        giving_360,
        records,
    ):
        group.add_command(command)


@click.command("municipalities-nl", short_help="Dutch municipalities and provinces.")
@click.argument("register", type=_file)
@click.option("--boundaries", type=_file, help="GeoJSON or TopoJSON with CBS codes.")
@click.option(
    "--year",
    type=click.IntRange(1830, 2200),
    default=2020,
    show_default=True,
    help="For which the populations hold.",
)
@target_options
def municipalities_nl(register: Path, boundaries: Path | None, year: int, **target: object) -> int:
    """Import the REGISTER of Dutch municipalities: each a record, and their provinces too.

    With boundaries each gets a position and an area.
    """
    from hanze.connectors.municipalities_nl.source import dutch_municipalities  # noqa: PLC0415

    def intake(_: Known) -> Intake:
        told = load_manifest("municipalities_nl").provenance
        return dutch_municipalities(register, boundaries, told, year=year)

    return _run("municipalities-nl", intake, target)


@click.command("municipalities-kr", short_help="Korean provinces, cities, counties, districts.")
@click.argument("register", type=_file)
@click.option(
    "--boundaries",
    type=_file,
    multiple=True,
    help="TopoJSON or GeoJSON with KOSTAT codes; may be given for each level.",
)
@click.option("--translations", type=_file, help="CSV with code, ko and en.")
@target_options
def municipalities_kr(
    register: Path, boundaries: tuple[Path, ...], translations: Path | None, **target: object
) -> int:
    """Import the REGISTER of Korean places, and what later boundaries know: Sejong exists.

    A population that the register does not have stays unknown.
    """
    from hanze.connectors.municipalities_kr.source import korean_municipalities  # noqa: PLC0415

    def intake(_: Known) -> Intake:
        told = load_manifest("municipalities_kr").provenance
        return korean_municipalities(register, boundaries, translations, told)

    return _run("municipalities-kr", intake, target)


@click.command(short_help="GeoNames: positions and Korean names of cities.")
@click.argument("file", type=_file)
@click.option("--add-others", is_flag=True, help="Make records of cities that are not there yet.")
@target_options
def cities(file: Path, add_others: bool, **target: object) -> int:
    """Give places that are there the position and the Korean name that they lack.

    Cities that are not there are told; --add-others makes records of them.
    """
    from hanze.connectors.cities.source import geonames_cities  # noqa: PLC0415

    def intake(known: Known) -> Intake:
        told = load_manifest("cities").provenance
        return geonames_cities(file, known, told, add_others=add_others)

    return _run("cities", intake, target)


@click.command(short_help="Innovation cases of the public sector in Europe.")
@click.argument("file", type=_file)
@_as_of
@target_options
def cases(file: Path, as_of: datetime | None, **target: object) -> int:
    """Import innovation cases as projects, with the organisations that lead them."""
    from hanze.connectors.cases.source import innovation_cases  # noqa: PLC0415

    def intake(known: Known) -> Intake:
        told = load_manifest("cases").provenance
        return innovation_cases(file, known, told, as_of=_date(as_of))

    return _run("cases", intake, target)


@click.command(short_help="Sustainable Development Goals and targets.")
@click.argument("file", type=_file)
@_as_of
@target_options
def sdg(file: Path, as_of: datetime | None, **target: object) -> int:
    """Import the goals and targets of the United Nations as concepts."""
    from hanze.connectors.sdg.source import sustainable_goals  # noqa: PLC0415

    def intake(_: Known) -> Intake:
        return sustainable_goals(file, load_manifest("sdg").provenance, as_of=_date(as_of))

    return _run("sdg", intake, target)


@click.command(short_help="Open Contracting Data Standard: what others buy.")
@click.argument("file", type=_file)
@target_options
def ocds(file: Path, **target: object) -> int:
    """Import a release package or a record package: demands with their tenders, and parties."""
    from hanze.connectors.ocds.source import contracting_package  # noqa: PLC0415

    def intake(known: Known) -> Intake:
        return contracting_package(file, known, load_manifest("ocds").provenance)

    return _run("ocds", intake, target)


@click.command("360giving", short_help="360Giving: grants, who gave them and who got them.")
@click.argument("file", type=_file)
@target_options
def giving_360(file: Path, **target: object) -> int:
    """Import grants (JSON or CSV) as projects with their budget, funders and recipients."""
    from hanze.connectors.grants_360.source import grants_package  # noqa: PLC0415

    def intake(known: Known) -> Intake:
        return grants_package(file, known, load_manifest("grants_360").provenance)

    return _run("360giving", intake, target)


@click.command(short_help="Records of any type, from a table or a list.")
@click.argument("file", type=_file)
@click.option(
    "--type",
    "kind",
    type=click.Choice([*RECORD_TYPES]),
    required=True,
    help="Type of the records.",
)
@click.option(
    "--map",
    "mapping",
    type=_file,
    help="TOML file that says what columns mean; without it they are called as fields.",
)
@target_options
def records(file: Path, kind: str, mapping: Path | None, **target: object) -> int:
    """Import a table (CSV) or a list (JSON): each row a record.

    `hanze record template TYPE` prints a table or a mapping to start with. A row that is wrong is
    told with its line and the reason; the others are imported.
    """
    from hanze.connectors.record_table.source import (  # noqa: PLC0415
        load_record_mapping,
        record_table,
    )

    read = load_record_mapping(mapping)
    return _run(
        "records", lambda known: record_table(file, RECORD_TYPES[kind], read, known), target
    )


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


class _Redirected:
    """An intake whose records know what was merged into what (`connectors.Intake`)."""

    def __init__(self, intake: Intake, known: Known) -> None:
        self.types: dict[str, None] = {}
        self.ids: dict[str, None] = {}
        self._intake = intake
        self._known = known
        self._merged = 0

    @property
    def size(self) -> int:
        return self._intake.size

    @size.setter
    def size(self, size: int) -> None:
        self._intake.size = size

    @property
    def refusals(self) -> Refusals:
        return self._intake.refusals

    @refusals.setter
    def refusals(self, refusals: Refusals) -> None:
        self._intake.refusals = refusals

    @property
    def position(self) -> int:
        return self._intake.position

    def entities(self) -> Iterator[Entity]:
        for entity in self._intake.entities():
            kept = redirected(entity, self._known.merged)
            if kept is None:
                self._merged += 1
                continue
            kind = type_of(kept.types)
            if kind is not None:
                self.types[kind.__name__] = None
                self.ids[kept.id] = None
            yield kept

    def details(self) -> Mapping[str, JsonValue]:
        merged = {"mergedBefore": self._merged} if self._merged else {}
        return {**self._intake.details(), **merged}


def _run(connector: str, make: Callable[[Known], Intake], options: Mapping[str, object]) -> int:
    """Import records: what is there is read first, and what is double is told after."""
    target = Target(**options)  # type: ignore[arg-type]  # click's values
    made: list[_Redirected] = []

    async def whole() -> Outcome:
        outcome = Outcome()
        with outcome.timed():
            known = await _known(connector, target)
            intake = _Redirected(make(known), known)
            made.append(intake)
            async with open_sink(connector, target) as sink:
                await pour(intake, sink, outcome, shown=not target.quiet)
                if not target.dry_run:
                    doubles = await _doubles(sink, [*intake.types], frozenset(intake.ids))
                    outcome.details = _changed(outcome.sunk) | doubles
        return outcome

    outcome = interruptible(whole)
    return finish(connector, made[0] if made else None, target, outcome)


def _changed(sunk: SinkReport) -> dict[str, JsonValue]:
    """Tell what was written over: it may be what somebody corrected here since the last import."""
    told: list[JsonValue] = [f"{name}: {', '.join(terms)}" for name, terms in sunk.changed]
    return {"changed": told} if told else {}


async def _known(connector: str, target: Target) -> Known:
    """Read what is there; a data directory that does not exist yet holds nothing."""
    if target.url is None and not holds_data(target.data):
        return Known()
    async with open_sink(connector, replace(target, dry_run=False)) as sink:
        present = await sink.present([*RECORD_TYPES])
    merged = {old: record.id for record in _records(present) for old in record.merged_from}
    referred = {kind.__name__ for kind in REFERRED}
    return Known((one for one in present if _kind_name(one) in referred), merged)


async def _doubles(sink: Sink, types: Sequence[str], ids: frozenset[str]) -> dict[str, JsonValue]:
    """Count possible duplicates of what was imported."""
    if not types:
        return {}
    found = find_duplicates(_records(await sink.present(types)), among=ids)
    return {"possibleDuplicates": len(found)}


def _records(entities: Sequence[Entity]) -> list[Record]:
    found: list[Record] = []
    for entity in entities:
        try:
            found.append(read_record(entity))
        except InvalidInput:
            continue  # what was there before its type had a schema may be anything
    return found


def _kind_name(entity: Entity) -> str:
    kind = type_of(entity.types)
    return kind.__name__ if kind is not None else ""
