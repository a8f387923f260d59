"""`hanze doctor`: can a node run here, and if not, what is to be done."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import click

from hanze.cli.doctor_classes import unclassified_types
from hanze.cli.doctor_records import missing_extras, wrong_records
from hanze.cli.exits import FAILED
from hanze.cli.listening import CannotListen, check_exposure, listen
from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.errors import HanzeError
from hanze.node.clock import utc_now
from hanze.node.tokens import open_tokens
from hanze.settings import Settings, load_settings
from hanze.store.files import DATABASE
from hanze.store.lock import holder_of
from hanze.store.schema import MIGRATIONS, connect_reader

__all__ = ["Finding", "doctor"]

_OK, _NOTE, _WRONG = "ok", "note", "wrong"
_LITTLE_SPACE = 1 << 30
#: What `hatch_build.py` takes from npm packages: map, countries, style.
_FRONT_END = ("maplibre-gl.mjs", "countries-50m.json", "design-system.css")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `state` is "ok", "note" (works, but know this) or "wrong"."""

    check: str
    state: str
    detail: str


@click.command()
@data_option
@json_option
def doctor(data: Path, as_json: bool) -> int:
    """Check whether a node can run on the data directory, and what is wrong with it.

    Changes nothing. Ends with exit code 1 when something is wrong.
    """
    findings = list(_examine(data))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table(("check", "state", "found"), [(f.check, f.state, f.detail) for f in findings])
    return FAILED if any(f.state == _WRONG for f in findings) else 0


def _examine(data: Path) -> Iterator[Finding]:
    yield Finding(
        "versions", _OK, f"Python {sys.version.split()[0]}, SQLite {apsw.sqlite_lib_version()}"
    )
    try:
        settings = load_settings(data, flags={}, environ=os.environ)
    except HanzeError as error:
        yield Finding("settings", _WRONG, str(error))
        return
    yield Finding("settings", _OK, f"{len(settings.origins)} differ from their defaults")
    checks: dict[str, Callable[[], Finding]] = {
        "time zone": partial(_time_zone, settings),
        "directory": partial(_directory, data),
        "database": partial(_database, data),
        "tokens": partial(_tokens, data),
        "address": partial(_address, settings, data),
        "records": partial(_records, data),
        "classification": partial(_classification, data),
        "extras": _extras,
        "portal": _portal,
    }
    for name, check in checks.items():
        try:
            yield check()
        except HanzeError as error:
            yield Finding(name, _WRONG, str(error))


def _time_zone(settings: Settings) -> Finding:
    zone = settings.portal.timezone
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return Finding("time zone", _WRONG, f"portal.timezone {zone} is no IANA time zone")
    return Finding("time zone", _OK, zone)


def _portal() -> Finding:
    vendor = resources.files("hanze.web.portal") / "static" / "vendor"
    missing = [name for name in _FRONT_END if not (vendor / name).is_file()]
    if missing:
        found = (
            f"built without {', '.join(missing)}: no interactive map, or no countries on maps; "
            "installing again with Node.js and npm adds them"
        )
        return Finding("portal", _NOTE, found)
    return Finding("portal", _OK, "with its parts from npm")


def _records(data: Path) -> Finding:
    path = data / DATABASE
    if not path.exists():
        return Finding("records", _OK, "none yet")
    try:
        read, wrong = wrong_records(path)
    except apsw.Error as error:
        return Finding("records", _NOTE, f"not looked at: {error}")
    if wrong:
        return Finding("records", _NOTE, f"{read} records of the collective; {wrong}")
    return Finding("records", _OK, f"{read} records of the collective, all readable")


def _classification(data: Path) -> Finding:
    path = data / DATABASE
    if not path.exists():
        return Finding("classification", _OK, "nothing to classify yet")
    try:
        wrong = unclassified_types(path)
    except apsw.Error as error:
        return Finding("classification", _NOTE, f"not looked at: {error}")
    return Finding("classification", _NOTE if wrong else _OK, wrong or "of every type")


def _extras() -> Finding:
    missing = missing_extras()
    return Finding("extras", _NOTE if missing else _OK, missing or "all of the extra collective")


def _directory(data: Path) -> Finding:
    if not data.exists():
        return Finding("directory", _NOTE, f"{data} does not exist; the first start makes it")
    if not os.access(data, os.W_OK | os.X_OK):
        return Finding("directory", _WRONG, f"{data} cannot be written by this user")
    free = shutil.disk_usage(data).free
    found = f"{data}, {free / 1e9:.1f} GB free"
    return Finding("directory", _NOTE if free < _LITTLE_SPACE else _OK, found)


def _database(data: Path) -> Finding:
    path = data / DATABASE
    if not path.exists():
        return Finding("database", _NOTE, "there is none yet; the first start makes it")
    try:
        reader = connect_reader(path)
        version = reader.pragma("user_version")
        complaints = [row[0] for row in reader.execute("PRAGMA quick_check(3)")]
        entities = reader.execute("SELECT count(*) FROM entity").get if version else 0
        reader.close()
    except apsw.Error as error:
        return Finding("database", _WRONG, f"{path} cannot be read: {error}; restore a backup")
    if complaints != ["ok"]:
        return Finding("database", _WRONG, f"{path} is damaged: {complaints[0]}; restore a backup")
    if int(version) > len(MIGRATIONS):
        known = len(MIGRATIONS)
        found = f"version {version} is newer than {known}; it needs the newer hanze that wrote it"
        return Finding("database", _WRONG, found)
    holder = holder_of(data)
    found = f"{entities} entities, version {version}, sound"
    in_use = f"; process {holder} runs a node on it" if holder else ""
    return Finding("database", _OK, found + in_use)


def _tokens(data: Path) -> Finding:
    now = utc_now()
    active = sum(record.state(now) == "active" for record in open_tokens(data).records())
    if active == 0:
        found = "none: nobody can write, except with --dev; `hanze token new NAME` makes one"
        return Finding("tokens", _NOTE, found)
    return Finding("tokens", _OK, f"{active} active")


def _address(settings: Settings, data: Path) -> Finding:
    server = settings.server
    has_token = open_tokens(data).any_active(now=utc_now())
    check_exposure(server, settings.security, has_token=has_token)
    address, running = f"{server.host}:{server.port}", holder_of(data) is not None
    try:
        listen(server).close()
    except CannotListen:
        if not running:
            raise
        return Finding("address", _OK, f"{address} is taken, as it should be while a node runs")
    if running:
        found = f"{address} is free: the running node listens elsewhere, as its flags say"
        return Finding("address", _OK, found)
    return Finding("address", _OK, f"{address} is free")
