"""Forms of the pages of insight: add a watch, remove one, decide on light that is proposed."""

from typing import Final, Literal

from starlette.responses import RedirectResponse, Response

from hanze.errors import Conflicting, HanzeError, InvalidInput
from hanze.insight.service import ProposalNotFound
from hanze.insight.watches import TooManyWatches, Watch, add_watch, remove_watch
from hanze.web.caller import require_writer
from hanze.web.portal.forms import Given
from hanze.web.portal.insight.adding import adding_page, read_watch
from hanze.web.portal.insight.listing import watch_path
from hanze.web.portal.insight.watching import own_watch, watch_page
from hanze.web.portal.site import Visit

__all__ = ["take_adding", "take_watch"]

_DECISIONS: Final[dict[str, Literal["confirmed", "declined"]]] = {
    "confirm": "confirmed",
    "decline": "declined",
}


async def take_adding(visit: Visit, given: Given) -> Response:
    """Watch more.

    Raises:
        AuthenticationRequired: Nobody is signed in.
        RoleMissing: Who is may not write.
    """
    require_writer(visit.caller)
    watch, mistakes = await read_watch(visit, given)
    if watch is None:
        return adding_page(visit, given=given, mistakes=mistakes, status=400)
    store = visit.site.node.store
    try:
        await store.transact(lambda uow: add_watch(uow.registers, watch))
    except Conflicting:
        return adding_page(visit, given=given, mistakes={"name": "taken"}, status=409)
    except TooManyWatches:
        return adding_page(visit, given=given, mistakes={"": "many"}, status=403)
    return RedirectResponse(f"{watch_path(visit, watch)}?did=added", status_code=303)


async def take_watch(visit: Visit, given: Given) -> Response:
    """Do what a form of a watch asks.

    Raises:
        AuthenticationRequired: Nobody is signed in.
        RoleMissing: Who is may not write.
        WatchNotFound: There is no such watch.
        ProposalNotFound: The watch has made no such proposal.
        InvalidInput: The form asks for something else.
    """
    require_writer(visit.caller)
    watch, action = own_watch(visit), given.text("do")
    if action == "remove":
        if given.text("sure") != "yes":
            error = InvalidInput("Removing a watch must be confirmed", field="sure")
            return await watch_page(visit, refused=error, status=400)
        return await _remove(visit, watch)
    if action not in _DECISIONS:
        raise InvalidInput("The form asks for nothing that this page does", field="do")
    proposal = given.text("proposal")
    if not proposal.startswith(f"urn:ngsi-ld:LightScenarioProposal:insight:{watch.name}:"):
        raise ProposalNotFound(proposal)
    insight = visit.site.node.insight
    try:
        await insight.decide(visit.caller, proposal, _DECISIONS[action], visit.now)
    except Conflicting as error:
        # Somebody else was first, or it lapsed meanwhile: the page says which.
        return await _refused(visit, error)
    path = f"{watch_path(visit, watch)}?did={_DECISIONS[action]}#light"
    return RedirectResponse(path, status_code=303)


async def _refused(visit: Visit, error: HanzeError) -> Response:
    return await watch_page(visit, refused=error, status=409)


async def _remove(visit: Visit, watch: Watch) -> Response:
    node = visit.site.node
    await node.insight.end(watch, visit.now)
    await node.store.transact(lambda uow: remove_watch(uow.registers, watch.name))
    return RedirectResponse(f"/{visit.language.code}/insight?did=removed", status_code=303)
