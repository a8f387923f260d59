"""Every setting of a node: frozen, read once by the entry point, passed on as values.

A value comes from the first of these that has it: a flag of the command line, the environment
(`HANZE_SECTION__KEY`), `hanze.toml` in the data directory, the default below. An unknown key is an
error, wherever it stands: a misspelt setting would otherwise be ignored in silence.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_type_hints

import msgspec

from hanze.errors import ConfigurationError
from hanze.settings.identity import Identity
from hanze.settings.sections import (
    Collective,
    Contexts,
    Distribution,
    Governance,
    History,
    League,
    Log,
    Notifications,
    Portal,
    Retention,
    Scalar,
    Server,
    Snapshots,
    Source,
    Sources,
    Store,
    Worker,
)
from hanze.settings.security import Security

__all__ = [
    "FILE_NAME",
    "Collective",
    "Contexts",
    "Described",
    "Distribution",
    "FileUnreadable",
    "Governance",
    "History",
    "Identity",
    "InvalidSetting",
    "League",
    "Log",
    "Notifications",
    "Portal",
    "Retention",
    "Security",
    "Server",
    "Settings",
    "Snapshots",
    "Source",
    "Sources",
    "Store",
    "UnknownSetting",
    "Worker",
    "describe",
    "load_settings",
]

FILE_NAME = "hanze.toml"
_PREFIX = "HANZE_"
_SEPARATOR = "__"


class UnknownSetting(ConfigurationError):
    """A file or the environment names a setting that does not exist."""

    def __init__(self, name: str, origin: str) -> None:
        section = _SECTIONS.get(name.partition(".")[0])
        known = _SECTIONS if section is None else section.__struct_fields__
        where = "sections" if section is None else "settings of this section"
        super().__init__(
            f"Setting {name} in {origin} does not exist; the {where} are {', '.join(known)}"
        )
        self.field = name


class InvalidSetting(ConfigurationError):
    """A setting has a value that it cannot have."""

    def __init__(self, name: str, origin: str, reason: str) -> None:
        super().__init__(f"Setting {name} in {origin} is not valid: {reason}")
        self.field = name


class FileUnreadable(ConfigurationError):
    """The file of settings cannot be read, or is no TOML."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The file of settings {path} cannot be read: {reason}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the node was told.

    Attributes:
        data: The data directory; `None` keeps everything in memory, for tests.
        origins: Where each value comes from, by full name ("server.port").
    """

    data: Path | None = None
    server: Server = field(default_factory=Server)
    store: Store = field(default_factory=Store)
    contexts: Contexts = field(default_factory=Contexts)
    portal: Portal = field(default_factory=Portal)
    collective: Collective = field(default_factory=Collective)
    worker: Worker = field(default_factory=Worker)
    history: History = field(default_factory=History)
    notifications: Notifications = field(default_factory=Notifications)
    distribution: Distribution = field(default_factory=Distribution)
    snapshots: Snapshots = field(default_factory=Snapshots)
    sources: Sources = field(default_factory=Sources)
    league: League = field(default_factory=League)
    governance: Governance = field(default_factory=Governance)
    identity: Identity = field(default_factory=Identity)
    security: Security = field(default_factory=Security)
    log: Log = field(default_factory=Log)
    retention: tuple[Retention, ...] = ()
    source: tuple[Source, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    """One setting, for people: `name` is "server.port", `variable` "HANZE_SERVER__PORT"."""

    name: str
    variable: str
    value: Scalar
    default: Scalar
    origin: str
    description: str


_SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    "server": Server,
    "store": Store,
    "contexts": Contexts,
    "portal": Portal,
    "collective": Collective,
    "worker": Worker,
    "history": History,
    "notifications": Notifications,
    "distribution": Distribution,
    "snapshots": Snapshots,
    "sources": Sources,
    "league": League,
    "governance": Governance,
    "identity": Identity,
    "security": Security,
    "log": Log,
}

#: Lists of tables, which only the file can hold.
_TABLES: Mapping[str, object] = {
    "retention": tuple[Retention, ...],
    "source": tuple[Source, ...],
}


def load_settings(
    data: Path | None,
    *,
    flags: Mapping[str, Scalar | None],
    environ: Mapping[str, str],
) -> Settings:
    """Read the settings of the node in a directory.

    Args:
        data: The data directory; it and `hanze.toml` in it need not exist.
        flags: By full name; `None` means that the flag was not given.
        environ: The environment of the process.

    Raises:
        UnknownSetting: A key does not exist.
        InvalidSetting: A value is not of the setting's type or out of its bounds.
        FileUnreadable: `hanze.toml` is there and cannot be read, or is no TOML.
    """
    merged: dict[str, dict[str, object]] = {section: {} for section in _SECTIONS}
    origins: dict[str, str] = {}
    tables: dict[str, object] = {}
    for name, raw, origin in _layers(data, flags, environ):
        if name in _TABLES:
            tables[name] = _table(name, raw, origin)
            continue
        section, _, key = name.partition(".")
        kind = _type_of(section, key)
        if kind is None:
            raise UnknownSetting(name, origin)
        try:
            # Text of the environment becomes a number or a truth value; in the file 1 is not "1".
            value = msgspec.convert(raw, kind, strict=not origin.startswith(_PREFIX))
        except msgspec.ValidationError as error:
            raise InvalidSetting(name, origin, str(error)) from error
        merged[section][key] = value
        origins[name] = origin
    sections = {name: kind(**merged[name]) for name, kind in _SECTIONS.items()}
    return Settings(data=data, origins=origins, **sections, **tables)  # type: ignore[arg-type]  # one per field


def describe(settings: Settings) -> Iterator[Described]:
    """List every setting with its value and origin, in the order of this module."""
    for section, kind in _SECTIONS.items():
        values = getattr(settings, section)
        defaults = kind()
        for key, hint in get_type_hints(kind, include_extras=True).items():
            name = f"{section}.{key}"
            yield Described(
                name=name,
                variable=f"{_PREFIX}{section}{_SEPARATOR}{key}".upper(),
                value=getattr(values, key),
                default=getattr(defaults, key),
                origin=settings.origins.get(name, "default"),
                description=hint.__metadata__[0].description,
            )


def _layers(
    data: Path | None, flags: Mapping[str, Scalar | None], environ: Mapping[str, str]
) -> Iterator[tuple[str, object, str]]:
    """Yield name, raw value and origin, the weakest first: what comes later wins."""
    if data is not None:
        yield from _read_file(data / FILE_NAME)
    for variable, text in sorted(environ.items()):
        if variable.startswith(_PREFIX) and _SEPARATOR in variable:
            section, _, key = variable.removeprefix(_PREFIX).lower().partition(_SEPARATOR)
            yield f"{section}.{key}", text, variable
    for name, value in flags.items():
        if value is not None:
            yield name, value, "flag"


def _read_file(path: Path) -> Iterator[tuple[str, object, str]]:
    origin = str(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileUnreadable(origin, str(error)) from error
    for section, values in document.items():
        if section in _TABLES:
            yield section, values, origin
            continue
        if not isinstance(values, dict):
            raise UnknownSetting(section, origin)
        for key, value in values.items():
            yield f"{section}.{key}", value, origin


def _table(name: str, raw: object, origin: str) -> object:
    if name == "source" and isinstance(raw, list):
        raw = [_with_options(row) for row in raw]
        names = [row.get("name") for row in raw if isinstance(row, dict)]
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise InvalidSetting(name, origin, f"two sources are called {twice}")
    try:
        found: object = msgspec.convert(raw, _TABLES[name])
    except msgspec.ValidationError as error:
        raise InvalidSetting(name, origin, str(error)) from error
    return found


def _with_options(row: object) -> object:
    """Take what a source says besides its name and connector as options; these are checked later."""
    if not isinstance(row, dict):
        return row
    options = {key: value for key, value in row.items() if key not in Source.__struct_fields__}
    kept = {key: value for key, value in row.items() if key not in options}
    given = kept.get("options", {})
    return {**kept, "options": {**options, **given}} if isinstance(given, dict) else row


def _type_of(section: str, key: str) -> object | None:
    kind = _SECTIONS.get(section)
    return None if kind is None else get_type_hints(kind, include_extras=True).get(key)
