"""Pages with several forms: one action each, and what was refused beside the form that was sent."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import REFUSALS, refusal
from hanze.web.portal.forms import Given

__all__ = ["LONGEST", "Act", "Again", "act_on"]

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
        return await again(filled, refusal(desk, error, about, fields))
    here = desk.visit.request.url.path
    return RedirectResponse(f"{target or here}?done={name}#done", 303)
