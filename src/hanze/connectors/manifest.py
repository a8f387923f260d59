"""Manifests: what a connector reads, whose data it is, and under which licence."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec

from hanze.connectors import Provenance
from hanze.errors import ConfigurationError

__all__ = ["Described", "How", "Manifest", "Stream", "load_manifest", "manifests"]

#: How messages come: the node asks, it listens at a broker, or others send them.
How = Literal["poll", "mqtt", "push"]


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An option of a source, for people (`[stream.options.<name>]`).

    Attributes:
        description: What it means, in plain words.
        default: What it is where a source does not say it; also its type.
        required: Whether a source must say it; then there is no default.
        secret: Whether its value names a file in the folder `secrets` of the data directory.
        how: The ways of coming for which it counts; empty: all of them.
    """

    description: str
    default: str | int | float | bool = ""
    required: bool = False
    secret: bool = False
    how: tuple[How, ...] = ()


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a connector streams (`[stream]`).

    Attributes:
        how: The ways in which messages can come; the first one unless a source says `how`.
        every_s: Seconds between turns of asking.
        approve: Whether messages of a device that is not known yet wait until a person lets it in.
        unknown_licence: Whether a source must say itself who owns the data, and under which licence
            (`owner`, `license`): a connector for any device cannot know.
        any_fields: Whether messages can hold fields that nobody foresaw: then all of them are looked
            at for what seems personal, also those that become no attribute.
        options: What the connector asks for, besides what all sources of its kind have (`url`,
            `topic`, `every_s`, `secret` and so on): also to give one of these another default.
    """

    how: tuple[How, ...]
    every_s: float = 300.0
    approve: bool = False
    unknown_licence: bool = False
    any_fields: bool = False
    options: Mapping[str, Described] = {}


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A connector's `manifest.toml`.

    Attributes:
        name: As on the command line.
        title: For people.
        owner: Who owns or publishes the data; "" where the input says so itself.
        source: Address of the source.
        license: Address of the licence.
        purpose: What the data is used for.
        personal_data: Whether it tells something about persons.
        quality: Grade of the data, in words.
        format: What the connector reads.
        types: Entity types that it makes; empty where the user names them.
        stream: `None` where it reads files only.
    """

    name: str
    title: str
    owner: str
    source: str
    license: str
    purpose: str
    personal_data: bool
    quality: str
    format: str
    types: tuple[str, ...]
    stream: Stream | None = None

    @property
    def provenance(self) -> Provenance:
        return Provenance(source=self.source, provider=self.owner, license=self.license)


def load_manifest(package: str) -> Manifest:
    """Read the manifest of a connector by the name of its package, e.g. "ndw".

    Raises:
        ConfigurationError: No such connector, or its manifest is not as it must be.
    """
    file = resources.files("hanze.connectors") / package / "manifest.toml"
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Manifest)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(
            f"The manifest of connector {package} is unusable: {error}"
        ) from error


def manifests() -> tuple[Manifest, ...]:
    """The manifests of all connectors, by name."""
    packages = (entry.name for entry in resources.files("hanze.connectors").iterdir())
    having = (
        name
        for name in packages
        if (resources.files("hanze.connectors") / name / "manifest.toml").is_file()
    )
    return tuple(sorted(map(load_manifest, having), key=lambda manifest: manifest.name))
