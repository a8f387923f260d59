"""Living labs to find and book, and pilots that their host signs."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.claims import Verification
from hanze.collaboration.collective import Collective
from hanze.collaboration.labs import (
    LabFit,
    LabNeed,
    book_slot,
    find_labs,
    release_slot,
    rules_in_force,
)
from hanze.collaboration.pilots import sign_pilot, token_of, verify_pilot
from hanze.collaboration.records.projects import LabSlot, LivingLab, PilotRecord
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.records import Several
from hanze.web.api.collective.visits import at_home, collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]

_TOKEN_MEDIA = "application/jwt"  # noqa: S105  # a media type (RFC 7519, 10.3.1), no secret


class ChoiceOfLabs(Taken, frozen=True):
    """What is looked for in a living lab.

    Attributes:
        equipment: Words for what must be there.
        rules: Words for rules that must not hold there.
        theme: Ids; one of them.
        starts: Some days from this one on.
        ends: Some days up to this one.
        places: At once.
        country: Id of the country that the company is from.
        language: Spoken there.
    """

    equipment: Several = ()
    rules: Several = ()
    theme: Several = ()
    starts: date | None = None
    ends: date | None = None
    places: Annotated[int, Meta(ge=1, le=10_000)] = 1
    country: str | None = None
    language: str | None = None


class Slot(Answer, frozen=True):
    """A period with room, and how many places are left."""

    starts: date
    ends: date
    places: int
    free: int


class RuleAside(Answer, frozen=True):
    """A rule that does not hold there, who decided that, and until when."""

    rule: Mapping[str, str]
    decided_by: str
    ground: str = ""
    until: date | None = None


class LabThatFits(Answer, frozen=True):
    """A living lab beside what is looked for: what it meets, misses, and does not say."""

    lab: Told
    slots: tuple[Slot, ...] = ()
    equipment: tuple[str, ...] = ()
    rules_set_aside: tuple[RuleAside, ...] = ()
    rules_again_in_force: tuple[str, ...] = ()
    hosting_conditions: Mapping[str, str] = {}
    met: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class LabsThatFit(Answer, frozen=True):
    """Living labs, those that miss least first."""

    labs: tuple[LabThatFits, ...]


class Booking(Taken, frozen=True):
    """Places in the slot with these days."""

    starts: date
    ends: date
    places: Annotated[int, Meta(ge=1, le=10_000)] = 1


class ReasonAgainst(Answer, frozen=True):
    """Why a signature does not hold, and the fields that it is about."""

    code: str
    fields: tuple[str, ...] = ()


class Verified(Answer, frozen=True):
    """Whether a pilot is what its host signed.

    `whose` is own (a key of this node), other (of a node whose key this one does not know) or none.
    """

    id: str
    valid: bool
    whose: str
    reasons: tuple[ReasonAgainst, ...] = ()
    key_id: str | None = None
    issuer: str | None = None
    covered: tuple[str, ...] = ()


class Signed(Answer, frozen=True):
    """A signed pilot: the token says everything by itself."""

    id: str
    signed_by: str
    signed_on: date
    token: str


async def list_labs(ask: Ask) -> LabsThatFit:
    """List living labs that fit what is looked for."""
    choice = ask.parameters(ChoiceOfLabs)
    collective = await collective_of(ask)
    need = LabNeed(
        equipment=_several(choice.equipment),
        rules=_several(choice.rules),
        themes=_several(choice.theme),
        starts=choice.starts,
        ends=choice.ends,
        places=choice.places,
        country=choice.country,
        language=choice.language,
    )
    found = find_labs(collective, need, ask.today)
    return LabsThatFit(labs=tuple(_fit(one, collective, ask.today) for one in found))


async def book(ask: Ask) -> Slot:
    """Take places in a slot of a living lab."""
    return await _change_slot(ask, book_slot)


async def release(ask: Ask) -> Slot:
    """Give places in a slot of a living lab back."""
    return await _change_slot(ask, release_slot)


async def _change_slot(ask: Ask, change: Callable[..., Awaitable[LabSlot]]) -> Slot:
    body = await ask.body(Booking)
    held = (await collective_of(ask)).get(ask.path("id"), LivingLab)
    changed = await change(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        starts=body.starts,
        ends=body.ends,
        places=body.places,
        now=ask.now,
    )
    return _slot(changed)


async def sign(ask: Ask) -> Signed:
    """Sign a pilot for its host; what is signed cannot change after."""
    collective = await collective_of(ask)
    held = collective.get(ask.path("id"), PilotRecord)
    record = await sign_pilot(
        ask.node.store,
        collective,
        at_home(ask, held),
        ask.node.signer,
        held.record.id,
        today=ask.today,
        now=ask.now,
    )
    return Signed(
        id=record.id,
        signed_by=record.signed_by or "",
        signed_on=record.signed_on or ask.today,
        token=token_of(record),
    )


async def show_verification(ask: Ask) -> Verified:
    """Verify a pilot with the keys of this node."""
    record = (await collective_of(ask)).get(ask.path("id"), PilotRecord).record
    found, whose = verify_pilot(record, ask.node.store.registers, ask.node.signer)
    return _verified(record.id, found, whose)


async def show_token(ask: Ask) -> Response:
    """Give the signed pilot as a token (JWT) that a company takes along."""
    record = (await collective_of(ask)).get(ask.path("id"), PilotRecord).record
    return Response(token_of(record), media_type=_TOKEN_MEDIA)


def _fit(one: LabFit, collective: Collective, day: date) -> LabThatFits:
    lab = one.lab.record
    return LabThatFits(
        lab=told(one.lab, collective),
        slots=tuple(_slot(slot) for slot in one.slots),
        equipment=lab.equipment,
        rules_set_aside=tuple(
            RuleAside(
                rule=rule.rule, decided_by=rule.decided_by, ground=rule.ground, until=rule.until
            )
            for rule in lab.rules_set_aside
        ),
        rules_again_in_force=rules_in_force(lab, day),
        hosting_conditions=lab.hosting_conditions,
        met=one.met,
        missing=one.missing,
        unknown=one.unknown,
    )


def _slot(slot: LabSlot) -> Slot:
    return Slot(
        starts=slot.starts, ends=slot.ends, places=slot.places, free=slot.places - slot.taken
    )


def _verified(record_id: str, found: Verification, whose: str) -> Verified:
    return Verified(
        id=record_id,
        valid=found.valid,
        whose=whose,
        reasons=tuple(ReasonAgainst(code=one.code, fields=one.fields) for one in found.reasons),
        key_id=found.key_id,
        issuer=found.issuer,
        covered=found.covered,
    )


def _several(value: Several) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


ROUTES = (
    ApiRoute("GET", "/labs", list_labs, LabsThatFit, parameters=ChoiceOfLabs),
    ApiRoute("POST", "/labs/{id:path}/bookings", book, Slot, body=Booking, writes=True),
    ApiRoute("POST", "/labs/{id:path}/releases", release, Slot, body=Booking, writes=True),
    ApiRoute("POST", "/pilots/{id:path}/signature", sign, Signed, writes=True),
    ApiRoute("GET", "/pilots/{id:path}/verification", show_verification, Verified),
    ApiRoute("GET", "/pilots/{id:path}.jwt", show_token, media=(_TOKEN_MEDIA,)),
)
