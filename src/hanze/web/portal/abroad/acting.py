"""Pages with several forms: one action each, and what was refused beside the form that was sent."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import REFUSALS, refusal
from hanze.web.portal.forms import Given

__all__ = ["LONGEST", "Act", "Again", "act_on", "day_of", "label_of", "lines_of", "new_text"]

#: Of a text that somebody types into one of these forms.
LONGEST: Final = 20_000
#: Does what a form asks for; answers the address to go to, or `None` for the page itself.
Act = Callable[[Given], Awaitable[str | None]]
#: Shows the page again with what was filled in and what is wrong with it.
Again = Callable[[Mapping[str, str], Mapping[str, str]], Awaitable[Response]]


async def act_on(
    desk: Desk,
    given: Given,
    actions: Mapping[str, Act],
    again: Again,
    *,
    about: str,
    fields: Mapping[str, str],
) -> Response:
    """Do what one of a page's forms asks for; then lead back to the page, or show it again.

    Args:
        actions: By the value of the form's field "action".
        about: Type of the record, by which refusals are named.
        fields: Field of the record → field of the form.
    """
    name = given.text("action")
    act = actions.get(name)
    if act is None:
        return await again({}, {"": desk.code("refusal", "action")})
    try:
        target = await act(given)
    except REFUSALS as error:
        filled = {key: given.text(key)[:LONGEST] for key in given.values}
        return await again(filled, _errors(desk, error, about, fields))
    here = desk.visit.request.url.path
    return RedirectResponse(f"{target or here}?done={name}#done", 303)


def day_of(given: Given, name: str) -> date | None:
    """Read a day of a form; `None` where none was given.

    Raises:
        InvalidInput: It is none.
    """
    text = given.text(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"{name} must be a day", field=name, value=text) from error


def label_of(desk: Desk, given: Given, name: str) -> dict[str, str]:
    """Read a text in the language of the page; nothing where nothing was written."""
    text = given.text(name)[:LONGEST]
    return {desk.lang: text} if text else {}


def new_text(desk: Desk, before: Mapping[str, str], text: str) -> dict[str, str]:
    """Put a text in place of that of the page's language; those of others stay."""
    kept = {tag: said for tag, said in before.items() if tag != desk.lang}
    return kept | ({desk.lang: text[:LONGEST]} if text else {})


def lines_of(text: str) -> tuple[str, ...]:
    """Part a text into its paragraphs."""
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _errors(desk: Desk, error: HanzeError, about: str, fields: Mapping[str, str]) -> dict[str, str]:
    name = error.field or ""
    if isinstance(error, InvalidInput) and str(error) == f"{name} must be a day":
        return {fields.get(name, name): desk.code("refusal", "day")}
    return refusal(desk, error, about, fields)
