"""Every setting of a node: frozen, read once by the entry point, passed on as values.

A value comes from the first of these that has it: a flag of the command line, the environment
(`HANZE_SECTION__KEY`), `hanze.toml` in the data directory, the default below. An unknown key is an
error, wherever it stands: a misspelt setting would otherwise be ignored in silence.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, get_type_hints

import msgspec
from msgspec import Meta

from hanze.errors import ConfigurationError

__all__ = [
    "FILE_NAME",
    "Collective",
    "Contexts",
    "Described",
    "FileUnreadable",
    "History",
    "InvalidSetting",
    "Log",
    "Portal",
    "Retention",
    "Server",
    "Settings",
    "Source",
    "Store",
    "UnknownSetting",
    "Worker",
    "describe",
    "load_settings",
]

FILE_NAME = "hanze.toml"
_PREFIX = "HANZE_"
_SEPARATOR = "__"

Scalar = str | int | float | bool


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


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: Annotated[str, Meta(description="Address to listen on.", min_length=1)] = "127.0.0.1"
    port: Annotated[
        int, Meta(description="Port to listen on; 0 picks a free one.", ge=0, le=65535)
    ] = 1026
    dev: Annotated[
        bool,
        Meta(description="Everyone may read and write; the node listens on loopback only."),
    ] = False
    base_url: Annotated[
        str,
        Meta(
            description="URL under which others reach the node, where a proxy stands before it; "
            "empty: the address that it listens on.",
            pattern=r"^(https?://[^/?#]+)?$",
        ),
    ] = ""
    tls_certificate: Annotated[
        str,
        Meta(
            description="File with the certificate chain (PEM): the node then speaks HTTPS, TLS "
            "1.2 or newer. A relative path starts at the data directory."
        ),
    ] = ""
    tls_key: Annotated[
        str, Meta(description="File with the certificate's private key (PEM), likewise.")
    ] = ""
    max_body_mb: Annotated[int, Meta(description="Largest request body, in MB.", ge=1, le=1024)] = (
        32
    )
    max_header_kb: Annotated[
        int, Meta(description="Largest request line with headers, in KB.", ge=4, le=1024)
    ] = 64
    header_timeout_s: Annotated[
        float, Meta(description="Seconds in which a request's headers must have arrived.", gt=0)
    ] = 20.0
    keep_alive_s: Annotated[
        int, Meta(description="Seconds that an idle connection is kept.", ge=1)
    ] = 75
    shutdown_s: Annotated[
        int, Meta(description="Seconds that running requests get when the node stops.", ge=1)
    ] = 10


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cache_mb: Annotated[
        int, Meta(description="Memory for entities as they are stored, in MB.", ge=0)
    ] = 256
    max_tenants: Annotated[
        int,
        Meta(
            description="Tenants that may arise, the default one among them: a client that "
            "invents names must not fill the memory.",
            ge=1,
        ),
    ] = 256


class Contexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allow_private: Annotated[
        bool, Meta(description="Fetch @contexts from private and loopback addresses too.")
    ] = False
    max_kb: Annotated[int, Meta(description="Largest @context that is fetched, in KB.", ge=1)] = (
        1024
    )
    timeout_s: Annotated[
        float, Meta(description="Seconds after which fetching a @context is given up.", gt=0)
    ] = 5.0


class Portal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(description="Name of the node on its pages.", min_length=1)] = (
        "Hanze"
    )
    timezone: Annotated[
        str, Meta(description="IANA time zone in which pages show times.", min_length=1)
    ] = "Europe/Amsterdam"
    live_listeners: Annotated[
        int,
        Meta(description="Pages that may follow live values at a time; 0: none.", ge=0, le=60_000),
    ] = 1_000
    live_listeners_per_address: Annotated[
        int, Meta(description="The same from one address.", ge=0, le=60_000)
    ] = 20


class Collective(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contributions: Annotated[
        bool, Meta(description="Residents may contribute over the web without an account.")
    ] = True
    contributions_closed_in: Annotated[
        str,
        Meta(
            description="Tenants that take no such contributions, separated by spaces; '-' is the "
            "default tenant."
        ),
    ] = ""
    contributions_per_hour: Annotated[
        int,
        Meta(description="Contributions that one address may make in an hour.", ge=0, le=100_000),
    ] = 10
    contributions_per_hour_together: Annotated[
        int,
        Meta(description="The same of all addresses together.", ge=0, le=1_000_000),
    ] = 500
    resident_keys: Annotated[
        int,
        Meta(
            description="Keys that residents may have given themselves at a time, to add sensors "
            "of their own; 0 gives none.",
            ge=0,
            le=10_000,
        ),
    ] = 1_000
    resident_key_days: Annotated[
        int, Meta(description="Days after which such a key expires.", ge=1, le=3_650)
    ] = 365
    resident_keys_per_day: Annotated[
        int, Meta(description="Such keys that one address may get in a day.", ge=0, le=10_000)
    ] = 3
    resident_readings_per_hour: Annotated[
        int,
        Meta(
            description="Sensors and readings that one such key may send in an hour.",
            ge=0,
            le=1_000_000,
        ),
    ] = 3_600
    address_header: Annotated[
        str,
        Meta(
            description="Header in which a proxy before the node says whom it serves, e.g. "
            "X-Forwarded-For, for the limits above; its last address counts. Empty: the address "
            "that the connection comes from.",
            pattern="^[A-Za-z0-9-]*$",
        ),
    ] = ""


class Worker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sweep_s: Annotated[
        float, Meta(description="Seconds between removals of what has expired.", gt=0)
    ] = 10.0
    collective_s: Annotated[
        float,
        Meta(description="Seconds between readings of what changed in the collective.", gt=0),
    ] = 30.0


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flush_s: Annotated[
        float,
        Meta(description="Seconds between transfers from the journal to the archive.", gt=0),
    ] = 1.0
    memory_mb: Annotated[
        int, Meta(description="Memory that the archive may use, in MB.", ge=64)
    ] = 512


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the history of entities of one type is kept (`[[retention]]` in the file).

    Attributes:
        type: IRI, or a term of the node's default @context; "*" for types without a rule.
        keep_days: Days after which instances are removed; 0 keeps them for ever.
        means_after_days: Days after which only means, minima, maxima and counts of periods are
            kept of numbers; 0 keeps every value.
        means_period: Length of such a period, e.g. "PT1H" (4.5.19.1).
    """

    type: Annotated[str, Meta(min_length=1)]
    keep_days: Annotated[int, Meta(ge=0)] = 0
    means_after_days: Annotated[int, Meta(ge=0)] = 0
    means_period: str = "PT1H"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stream of data that the node follows (`[[source]]` in the file).

    Attributes:
        name: Unique; in ids, paths and logs.
        connector: Which connector reads it (`hanze source connectors`).
        enabled: Whether the node follows it.
        options: What this connector asks for, e.g. `url`, `topic`, `every_s`; secrets stand in
            the folder `secrets` of the data directory and are named here.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    connector: Annotated[str, Meta(min_length=1)]
    enabled: bool = True
    options: Mapping[str, Scalar] = {}


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    level: Annotated[
        str,
        Meta(
            description="Least severe level that is logged: debug, info, warning or error.",
            pattern="^(debug|info|warning|error)$",
        ),
    ] = "info"


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
    "log": Log,
}

#: Lists of tables, which only the file can hold.
_TABLES: Mapping[str, type[msgspec.Struct]] = {"retention": Retention, "source": Source}


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
    try:
        return msgspec.convert(raw, tuple[_TABLES[name], ...])  # type: ignore[misc]  # known at run time
    except msgspec.ValidationError as error:
        raise InvalidSetting(name, origin, str(error)) from error


def _type_of(section: str, key: str) -> object | None:
    kind = _SECTIONS.get(section)
    return None if kind is None else get_type_hints(kind, include_extras=True).get(key)
