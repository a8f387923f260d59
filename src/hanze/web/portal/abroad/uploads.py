"""Files that people bring in with a form: to a draft, to a step, as minutes of a group."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from mimetypes import guess_type
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hanze.collaboration.cooperating.groups import add_minutes
from hanze.collaboration.cooperating.signing import attach_document
from hanze.collaboration.cooperating.starting import attach_to_step
from hanze.collaboration.documents import (
    LARGEST_DOCUMENT,
    MEDIA_TYPES,
    DocumentRefused,
    DocumentTooLarge,
    keep_document,
)
from hanze.collaboration.records.cooperation import (
    Accord,
    CooperationStep,
    Document,
    Minutes,
    WorkingGroup,
)
from hanze.web.caller import require_writer
from hanze.web.portal.abroad import accord as accord_page
from hanze.web.portal.abroad import cooperation as cooperation_page
from hanze.web.portal.abroad import working_group as group_page
from hanze.web.portal.abroad.acting import Again, act_on
from hanze.web.portal.collective.choosing import path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import FORM_FIELD, FormRefused, FormTooLarge, Given, is_from_here
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES

__all__ = ["Brought", "read_upload", "routes_of_uploads"]

#: Of the other fields of such a form.
_MOST_AROUND: Final = 64 * 1024
_MOST_PARTS: Final = 20
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Brought:
    """A form with a file.

    Attributes:
        given: Its other fields.
        data: The file; empty where none was chosen.
        media_type: As its browser says, else as its name tells.
        name: Of the file, where its browser says one.
    """

    given: Given
    data: bytes
    media_type: str
    name: str


async def read_upload(visit: Visit) -> Brought:
    """Read a form with a file, after seeing that it comes from a page of this site.

    Raises:
        FormRefused: It comes from elsewhere, or its page is of another session.
        FormTooLarge: Its other fields are too large.
        DocumentTooLarge: The file is.
    """
    request = visit.request
    if not is_from_here(request, visit.site.node.settings.server.base_url):
        raise FormRefused
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_DOCUMENT + _MOST_AROUND:
            raise DocumentTooLarge(len(body))
    try:
        found = _read(request.headers.get("content-type", ""), bytes(body))
    except TypeError as error:
        # The standard library's, over parameters in pieces (RFC 2231) that contradict each other.
        raise FormRefused from error
    if not visit.is_form_token(found.given.text(FORM_FIELD)):
        raise FormRefused
    return found


def routes_of_uploads(site: Site) -> list[BaseRoute]:
    """Give the routes that take files, in each language; they stand before those of the pages."""
    return [
        Route(
            f"/{code}/collective/{page}/{{id:path}}/file",
            _endpoint(site, take),
            methods=["POST"],
        )
        for code in LANGUAGES
        for page, take in (
            ("accords", _to_accord),
            ("cooperations", _to_step),
            ("working-groups", _to_group),
        )
    ]


_Take = Callable[[Desk, Brought], Awaitable[Response]]


def _endpoint(site: Site, take: _Take) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        visit = Visit.of(site, request)
        # Before ten megabytes are read.
        require_writer(visit.caller)
        brought = await read_upload(visit)
        return await take(await Desk.of(visit), brought)

    return answer


async def _to_accord(desk: Desk, brought: Brought) -> Response:
    """Attach a file to a draft."""
    held = desk.collective.get(str(desk.visit.request.path_params["id"]), Accord)
    page = desk.at(path_of("accords", held.record.id))

    async def attach(_: Given) -> str:
        document = await _document(desk, brought)
        await attach_document(
            desk.visit.site.node.store, desk.writer(), held, document, now=desk.visit.now
        )
        return page

    return await _acted(desk, brought, attach, accord_page.show_again(desk, held), "Accord")


async def _to_step(desk: Desk, brought: Brought) -> Response:
    """Attach a file to a side's own record of a step; the address is that of the cooperation."""
    page = desk.at(path_of("cooperations", str(desk.visit.request.path_params["id"])))
    step = brought.given.text("step")[:_LONGEST]

    async def attach(_: Given) -> str:
        held = desk.collective.get(step, CooperationStep)
        document = await _document(desk, brought)
        await attach_to_step(
            desk.visit.site.node.store, desk.writer(), held, document, now=desk.visit.now
        )
        return page

    again, box = cooperation_page.show_again(desk), cooperation_page.file_box(step)
    return await _acted(desk, brought, attach, again, "CooperationStep", box=box)


async def _to_group(desk: Desk, brought: Brought) -> Response:
    """Add minutes that are a file."""
    held = desk.collective.get(str(desk.visit.request.path_params["id"]), WorkingGroup)
    page = desk.at(path_of("working-groups", held.record.id))

    async def add(given: Given) -> str:
        on = given.day("on") or desk.today
        minutes = Minutes(on=on, document=await _kept(desk, brought))
        await add_minutes(
            desk.visit.site.node.store, desk.writer(), held, minutes, now=desk.visit.now
        )
        return page

    return await _acted(desk, brought, add, group_page.show_again(desk), "WorkingGroup")


async def _acted(
    desk: Desk,
    brought: Brought,
    act: Callable[[Given], Awaitable[str]],
    again: Again,
    about: str,
    *,
    box: str = "file",
) -> Response:
    """Do what the form asks for; `box` is the id under which the page asks for the file."""
    values = dict(brought.given.values) | {"action": ["file"]}
    fields = {"mediaType": box, "data": box, "on": "met_on"}
    try:
        return await act_on(desk, Given(values), {"file": act}, again, about=about, fields=fields)
    except DocumentTooLarge:
        text = desk.code("refusal", "Document.data")
        filled = {name: brought.given.text(name) for name in brought.given.values}
        return await again(filled | {"action": "file"}, {box: text})


async def _document(desk: Desk, brought: Brought) -> Document:
    digest = await _kept(desk, brought)
    title = brought.given.text("name")[:_LONGEST] or brought.name
    return Document(
        title={desk.lang: title},
        sha256=digest,
        media_type=brought.media_type,
        size=len(brought.data),
    )


async def _kept(desk: Desk, brought: Brought) -> str:
    if not brought.data:
        raise DocumentRefused("A document must have bytes", field="data")
    node = desk.visit.site.node
    return await keep_document(
        node.store,
        desk.writer(),
        brought.data,
        brought.media_type,
        now=desk.visit.now,
        most_bytes=node.settings.collective.documents_mb * 1_000_000,
    )


def _read(content_type: str, body: bytes) -> Brought:
    """Take a form apart (RFC 7578)."""
    values: dict[str, list[str]] = {}
    data, media_type, name = b"", "", ""
    for headers, content in _parts(content_type, body):
        field = headers.get_param("name", header="content-disposition")
        if not isinstance(field, str):
            continue
        file = headers.get_filename()
        if file is None:
            if len(content) > _MOST_AROUND:
                raise FormTooLarge
            values.setdefault(field, []).append(content.decode("utf-8", "replace"))
        elif content:
            told = headers.get_content_type()
            data, name = content, file.replace("\\", "/").rpartition("/")[2][:200]
            media_type = told if told in MEDIA_TYPES else (guess_type(name)[0] or told)
    return Brought(Given(values), data, media_type, name)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[Message, bytes]]:
    about = HeaderParser().parsestr(f"content-type: {content_type}\n\n")
    boundary = about.get_boundary()
    if about.get_content_type() != "multipart/form-data" or not boundary:
        raise FormRefused
    found = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))[1:]
    for number, part in enumerate(found):
        if part.startswith(b"--"):
            return
        if number == _MOST_PARTS:
            raise FormTooLarge
        head, mark, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if mark and len(head) <= _LONGEST:
            yield HeaderParser().parsestr(head.decode("utf-8", "replace")), content
