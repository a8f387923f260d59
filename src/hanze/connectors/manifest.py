"""Manifests: what a connector reads, whose data it is, and under which licence."""

import tomllib
from importlib import resources

import msgspec

from hanze.connectors import Provenance
from hanze.errors import ConfigurationError

__all__ = ["Manifest", "load_manifest", "manifests"]


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
