"""Pages on which people decide: to be named as a contact, and what a child brought in."""

from starlette.responses import RedirectResponse, Response

from hanze.governance.residents import own_subject
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.forms import Given

__all__ = ["ask", "show", "show_waiting", "take", "take_waiting"]


async def ask(desk: Desk, given: Given) -> Response:
    """Make the link of a contact, to be passed on to the person."""
    contacts, contact = desk.visit.site.node.closed.contacts, given.text("contact")
    asked = await contacts.ask(desk.visit.caller, contact, now=desk.visit.now)
    path = desk.at(f"/consent/{asked.id.rpartition(':')[2]}")
    response = desk.page(
        "consent_link.html", link=desk.visit.base_url + path, back=desk.path(asked.contact)
    )
    response.headers["cache-control"] = "no-store"
    return response


async def show(desk: Desk) -> Response:
    """Ask whoever has the link whether they may be named.

    Raises:
        ConsentLinkNotFound: The link asks nothing, or not any more.
    """
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Keep what the person says."""
    if given.text("answer") not in ("yes", "no"):
        return _page(desk, status=400)
    agreed = given.text("answer") == "yes"
    await desk.visit.site.node.closed.contacts.answer(
        _key(desk), agreed=agreed, today=desk.today, now=desk.visit.now
    )
    if agreed:
        return RedirectResponse(desk.at(f"/consent/{_key(desk)}", did="yes"), 303)
    return desk.page("consent_gone.html")


async def show_waiting(desk: Desk) -> Response:
    """List what a parent's children brought in, and what waits of a child's own."""
    return await _waiting(desk)


async def take_waiting(desk: Desk, given: Given) -> Response:
    """Publish what a child brought in, or erase it, as its parent says."""
    agreed = given.text("answer") == "yes"
    refused, status = await attempt(
        desk.visit.site.node.closed.waiting.decide(
            desk.visit.caller,
            given.text("id"),
            agreed=agreed,
            today=desk.today,
            now=desk.visit.now,
        )
    )
    if refused is not None:
        return await _waiting(desk, refused=refused, status=status)
    did = "yes" if agreed else "no"
    return RedirectResponse(desk.at("/contributions/waiting", did=did), 303)


def _page(desk: Desk, *, status: int = 200) -> Response:
    asked, contact = desk.visit.site.node.closed.contacts.shown(_key(desk))
    response = desk.page(
        "consent.html",
        status=status,
        contact=contact,
        given=asked.given_at is not None,
        organisation=desk.link(contact.organization) if contact.organization else None,
        path=desk.at(f"/consent/{_key(desk)}"),
        did=desk.asked("did"),
    )
    response.headers["cache-control"] = "no-store"
    return response


async def _waiting(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    visit = desk.visit
    waiting = visit.site.node.closed.waiting
    found = await waiting.of(visit.caller, now=visit.now)
    response = desk.page(
        "waiting.html",
        menu="contributions",
        status=status,
        rows=[
            (
                one.id,
                desk.text(one.title),
                desk.text(one.description),
                waiting.may_decide(visit.caller, one.id, visit.now),
            )
            for one in found
        ],
        known=own_subject(visit.caller) is not None,
        refused=refused,
        did=desk.asked("did"),
    )
    response.headers["cache-control"] = "no-store"
    return response


def _key(desk: Desk) -> str:
    return str(desk.visit.request.path_params["key"])
