"""A city's tenant as one file: entities, history and subscriptions, each with its digest.

The file is a ZIP with `manifest.json`, `entities.jsonl` (`collaboration.moving`), `history.parquet`
and `subscriptions.json`. It is there only once it is whole, and is read only where its digests agree.
"""

import hashlib
import os
import shutil
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, is_zipfile

import httpx
import msgspec
import orjson

from hanze.cli.asking import AskRefused, NodeUnreachable, send
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue
from hanze.transport.answers import detail_of, reason_of

__all__ = [
    "ENTITIES",
    "BundleDamaged",
    "Manifest",
    "is_bundle",
    "pack",
    "parts_beside",
    "put_history",
    "put_subscriptions",
    "save_history",
    "save_subscriptions",
    "unpack",
]

ENTITIES: Final = "entities.jsonl"
_HISTORY: Final = "history.parquet"
_SUBSCRIPTIONS: Final = "subscriptions.json"
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = 2
_PIECE: Final = 1 << 20
_PAGE: Final = 100
_TENANT: Final = "NGSILD-Tenant"
#: What the node says of a subscription, and nobody may tell it.
_OWN: Final = ("status", "createdAt", "modifiedAt")
_OWN_OF_NOTIFICATION: Final = (
    *("status", "timesSent", "timesFailed", "lastNotification", "lastFailure", "lastSuccess"),
)


class BundleDamaged(InvalidInput):
    """A file is no export of a city, or not as it was written."""


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What is in a bundle.

    Attributes:
        hanze_member: Version of the format.
        entities: How many.
        values: Of the history.
        subscriptions: How many.
        digests: Part → SHA-256 in hexadecimal digits.
    """

    hanze_member: int
    tenant: str
    entities: int
    values: int
    subscriptions: int
    digests: Mapping[str, str]


def is_bundle(file: Path) -> bool:
    """Whether a file is a bundle, and not entities alone."""
    return is_zipfile(file)


@contextmanager
def parts_beside(file: Path) -> Iterator[Path]:
    """Give a folder for the parts of a file, for its owner alone; it goes when the command ends.

    A command that is killed leaves it behind, with secrets of subscriptions in it. So it has one
    name for each file: the next command over the same file takes it away.
    """
    folder = file.with_name(f".{file.name}.hanze-parts")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


async def save_history(client: httpx.AsyncClient, tenant: str, folder: Path) -> int:
    """Write the history of a tenant; return how many values it has.

    Raises:
        AskRefused: The node does not give it.
        NodeUnreachable: Nobody answers, or the answer breaks off.
    """
    from hanze.store.history.export import rows_of  # noqa: PLC0415  # not for --help

    path = folder / _HISTORY
    try:
        request = client.stream("GET", "/api/v1/history/export.parquet", headers={_TENANT: tenant})
        async with request as answer:
            if not answer.is_success:
                await answer.aread()
                raise AskRefused(detail_of(answer))
            with path.open("wb") as out:
                async for piece in answer.aiter_bytes():
                    out.write(piece)
    except httpx.HTTPError as error:
        raise NodeUnreachable(str(client.base_url), reason_of(error)) from error
    return rows_of(path)


async def save_subscriptions(client: httpx.AsyncClient, tenant: str, folder: Path) -> int:
    """Write a tenant's subscriptions as they may be created again; return how many."""
    found: list[JsonValue] = []
    while True:
        answer = await send(
            client,
            "GET",
            f"/ngsi-ld/v1/subscriptions?limit={_PAGE}&offset={len(found)}",
            headers={_TENANT: tenant},
        )
        page: list[dict[str, JsonValue]] = orjson.loads(answer.content)
        found += [_creatable(one) for one in page]
        if len(page) < _PAGE:
            break
    (folder / _SUBSCRIPTIONS).write_bytes(msgspec.json.encode(found))
    return len(found)


def _creatable(told: Mapping[str, JsonValue]) -> JsonValue:
    kept = {name: value for name, value in told.items() if name not in _OWN}
    notification = kept.get("notification")
    if isinstance(notification, Mapping):
        kept["notification"] = {
            name: value for name, value in notification.items() if name not in _OWN_OF_NOTIFICATION
        }
    return kept


def pack(folder: Path, file: Path, tenant: str, counts: tuple[int, int, int]) -> None:
    """Put parts into a file, which is there only once it is whole and on the disk.

    Args:
        folder: Has the parts.
        counts: Of entities, values and subscriptions.
    """
    parts = (ENTITIES, _HISTORY, _SUBSCRIPTIONS)
    digests = {name: _digest(folder / name) for name in parts}
    manifest = Manifest(_FORMAT, tenant, *counts, digests)
    part = file.with_name(file.name + ".part")
    try:
        # Subscriptions may hold secrets of their receivers.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            with ZipFile(out, "w", ZIP_DEFLATED) as bundle:
                bundle.writestr(_MANIFEST, msgspec.json.encode(manifest))
                for name in parts:
                    bundle.write(folder / name, name)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def unpack(file: Path, target: Path) -> Manifest:
    """Take a bundle apart into a folder, and see that it is as it was written.

    Raises:
        BundleDamaged: It is not.
    """
    try:
        with ZipFile(file) as bundle:
            manifest = msgspec.json.decode(bundle.read(_MANIFEST), type=Manifest)
            for name in (ENTITIES, _HISTORY, _SUBSCRIPTIONS):
                bundle.extract(name, target)
    except (BadZipFile, zlib.error, KeyError, OSError, EOFError, msgspec.MsgspecError) as error:
        raise BundleDamaged(
            f"{file.name} cannot be read as an export of a city: {error}"
        ) from error
    if manifest.hanze_member != _FORMAT:
        raise BundleDamaged(f"{file.name} is of format {manifest.hanze_member}, not {_FORMAT}")
    for name in (ENTITIES, _HISTORY, _SUBSCRIPTIONS):
        if manifest.digests.get(name) != _digest(target / name):
            raise BundleDamaged(f"{name} in {file.name} is not as it was written")
    return manifest


async def put_history(client: httpx.AsyncClient, tenant: str, folder: Path) -> int:
    """Bring the history in; return how many values are there of those that were told."""
    path = folder / _HISTORY
    headers = {_TENANT: tenant, "Content-Type": "application/vnd.apache.parquet"}
    try:
        answer = await client.post("/api/v1/history/import", headers=headers, content=_pieces(path))
    except httpx.HTTPError as error:
        raise NodeUnreachable(str(client.base_url), reason_of(error)) from error
    if not answer.is_success:
        raise AskRefused(detail_of(answer))
    told = orjson.loads(answer.content)
    return int(told.get("added", 0)) + int(told.get("unchanged", 0))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def put_subscriptions(client: httpx.AsyncClient, tenant: str, folder: Path) -> int:
    """Create the subscriptions that are not there yet; return how many are there then."""
    several: list[JsonValue] = orjson.loads((folder / _SUBSCRIPTIONS).read_bytes())
    for one in several:
        answer = await client.post("/ngsi-ld/v1/subscriptions", headers={_TENANT: tenant}, json=one)
        if not answer.is_success and answer.status_code != httpx.codes.CONFLICT:
            raise AskRefused(detail_of(answer))
    return len(several)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
