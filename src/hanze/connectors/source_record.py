"""Sources as they are configured: which connector, which options, and what each option may be."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

from hanze.connectors import Provenance
from hanze.connectors.decoders import Connector
from hanze.connectors.manifest import Described, How
from hanze.connectors.streaming import Options, Scalar, Uplink
from hanze.errors import InvalidInput

__all__ = [
    "Example",
    "SourceRecord",
    "checked",
    "flag",
    "how_of",
    "message_options",
    "options_of",
    "provenance_of",
    "secret_names",
]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECRET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TENANT: Final = re.compile(r"[A-Za-z0-9_.:-]{0,128}")
_MOST_NUMBER: Final = (1 << 32) - 1
#: They stand in addresses where names do.
_TAKEN: Final = ("add", "test")
_LONGEST: Final = 20_000
_MOST_OPTIONS: Final = 60

#: What every source may say.
_ALL: Final[Mapping[str, Described]] = {
    "how": Described("How messages come, where the connector knows several: mqtt, push or poll"),
    "tenant": Described("Tenant of the entities; empty: the default one"),
    "owner": Described("Who owns the data; empty: whom the connector names"),
    "license": Described("Address of the licence; empty: the one the connector names"),
    "approve": Described(
        "Whether messages of a device that nobody let in wait for a person to do so", default=False
    ),
    "decoder": Described(
        "Name of a payload decoder in JavaScript: a file in the folder `decoders` of the data "
        "directory"
    ),
}
_BY_HOW: Final[Mapping[How, Mapping[str, Described]]] = {
    "mqtt": {
        "url": Described("Address of the broker, e.g. mqtts://broker.example:8883", required=True),
        "topic": Described("Topics to listen to, with spaces between them", required=True),
        "qos": Described("0, or 1: the broker keeps what the node has not confirmed", default=1),
        "client_id": Described(
            "How the broker knows the node again; empty: made of the source's name"
        ),
        "session_s": Described(
            "Seconds for which a broker of MQTT 5 keeps messages while the node is away",
            default=604_800,
        ),
        "protocol": Described("Version of MQTT: 5 or 3.1.1", default="5"),
        "username": Described("Name at the broker"),
        "password": Described("Password at the broker", secret=True),
        "ca": Described("Certificate (PEM) that signs the broker's own", secret=True),
    },
    "poll": {
        "url": Described("Address that is asked", required=True),
        "every_s": Described("Seconds between turns", default=300.0),
        "header": Described("A header that is sent along, as `Name: value`", secret=True),
    },
    "push": {
        "secret": Described("What senders put into the header Hanze-Source-Secret", secret=True),
    },
}


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A test vector of a script: what goes in, and what must come out.

    Attributes:
        bytes: Hexadecimal.
        data: The answer's `data`, or what of it must be so.
        errors: Whether the script must refuse.
    """

    bytes: str
    f_port: int = 1
    recv_time: str | None = None
    data: Mapping[str, object] | None = None
    errors: bool = False

    def uplink(self) -> Uplink:
        """The example as the script gets it.

        Raises:
            InvalidInput: The bytes are not hexadecimal.
        """
        try:
            data = bytes.fromhex(self.bytes)
        except ValueError as error:
            raise InvalidInput(
                "The bytes of an example must be hexadecimal", field="examples", value=self.bytes
            ) from error
        return Uplink(data=data, f_port=self.f_port, received_at=self.recv_time)


class SourceRecord(msgspec.Struct, frozen=True):
    """One source.

    Attributes:
        options: As they were given; secrets by the names of their files.
        script: Payload decoder in JavaScript; "" where there is none.
        examples: Its test vectors.
        added_at: DateTime text; "" where it stands in `hanze.toml`.
    """

    name: str
    connector: str
    options: Options = {}
    enabled: bool = True
    script: str = ""
    examples: tuple[Example, ...] = ()
    added_at: str = ""


def how_of(connector: Connector, options: Options) -> How:
    """Tell how messages of a source come: as it says, by the scheme of its address, or as usual.

    Raises:
        InvalidInput: The connector does not know that way.
    """
    known = connector.stream.how
    said = str(options.get("how", ""))
    url = str(options.get("url", ""))
    if not said and url.startswith(("mqtt://", "mqtts://")) and "mqtt" in known:
        said = "mqtt"
    elif not said and url.startswith(("http://", "https://")) and "poll" in known:
        said = "poll"
    elif not said and not url and "push" in known and _needs(connector, known[0], "url"):
        said = "push"
    said = said or known[0]
    if said not in known:
        raise InvalidInput(
            f"The connector {connector.manifest.name} takes no messages by {said[:20]}, but by "
            f"{' or '.join(known)}",
            field="how",
            value=said,
        )
    return said


def _needs(connector: Connector, how: How, option: str) -> bool:
    own = connector.stream.options.get(option)
    described = own or _BY_HOW[how].get(option)
    return described is not None and described.required


def options_of(connector: Connector, how: How) -> dict[str, Described]:
    """List the options of a source, those of its connector last."""
    stream = connector.stream
    listed = {**_ALL, **_BY_HOW[how]}
    listed["approve"] = Described(_ALL["approve"].description, default=stream.approve)
    if how == "poll":
        listed["every_s"] = Described(
            _BY_HOW["poll"]["every_s"].description, default=stream.every_s
        )
        if connector.requests is not None:
            listed["url"] = Described(_BY_HOW["poll"]["url"].description)
    if stream.unknown_licence:
        for name in ("owner", "license"):
            listed[name] = Described(_ALL[name].description)
    own = {name: one for name, one in stream.options.items() if not one.how or how in one.how}
    return {**listed, **own}


def checked(record: SourceRecord, connector: Connector) -> Options:
    """Check the options of a source, and fill in the defaults.

    Raises:
        InvalidInput: The name or an option is wrong, missing or unknown.
    """
    if not _NAME.fullmatch(record.name) or record.name in _TAKEN:
        raise InvalidInput(
            "The name of a source has small letters, digits and dashes only, at most 63, and is "
            f"not {' or '.join(_TAKEN)}",
            field="name",
            value=record.name,
        )
    how = how_of(connector, record.options)
    listed = options_of(connector, how)
    if len(record.options) > _MOST_OPTIONS:
        raise InvalidInput(f"A source has at most {_MOST_OPTIONS} options", field="options")
    for name in record.options:
        if name not in listed:
            raise InvalidInput(
                f"The option {name[:60]} does not exist for messages by {how}; there are: "
                f"{', '.join(sorted(listed))}",
                field=f"options.{name[:60]}",
            )
    found = {
        name: _value(name, described, record.options.get(name))
        for name, described in listed.items()
    }
    if not _TENANT.fullmatch(str(found["tenant"])):
        raise InvalidInput(
            "The name of a tenant has at most 128 letters, digits, or any of _ . : -",
            field="options.tenant",
            value=found["tenant"],
        )
    if how == "poll" and found["url"]:
        _check_url(str(found["url"]))
    return {**found, "how": how}


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        # The port is read here, and may be none.
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url:
        raise InvalidInput("The address must be an http or https URL", field="options.url")


def _value(name: str, described: Described, given: Scalar | None) -> Scalar:
    if given is None or given == "":
        if described.required and not described.default:
            raise InvalidInput(
                f"The option {name} is needed: {described.description}", field=f"options.{name}"
            )
        return described.default
    if isinstance(given, str) and len(given) > _LONGEST:
        raise InvalidInput(f"The option {name} is too long", field=f"options.{name}")
    if described.secret and not _SECRET.fullmatch(str(given)):
        raise InvalidInput(
            f"The option {name} names a file in the folder `secrets`, not the secret itself",
            field=f"options.{name}",
        )
    return _like(name, described.default, given)


def _like(name: str, default: Scalar, given: Scalar) -> Scalar:
    """Read a value as what its default is; texts of a command line become numbers."""
    if isinstance(default, str):
        return str(given)
    try:
        found = msgspec.convert(given, type(default), strict=False)
    except msgspec.ValidationError as error:
        kinds = {bool: "true or false", int: "a whole number", float: "a number"}
        raise InvalidInput(
            f"The option {name} must be {kinds[type(default)]}",
            field=f"options.{name}",
            value=given,
        ) from error
    # All of them are lengths of time and counts; this is also false of what is no number (NaN).
    if not 0 <= found <= _MOST_NUMBER:
        raise InvalidInput(
            f"The option {name} must be 0 to {_MOST_NUMBER}", field=f"options.{name}", value=given
        )
    return found


def secret_names(connector: Connector, options: Options) -> dict[str, str]:
    """Name the files of secrets that checked options refer to, by option."""
    listed = options_of(connector, how_of(connector, options))
    return {
        name: str(options[name])
        for name, described in listed.items()
        if described.secret and options.get(name)
    }


def message_options(connector: Connector, options: Options) -> Options:
    """Leave out what a decoder must not see."""
    secret = secret_names(connector, options)
    return {name: value for name, value in options.items() if name not in secret}


def provenance_of(connector: Connector, options: Options) -> Provenance:
    """Say whose the data of a source is."""
    manifest = connector.manifest
    address = manifest.source
    if connector.stream.unknown_licence:
        address = _shown(str(options.get("url", ""))) if options.get("how") == "poll" else ""
    return Provenance(
        source=address,
        provider=str(options.get("owner") or manifest.owner),
        license=str(options.get("license") or manifest.license),
    )


def _shown(url: str) -> str:
    """Leave out the parts of an address in which keys and passwords stand: everybody sees it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def flag(options: Options, name: str) -> bool:
    """Read an option that is true or false."""
    return bool(options.get(name, False))
