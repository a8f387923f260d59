"""The desk of those who answer residents: entering for somebody, and telling what becomes of it."""

from datetime import date

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.residents import ANSWERS, Submission, answer, enter
from hanze.web.portal.collective.contribution_form import (
    districts_here,
    options_of,
    submission_of,
)
from hanze.web.portal.collective.contributions import row_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import (
    Refused,
    attempt,
    day_or_none,
    label_given,
    new_id,
)
from hanze.web.portal.collective.wording import said_in
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_MOST = 50


async def show(desk: Desk) -> Response:
    """List what waits for an answer, the oldest first; with a record in the address, answer it."""
    return await _page(desk, Given({}))


async def take(desk: Desk, given: Given) -> Response:
    """Enter a contribution on someone's behalf, or answer one."""
    if given.text("do") == "answer":
        held = desk.collective.get(given.text("record"), Contribution)
        refused, status = await attempt(_answered(desk, held, given))
        if refused is not None:
            return await _page(desk, given, asked=held, refused=refused, status=status)
        return RedirectResponse(desk.at(f"/contributions/{held.record.id}"), 303)
    submission, errors = submission_of(desk, given, consent=day_or_none(given, "consent"))
    if submission is None:
        return await _page(desk, given, errors=errors, status=400)
    record_id = new_id(Contribution, submission.city)
    refused, status = await attempt(_entered(desk, given, submission, record_id))
    if refused is not None:
        return await _page(desk, given, refused=refused, status=status)
    return RedirectResponse(desk.at(f"/contributions/{record_id}", new="yes"), 303)


async def _entered(desk: Desk, given: Given, submission: Submission, record_id: str) -> None:
    await enter(
        desk.visit.site.node.store,
        desk.writer(desk.tenant_of(submission.city)),
        submission,
        record_id=record_id,
        channel=given.text("channel"),
        entered_by=given.text("by"),
        today=desk.today,
        now=desk.visit.now,
    )


async def _answered(desk: Desk, held: Held[Contribution], given: Given) -> None:
    await answer(
        desk.visit.site.node.store,
        desk.writer(held.tenant),
        held.record.id,
        status=given.text("status"),
        outcome=label_given(desk, given, "outcome"),
        became=given.text("became") or None,
        today=desk.today,
        now=desk.visit.now,
    )


async def _page(
    desk: Desk,
    given: Given,
    *,
    asked: Held[Contribution] | None = None,
    errors: object = None,
    refused: Refused = None,
    status: int = 200,
) -> Response:
    record = desk.asked("record")
    if asked is None and record:
        asked = desk.collective.get(record, Contribution)
    named = {one.id: said_in(one.name, desk.lang).text for one in await districts_here(desk)}
    waiting = sorted(
        (held for held in desk.collective.of(Contribution) if held.record.status == "received"),
        key=lambda held: (held.record.received_on or date.min, held.record.id),
    )
    return desk.page(
        "contribution_desk.html",
        menu="contribution-desk",
        status=status,
        given=given,
        options=await options_of(desk),
        asked=row_of(desk, asked, named) if asked else None,
        text=desk.text(asked.record.description) if asked else None,
        answers=ANSWERS[asked.record.status] if asked else (),
        became=_targets(desk, asked) if asked else (),
        waiting=[row_of(desk, held, named) for held in waiting[:_MOST]],
        waiting_total=len(waiting),
        errors=errors or {},
        refused=refused,
    )


def _targets(desk: Desk, asked: Held[Contribution]) -> list[tuple[str, list[tuple[str, str]]]]:
    """List what a contribution may become or go into, of its own city, by type."""
    found = []
    for kind in (Project, Demand, Contribution):
        some = [
            (held.record.id, desk.title(held.record).text)
            for held in desk.collective.of(kind)
            if held.city == asked.city and held.record.id != asked.record.id
        ]
        if some:
            found.append((desk.kinds(kind.__name__), sorted(some, key=lambda one: one[1])))
    return found
