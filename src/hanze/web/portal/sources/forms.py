"""Forms of the operator's pages: add, try out, pause, resume, replay, let in, remove."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.connectors.source_record import SourceRecord
from hanze.connectors.streaming import Message, Scalar
from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput, NotFound, TooMuch
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit
from hanze.web.portal.sources.pages import (
    adding_page,
    require_operator,
    source_page,
    trial_of,
)

__all__ = ["take_adding", "take_source"]

#: Families of errors that a form tells, and the status of that page.
_TOLD: Final[tuple[tuple[type[HanzeError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflicting, 409),
    (Denied, 403),
    (TooMuch, 429),
)
_EVER: Final = 1 << 62
_OPTION: Final = "option."
_SECRET: Final = "secret."  # noqa: S105  # the beginning of a field's name


async def take_adding(visit: Visit, given: Given) -> Response:
    """Add a source."""
    require_operator(visit)
    options: dict[str, Scalar] = {"how": given.text("how")}
    secrets: dict[str, str] = {}
    for field in given.values:
        text = given.text(field)
        if field.startswith(_OPTION) and text:
            options[field.removeprefix(_OPTION)] = text
        elif field.startswith(_SECRET) and text:
            secrets[field.removeprefix(_SECRET)] = text
    record = SourceRecord(
        name=given.text("name"),
        connector=given.text("connector"),
        options=options,
        script=given.text("script"),
    )
    try:
        record, made = await visit.site.node.sources.add(record, secrets)
    except HanzeError as error:
        return adding_page(visit, given=given, refused=error, status=_status(error))
    if made:
        return adding_page(visit, given=given, made=made)
    return RedirectResponse(f"/{visit.language.code}/sources/{record.name}?did=added", 303)


async def take_source(visit: Visit, given: Given) -> Response:
    """Do what a form of one source asks."""
    require_operator(visit)
    action = given.text("do")
    if action == "try":
        return await _try(visit, given)
    step = _STEPS.get(action)
    if step is None:
        raise InvalidInput("The form asks for nothing that this page does", field="do")
    name = str(visit.request.path_params["name"])
    try:
        await step(visit, name, given)
    except HanzeError as error:
        return await source_page(visit, given=given, refused=error, status=_status(error))
    where = "" if action == "remove" else f"/{name}"
    return RedirectResponse(f"/{visit.language.code}/sources{where}?did={action}", 303)


async def _try(visit: Visit, given: Given) -> Response:
    """Show what a pasted message becomes; nothing is stored."""
    sources = visit.site.node.sources
    name = str(visit.request.path_params["name"])
    body = given.text("body").encode()
    try:
        following = sources.following(sources.record(name))
        message = Message(source=name, received_at=visit.now, body=body, topic=given.text("topic"))
        decoded = await sources.decode(following, message)
    except NotFound:
        raise
    except HanzeError as error:
        return await source_page(visit, given=given, refused=error, status=_status(error))
    return await source_page(visit, given=given, trial=trial_of(following, body, decoded))


async def _pause(visit: Visit, name: str, given: Given) -> None:  # noqa: ARG001  # all steps alike
    await visit.site.node.sources.pause(name)


async def _resume(visit: Visit, name: str, given: Given) -> None:
    known = given.text("personal") == "known"
    await visit.site.node.sources.resume(name, personal_is_known=known)


async def _remove(visit: Visit, name: str, given: Given) -> None:
    if given.text("sure") != "yes":
        raise InvalidInput("Removing a source must be confirmed", field="sure")
    await visit.site.node.sources.remove(name)


async def _replay(visit: Visit, name: str, given: Given) -> None:
    sources = visit.site.node.sources
    letters = given.text("which") != "all"
    await sources.spool.replay(sources.record(name).name, start=0, end=_EVER, letters=letters)


async def _let_in(visit: Visit, name: str, given: Given) -> None:
    await visit.site.node.sources.approve(name, given.text("device"))


async def _refuse(visit: Visit, name: str, given: Given) -> None:
    await visit.site.node.sources.approve(name, given.text("device"), refuse=True)


_STEPS: Final[Mapping[str, Callable[[Visit, str, Given], Awaitable[None]]]] = {
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
    "replay": _replay,
    "let-in": _let_in,
    "refuse": _refuse,
}


def _status(error: HanzeError) -> int:
    """Give the status of a page that tells what is wrong.

    Raises:
        HanzeError: What is nobody's mistake.
    """
    for family, status in _TOLD:
        if isinstance(error, family):
            return status
    raise error
