"""The files of the world, as they come with the package."""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib import resources

from hanze.connectors.strategy.decode import Document, World, WorldDamaged, decode

__all__ = ["read_files", "read_world"]


def read_files() -> Mapping[str, Document]:
    """Read the files, by name.

    Raises:
        WorldDamaged: A file is no TOML.
    """
    folder = resources.files("hanze.connectors.strategy") / "records"
    found: dict[str, Document] = {}
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            try:
                found[file.name] = tomllib.loads(file.read_text("utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise WorldDamaged(f"{file.name}: {error}") from error
    return found


def read_world(today: date) -> World:
    """Make the world as it stands on a day.

    Raises:
        WorldDamaged: A file is not as it must be.
    """
    return decode(read_files(), today)
