"""Files that belong to records: kept in the node by the hash of their bytes.

They stand in registers of the store, in pieces: a commit makes them durable together with nothing
else, they go with backups and exports, and whoever keeps the same file twice keeps it once.
"""

import hashlib
from collections.abc import Container, Iterator, Mapping
from typing import Final

import msgspec

from hanze.broker.ports import RegistersView, Store, UnitOfWork
from hanze.errors import Conflicting, InvalidInput, NotFound, TooMuch
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, WRITER

__all__ = [
    "LARGEST_DOCUMENT",
    "MEDIA_TYPES",
    "MOST_OF_ALL",
    "DocumentNamed",
    "DocumentNotFound",
    "DocumentRefused",
    "DocumentTooLarge",
    "DocumentsFull",
    "KeptDocument",
    "StoredDocument",
    "document",
    "is_kept",
    "keep_document",
    "kept_documents",
    "remove_document",
]

#: Of one file, in bytes.
LARGEST_DOCUMENT: Final = 10_000_000
#: Of all files of a node, in bytes, until its operator says otherwise.
MOST_OF_ALL: Final = 2_000_000_000

_KEPT: Final = "document"
_PIECES: Final = "document-piece"
#: Of a piece, in bytes: rows of the store stay small for who reads and exports them.
_PIECE: Final = 500_000
#: What a file counts for at least: its rows take room, and so many are looked through for each.
_LEAST: Final = 4_096

_ZIP: Final = b"PK\x03\x04"
#: By media type: what its files begin with; nothing is asked of text but that it is text.
MEDIA_TYPES: Final[dict[str, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF",
    "text/plain": b"",
    "application/vnd.oasis.opendocument.text": _ZIP,
    "application/vnd.oasis.opendocument.spreadsheet": _ZIP,
    "application/vnd.oasis.opendocument.presentation": _ZIP,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIP,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIP,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": _ZIP,
}


class DocumentNotFound(NotFound):
    """This node keeps no file of this hash, or none that the caller may have."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"Document {sha256[:64]} does not exist on this node")
        self.field = "sha256"
        self.value = sha256[:100]


class DocumentNamed(Conflicting):
    """A file is to go while a record tells everybody that it is there."""

    def __init__(self, sha256: str, record: str) -> None:
        super().__init__(f"Document {sha256} is named by {record}, which would lead nowhere")
        self.field = "sha256"
        self.value = sha256[:100]


class DocumentRefused(InvalidInput):
    """A file is empty, of a type that is not kept, or not of the type that it is said to be."""


class DocumentTooLarge(TooMuch):
    """A file is larger than a node keeps."""

    def __init__(self, size: int) -> None:
        super().__init__(f"A document may have {LARGEST_DOCUMENT} bytes, and this has {size}")
        self.field = "data"
        self.value = str(size)


class DocumentsFull(TooMuch):
    """The node keeps as many bytes of files as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The documents of this node may have {most} bytes together, and have as many; its "
            "operator can raise collective.documents_mb"
        )


class KeptDocument(msgspec.Struct, frozen=True):
    """What is known of a file without reading it.

    Attributes:
        media_type: One of `MEDIA_TYPES`.
        size: In bytes.
        kept_at: DateTime text, when it came first.
        tenants: From which it was kept.
    """

    media_type: str
    size: int
    kept_at: str
    tenants: tuple[str, ...]


class StoredDocument(msgspec.Struct, frozen=True):
    """A file.

    Attributes:
        sha256: Of `data`, in lower-case hexadecimal digits.
        media_type: One of `MEDIA_TYPES`.
        size: In bytes.
        data: The file.
        kept_at: DateTime text, when it came first.
    """

    sha256: str
    media_type: str
    size: int
    data: bytes
    kept_at: str


async def keep_document(
    store: Store,
    caller: Caller,
    data: bytes,
    media_type: str,
    *,
    now: str,
    most_bytes: int = MOST_OF_ALL,
) -> str:
    """Keep a file; return its SHA-256, under which records name it.

    A file that is there already is kept once.

    Args:
        caller: Who may write records; the tenant is noted.
        most_bytes: Of all files of the node together.

    Raises:
        DocumentRefused: It is empty, of another type than these, or not of the one it claims.
        DocumentTooLarge: It has more bytes than `LARGEST_DOCUMENT`.
        DocumentsFull: There is no room left.
    """
    _check(data, media_type)
    digest = hashlib.sha256(data).hexdigest()
    kept = KeptDocument(media_type, len(data), now, (caller.tenant,))
    await store.transact(lambda uow: _put(uow, digest, data, kept, most_bytes))
    return digest


def document(
    store: Store, caller: Caller, sha256: str, *, named: Container[str] = ()
) -> StoredDocument:
    """Read a file.

    Args:
        caller: Writers and auditors have every file that was kept in their tenant.
        named: Hashes that public records name (`document_names.named_documents`): anybody has these.

    Raises:
        DocumentNotFound: The node keeps none of this hash, its bytes are damaged, or the caller
            may not have it.
    """
    kept = _kept(store.registers, sha256)
    if kept is None or not (sha256 in named or _may_have(caller, kept)):
        raise DocumentNotFound(sha256)
    pieces = (
        store.registers.get(_PIECES, _piece(sha256, number)) or b""
        for number in range(-(-kept.size // _PIECE))
    )
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DocumentNotFound(sha256)
    return StoredDocument(sha256, kept.media_type, kept.size, data, kept.kept_at)


async def remove_document(
    store: Store, caller: Caller, sha256: str, *, named: Mapping[str, str]
) -> None:
    """Remove a file from the caller's tenant, and from the node where no other tenant keeps it.

    A receipt may go while its cost still names it: how long one is kept is for the law to say.
    Backups and exports that were made before still have it.

    Args:
        caller: Who may write records.
        named: Hashes that public records name → the record.

    Raises:
        DocumentNotFound: The caller's tenant keeps none of this hash.
        DocumentNamed: A public record names it.
    """

    def unit(uow: UnitOfWork) -> None:
        kept = _kept(uow.registers, sha256)
        if kept is None or caller.tenant not in kept.tenants or WRITER not in caller.roles:
            raise DocumentNotFound(sha256)
        if sha256 in named:
            raise DocumentNamed(sha256, named[sha256])
        others = tuple(one for one in kept.tenants if one != caller.tenant)
        if others:
            _note(uow, sha256, msgspec.structs.replace(kept, tenants=others))
            return
        uow.registers.delete(_KEPT, sha256)
        for number in range(-(-kept.size // _PIECE)):
            uow.registers.delete(_PIECES, _piece(sha256, number))

    await store.transact(unit)


def is_kept(registers: RegistersView, sha256: str) -> bool:
    """Whether the node keeps a file of this hash, whoever may have it."""
    return registers.get(_KEPT, sha256) is not None


def kept_documents(registers: RegistersView) -> Iterator[tuple[str, KeptDocument]]:
    """List what files there are, by their hashes."""
    for digest, value in registers.items(_KEPT):
        yield digest, msgspec.json.decode(value, type=KeptDocument)


def _check(data: bytes, media_type: str) -> None:
    begins = MEDIA_TYPES.get(media_type)
    if begins is None:
        reason = f"mediaType must be one of {', '.join(MEDIA_TYPES)}"
        raise DocumentRefused(reason, field="mediaType", value=media_type)
    if not data:
        raise DocumentRefused("A document must have bytes", field="data")
    if len(data) > LARGEST_DOCUMENT:
        raise DocumentTooLarge(len(data))
    if not data.startswith(begins) or (media_type == "text/plain" and not _is_text(data)):
        reason = f"The file must be {media_type}, as it is said to be"
        raise DocumentRefused(reason, field="mediaType", value=media_type)


def _is_text(data: bytes) -> bool:
    try:
        return "\x00" not in data.decode()
    except UnicodeDecodeError:
        return False


def _put(uow: UnitOfWork, digest: str, data: bytes, kept: KeptDocument, most_bytes: int) -> None:
    known = _kept(uow.registers, digest)
    if known is not None:
        tenants = tuple(sorted({*known.tenants, *kept.tenants}))
        if tenants != known.tenants:
            _note(uow, digest, msgspec.structs.replace(known, tenants=tenants))
        return
    total = sum(max(one.size, _LEAST) for _, one in kept_documents(uow.registers))
    if total + max(len(data), _LEAST) > most_bytes:
        raise DocumentsFull(most_bytes)
    for number, start in enumerate(range(0, len(data), _PIECE)):
        uow.registers.put(_PIECES, _piece(digest, number), data[start : start + _PIECE])
    _note(uow, digest, kept)


def _note(uow: UnitOfWork, digest: str, kept: KeptDocument) -> None:
    uow.registers.put(_KEPT, digest, msgspec.json.encode(kept))


def _may_have(caller: Caller, kept: KeptDocument) -> bool:
    return caller.tenant in kept.tenants and not caller.roles.isdisjoint((WRITER, AUDITOR))


def _kept(registers: RegistersView, digest: str) -> KeptDocument | None:
    value = registers.get(_KEPT, digest)
    return None if value is None else msgspec.json.decode(value, type=KeptDocument)


def _piece(digest: str, number: int) -> str:
    return f"{digest}/{number:04}"
