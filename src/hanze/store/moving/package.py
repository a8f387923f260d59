"""The file of an export: a ZIP of parts, each with its digest in a manifest that is the last part."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from hanze.store.moving.lines import ExportDamaged

__all__ = ["FORMAT", "VERSION", "Manifest", "PackageReader", "PackageWriter", "Part"]

FORMAT: Final = "hanze-export"
#: Grows with what older readers could not read.
VERSION: Final = 1
_MANIFEST: Final = "manifest.json"
_PIECE: Final = 1 << 20
_LARGEST_MANIFEST: Final = 64 << 20


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file in the export.

    Attributes:
        name: Path in the ZIP.
        rows: How many lines or rows it has; 0 for other files.
        sha256: Hexadecimal, of its content.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an export holds.

    Attributes:
        hanze: Version of the software that wrote it.
        made_at: DateTime text.
        schema_version: Of the tables; a newer reader brings older ones forward.
        keys: Whether the node's own keys are in it.
    """

    format: str = FORMAT
    version: int = VERSION
    hanze: str
    made_at: str
    schema_version: int
    keys: bool
    parts: tuple[Part, ...]


class PackageWriter:
    """Writes parts one after the other; memory stays small, however large they are."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self._parts: list[Part] = []

    def lines(self, name: str, lines: Iterable[bytes]) -> int:
        """Write lines; returns how many."""
        rows, size, digest = 0, 0, hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as out:
            for line in lines:
                out.write(line)
                digest.update(line)
                rows, size = rows + 1, size + len(line)
        self._parts.append(Part(name=name, rows=rows, bytes=size, sha256=digest.hexdigest()))
        return rows

    def file(self, name: str, path: Path, *, rows: int = 0) -> None:
        """Write a file as it is."""
        size, digest = 0, hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as out, path.open("rb") as source:
            while piece := source.read(_PIECE):
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        self._parts.append(Part(name=name, rows=rows, bytes=size, sha256=digest.hexdigest()))

    def close(self, *, hanze: str, made_at: str, schema_version: int, keys: bool) -> Manifest:
        """Write the manifest; without it a file is no export."""
        manifest = Manifest(
            hanze=hanze,
            made_at=made_at,
            schema_version=schema_version,
            keys=keys,
            parts=tuple(self._parts),
        )
        self._zip.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self._zip.close()
        return manifest


class PackageReader:
    """Reads an export; a part that is not what the manifest says is noticed when it was read.

    Raises:
        ExportDamaged: It is no export, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            if self._zip.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
                raise ExportDamaged(f"{path} has a manifest that is too large")
            self.manifest = msgspec.json.decode(self._zip.read(_MANIFEST), type=Manifest)
        except (OSError, KeyError, zipfile.BadZipFile, msgspec.DecodeError) as error:
            raise ExportDamaged(f"{path} is no export of a node: {error}") from error
        if self.manifest.format != FORMAT or self.manifest.version > VERSION:
            raise ExportDamaged(
                f"{path} is an export of version {self.manifest.version}; this hanze reads {VERSION}"
            )
        self.parts: Mapping[str, Part] = {part.name: part for part in self.manifest.parts}

    def lines(self, part: Part) -> Iterator[bytes]:
        """Read lines; the digest is compared behind the last one."""
        digest = hashlib.sha256()
        for line in self._pieces(part, iter_lines=True):
            digest.update(line)
            yield line
        self._compare(part, digest.hexdigest())

    def extract(self, part: Part, path: Path) -> None:
        """Write a part to a file of its own."""
        digest = hashlib.sha256()
        with path.open("wb") as out:
            for piece in self._pieces(part, iter_lines=False):
                digest.update(piece)
                out.write(piece)
        self._compare(part, digest.hexdigest())

    def close(self) -> None:
        self._zip.close()

    def _pieces(self, part: Part, *, iter_lines: bool) -> Iterator[bytes]:
        try:
            with self._zip.open(part.name) as source:
                yield from source if iter_lines else _pieces_of(source)
        except (KeyError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise ExportDamaged(f"The part {part.name[:100]} cannot be read: {error}") from error

    def _compare(self, part: Part, digest: str) -> None:
        if digest != part.sha256:
            raise ExportDamaged(
                f"The part {part.name[:100]} was changed: its digest is another one"
            )


def _pieces_of(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece
