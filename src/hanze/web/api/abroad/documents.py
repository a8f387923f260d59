"""Files that belong to records, by the hash of their bytes."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.document_names import named_documents
from hanze.collaboration.documents import (
    LARGEST_DOCUMENT,
    MEDIA_TYPES,
    DocumentRefused,
    document,
    keep_document,
    remove_document,
)
from hanze.web.api.collective.visits import collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.documents import as_attachment

__all__ = ["ROUTES"]

#: Any file; which type it is, is told beside it. Text cannot be sent as `text/plain`: of that type
#: the pages of other sites may send without asking.
_BYTES: Final = "application/octet-stream"
_TAKEN: Final = (*(one for one in MEDIA_TYPES if one != "text/plain"), _BYTES)


class ChoiceOfType(Taken, frozen=True):
    """Of which media type the file is, where its bytes are sent as `application/octet-stream`."""

    media_type: Annotated[str, Meta(max_length=200)] = ""


class KeptFile(Answer, frozen=True):
    """A file that is kept: records name it by its hash."""

    sha256: str
    media_type: str
    size: int
    named: bool
    title: Mapping[str, str] = {}
    record: str | None = None


async def keep(ask: Ask) -> KeptFile:
    """Keep a file of at most 10 MB; what is kept already is kept once.

    Its bytes are sent as `application/octet-stream`, with `mediaType` to say what they are; or
    under its own media type.
    """
    choice = ask.parameters(ChoiceOfType)
    sent = ask.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in _TAKEN:
        raise DocumentRefused(
            f"The body must be of one of {', '.join(_TAKEN)}", field="Content-Type", value=sent
        )
    media_type = choice.media_type if sent == _BYTES else sent
    data = await ask.content(LARGEST_DOCUMENT)
    most = ask.node.settings.collective.documents_mb * 1_000_000
    digest = await keep_document(
        ask.node.store, ask.caller, data, media_type, now=ask.now, most_bytes=most
    )
    return await _told(ask, digest, media_type, len(data))


async def give(ask: Ask) -> Response:
    """Give a file: one that a public record names to anybody, others to who writes and audits."""
    named = named_documents(await collective_of(ask))
    digest = ask.path("sha256")
    found = document(ask.node.store, ask.caller, digest, named=named)
    return as_attachment(found, named[digest].title if digest in named else {})


async def remove(ask: Ask) -> None:
    """Remove a file that no public record names, as a receipt that need not be kept any longer."""
    named = named_documents(await collective_of(ask))
    records = {digest: one.record for digest, one in named.items()}
    await remove_document(ask.node.store, ask.caller, ask.path("sha256"), named=records)


async def _told(ask: Ask, digest: str, media_type: str, size: int) -> KeptFile:
    named = named_documents(await collective_of(ask)).get(digest)
    return KeptFile(
        sha256=digest,
        media_type=media_type,
        size=size,
        named=named is not None,
        title=named.title if named is not None else {},
        record=named.record if named is not None else None,
    )


ROUTES = (
    ApiRoute(
        "POST",
        "/documents",
        keep,
        KeptFile,
        parameters=ChoiceOfType,
        takes=(_BYTES,),
        writes=True,
        status=201,
    ),
    ApiRoute("GET", "/documents/{sha256}", give, media=tuple(MEDIA_TYPES)),
    ApiRoute("DELETE", "/documents/{sha256}", remove, writes=True, status=204),
)
