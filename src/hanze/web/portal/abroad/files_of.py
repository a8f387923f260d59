"""Files that a record names: where each is to be had, and how to see that it is still the same."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.document_names import named_documents
from hanze.collaboration.documents import document, is_kept
from hanze.collaboration.records.cooperation import Document
from hanze.collaboration.records.record import Record
from hanze.web.documents import as_attachment, ending_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.wording import Said

__all__ = ["FileLine", "file_lines", "send"]


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file.

    Attributes:
        href: Where it is to be had; "" where nobody keeps it that this node knows.
        form: "PDF, 120 kB".
        elsewhere: Name of the node or host that keeps it, where that is another; "" else.
    """

    title: Said
    href: str
    form: str
    sha256: str
    elsewhere: str


def file_lines(
    desk: Desk, held: Held[Record], documents: Iterable[Document]
) -> tuple[FileLine, ...]:
    """Make files ready to be listed: kept here, at an address, or by the node that keeps the record."""
    return tuple(_line(desk, held, one) for one in documents)


async def send(desk: Desk) -> Response:
    """Send a file of this node, to be saved: to anybody what a public record names."""
    digest = str(desk.visit.request.path_params["sha256"])
    named = named_documents(desk.collective)
    found = document(desk.visit.site.node.store, desk.visit.caller, digest, named=named)
    title = named[digest].title if digest in named else {}
    return as_attachment(found, title, desk.lang)


def _line(desk: Desk, held: Held[Record], one: Document) -> FileLine:
    href, elsewhere = "", ""
    is_here = is_kept(desk.visit.site.node.store.registers, one.sha256)
    if is_here and (held.home is None or one.sha256 in named_documents(desk.collective)):
        href = desk.at(f"/documents/{one.sha256}")
    elif one.url is not None:
        href, elsewhere = one.url, one.url.split("/")[2]
    elif held.home is not None:
        href, elsewhere = f"{held.home.url}/api/v1/documents/{one.sha256}", held.home.name
    form = ending_of(one.media_type).upper()
    if one.size is not None:
        form += f", {desk.number(max(1, round(one.size / 1000)))} kB"
    return FileLine(desk.text(one.title) or Said(form), href, form, one.sha256, elsewhere)
