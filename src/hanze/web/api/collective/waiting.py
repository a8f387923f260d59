"""`/api/v1/contact-consents` and `/api/v1/contributions/waiting`: what waits for somebody's word."""

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from hanze.collaboration.contact_consents import ContactConsent
from hanze.collaboration.records.organisations import Contact
from hanze.governance.residents import require_resident
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of

__all__ = ["ROUTES"]


class Asked(Answer, frozen=True):
    """A person is to be asked.

    Attributes:
        contact: Id.
        key: Whoever has it speaks for the person.
        link: Of the page on which they say yes or no; to be passed on to them alone.
    """

    contact: str
    key: str
    link: str
    given_at: str | None = None


class ContactAsked(Answer, frozen=True):
    """What everybody is to see of a person, once that person agrees."""

    id: str
    title: Mapping[str, str]
    role: Mapping[str, str] = {}
    organization: str | None = None
    email: str | None = None
    telephone: str | None = None
    consent_on: date | None = None


class Said(Taken, frozen=True):
    """Yes or no."""

    agreed: bool


class Waits(Answer, frozen=True):
    """A contribution that waits for a parent.

    Attributes:
        may_decide: Whether that is the caller.
    """

    id: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    may_decide: bool = False


class WaitingList(Answer, frozen=True):
    """Contributions that wait, the oldest first."""

    contributions: tuple[Waits, ...]


async def ask_contact(ask: Ask) -> Response:
    """Make the link with which a person says whether they may be named."""
    asked = await ask.node.closed.contacts.ask(ask.caller, ask.path("id"), now=ask.now)
    return json_of(_asked(ask, asked), 201)


async def show_contact(ask: Ask) -> ContactAsked:
    """Show to whoever has the key what everybody is to see of them."""
    _, contact = ask.node.closed.contacts.shown(ask.path("key"))
    return _contact(contact)


async def answer_contact(ask: Ask) -> Response:
    """Agree to be named; or not, before or after: then the contact is erased."""
    given = await ask.body(Said)
    await ask.node.closed.contacts.answer(
        ask.path("key"), agreed=given.agreed, today=ask.today, now=ask.now
    )
    return Response(status_code=204)


async def list_waiting(ask: Ask) -> WaitingList:
    """List what the caller's children brought in, and what the caller did as a child."""
    require_resident(ask.caller)
    waiting = ask.node.closed.waiting
    found = await waiting.of(ask.caller, now=ask.now)
    told = (
        Waits(
            id=one.id,
            title=one.title,
            text=one.description,
            may_decide=waiting.may_decide(ask.caller, one.id, ask.now),
        )
        for one in found
    )
    return WaitingList(contributions=tuple(told))


async def decide_waiting(ask: Ask) -> Response:
    """Publish what a child brought in, as its parent; or erase it."""
    require_resident(ask.caller)
    given = await ask.body(Said)
    await ask.node.closed.waiting.decide(
        ask.caller, ask.path("id"), agreed=given.agreed, today=ask.today, now=ask.now
    )
    return Response(status_code=204)


def _asked(ask: Ask, asked: ContactConsent) -> Asked:
    key = asked.id.rpartition(":")[2]
    link = f"{ask.base_url}/en/collective/consent/{key}"
    return Asked(contact=asked.contact, key=key, link=link, given_at=asked.given_at)


def _contact(contact: Contact) -> ContactAsked:
    return ContactAsked(
        id=contact.id,
        title=contact.title,
        role=contact.role,
        organization=contact.organization,
        email=contact.email,
        telephone=contact.telephone,
        consent_on=contact.consent_on,
    )


ROUTES = (
    ApiRoute("POST", "/contacts/{id:path}/consent", ask_contact, Asked, writes=True, status=201),
    ApiRoute("GET", "/contact-consents/{key}", show_contact, ContactAsked),
    ApiRoute("POST", "/contact-consents/{key}", answer_contact, None, body=Said, status=204),
    ApiRoute("GET", "/contributions/waiting", list_waiting, WaitingList),
    ApiRoute(
        "POST", "/contributions/waiting/{id:path}", decide_waiting, None, body=Said, status=204
    ),
)
