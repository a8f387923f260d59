"""Contributing without an account: an idea or something measured, in a few questions."""

from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.residents import Submission
from hanze.web.portal.collective.contribution_form import options_of, submission_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt, new_id
from hanze.web.portal.forms import Given
from hanze.web.visitor import visitor_address

__all__ = ["show", "take"]


async def show(desk: Desk) -> Response:
    """Ask; city, district, theme and kind may be chosen in the address already."""
    names = ("city", "district", "theme", "kind")
    return await _page(desk, Given({name: [desk.asked(name)] for name in names}))


async def take(desk: Desk, given: Given) -> Response:
    """Take what somebody brings in, and lead to the page where they can follow it."""
    waits = desk.visit.site.node.closed.waiting.is_child(desk.visit.caller, desk.visit.now)
    # Where a parent is asked, a child's own word for it makes no difference.
    agreed = desk.today if waits or given.text("consent") == "yes" else None
    submission, errors = submission_of(desk, given, consent=agreed)
    if submission is None:
        return await _page(desk, given, errors=errors, status=400)
    record_id = new_id(Contribution, submission.city)
    refused, status = await attempt(_taken(desk, submission, record_id))
    if refused is not None:
        return await _page(desk, given, refused=refused, status=status)
    if waits:
        return RedirectResponse(desk.at("/contributions/waiting", did="new"), 303)
    return RedirectResponse(desk.at(f"/contributions/{record_id}", new="yes"), 303)


async def _taken(desk: Desk, submission: Submission, record_id: str) -> None:
    node = desk.visit.site.node
    node.visitors.contributions.take(visitor_address(node, desk.visit.request), now=desk.visit.now)
    tenant = desk.tenant_of(submission.city)
    await node.closed.waiting.contribute(
        desk.visit.caller,
        submission,
        record_id=record_id,
        tenant=tenant,
        closed_in=(tenant,) if node.visitors.closed else node.visitors.closed_in,
        today=desk.today,
        now=desk.visit.now,
    )


async def _page(
    desk: Desk,
    given: Given,
    *,
    errors: object = None,
    refused: Refused = None,
    status: int = 200,
) -> Response:
    options = await options_of(desk)
    if not given.text("city") and len(options.districts) == 1 and options.cities:
        given = replace(given, values={**given.values, "city": [options.cities[0][0]]})
    return desk.page(
        "contribute.html",
        menu="contribute",
        status=status,
        given=given,
        options=options,
        errors=errors or {},
        refused=refused,
        closed=desk.visit.site.node.visitors.closed,
    )
