"""`hanze import`: measurements and records from files, into a data directory or a running node."""

from pathlib import Path

import click

from hanze.cli.import_registers import register_commands
from hanze.cli.import_run import Target, run_intake, target_options
from hanze.connectors.manifest import load_manifest
from hanze.errors import InvalidInput
from hanze.ngsild.vocabulary import HANZE

__all__ = ["importing"]


@click.group(name="import")
def importing() -> None:
    """Bring measurements and records in from files; importing a file again changes nothing."""


register_commands(importing)

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@importing.command(short_help="NDW: Dutch road traffic.")
@click.argument("site_table", type=_file)
@click.argument("measurements", type=_file)
@target_options
def ndw(site_table: Path, measurements: Path, **target: object) -> int:
    """Import a minute of Dutch traffic (DATEX II 2 or 3): SITE_TABLE and MEASUREMENTS.

    Both may be packed with gzip, and may be the same file.
    """
    from hanze.connectors.ndw.source import NdwFiles  # noqa: PLC0415  # lxml takes its time

    manifest = load_manifest("ndw")
    intake = NdwFiles(site_table, measurements, manifest.provenance, HANZE.expand_name)
    return run_intake(manifest.name, intake, Target(**target))  # type: ignore[arg-type]  # click's values


@importing.command("sensor-community", short_help="Air quality measured by citizens.")
@click.argument("file", type=_file)
@click.option("--sensor", help="The sensor, for messages of the firmware that do not name it.")
@click.option("--received", help="When they came (DateTime in UTC), for messages without a time.")
@target_options
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
    return run_intake(manifest.name, intake, Target(**target))  # type: ignore[arg-type]  # click's values


@importing.command("csv", short_help="Any table, with a mapping.")
@click.argument("file", type=_file)
@click.option("--type", "entity_type", required=True, help="Type of the entities.")
@click.option(
    "--map", "mapping", type=_file, required=True, help="TOML file that says what columns mean."
)
@target_options
def csv_file(file: Path, entity_type: str, mapping: Path, **target: object) -> int:
    """Import a table: each row an entity, each column an attribute, as the mapping says."""
    from hanze.connectors.csv_file.source import CsvFile, load_mapping  # noqa: PLC0415

    try:
        HANZE.expand_name(entity_type)
    except InvalidInput as error:
        raise click.BadParameter(str(error), param_hint="--type") from error
    intake = CsvFile(file, load_mapping(mapping), entity_type=entity_type, expand=HANZE.expand_name)
    return run_intake("csv", intake, Target(**target))  # type: ignore[arg-type]  # click's values


def _moment(text: str) -> str:
    from hanze.ngsild.moment import normalise_datetime  # noqa: PLC0415  # not for --help

    try:
        return normalise_datetime(text, field="--received")
    except InvalidInput as error:
        raise click.BadParameter(str(error), param_hint="--received") from error
