"""Tenders that run, and buddies: cities that did it before and look along."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.buddies import buddies_for, live_tenders, say_as_buddy
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.tender_release import release_package
from hanze.web.api.collective.funnel import Text, Told, told
from hanze.web.api.collective.records import Language, Named, named, named_if
from hanze.web.api.collective.visits import collective_of, home_of_city, new_id
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken, json_of

__all__ = ["ROUTES"]


class BuddyComment(Answer, frozen=True):
    """What a buddy said."""

    id: str
    text: Mapping[str, str]
    city: Named | None = None
    by: str | None = None
    on: date | None = None


class TenderThatRuns(Answer, frozen=True):
    """A tender that runs, and what buddies said about it."""

    need: Told
    comments: tuple[BuddyComment, ...]
    ends: date | None = None
    days_left: int | None = None
    url: str | None = None


class TendersThatRun(Answer, frozen=True):
    """All that run, those that close first first."""

    tenders: tuple[TenderThatRuns, ...]


class PossibleBuddy(Answer, frozen=True):
    """A city that may look along, and why: its proven projects and the themes that it leads."""

    city: Named
    projects: tuple[Told, ...]
    leads: tuple[Named, ...]
    said: int


class PossibleBuddies(Answer, frozen=True):
    """Cities that may look along with a tender."""

    buddies: tuple[PossibleBuddy, ...]


class SaidByBuddy(Taken, frozen=True):
    """A comment of a city on a tender that runs."""

    city: Id
    text: Text
    by: Annotated[str, Meta(max_length=200)] | None = None


class ChoiceOfRelease(Taken, frozen=True):
    """In which language."""

    language: Language = "en"


async def list_tenders(ask: Ask) -> TendersThatRun:
    """List the tenders that run, with what buddies said."""
    collective = await collective_of(ask)
    return TendersThatRun(
        tenders=tuple(
            TenderThatRuns(
                need=told(one.need, collective),
                comments=tuple(_comment(held.record, collective) for held in one.comments),
                ends=one.tender.ends,
                days_left=one.days_left,
                url=one.tender.url,
            )
            for one in live_tenders(collective, ask.today)
        )
    )


async def show_release(ask: Ask) -> Response:
    """Give a tender as a release package of the Open Contracting Data Standard 1.1."""
    choice = ask.parameters(ChoiceOfRelease)
    collective = await collective_of(ask)
    package = release_package(
        collective,
        ask.path("id"),
        address=ask.base_url + ask.request.url.path,
        publisher=ask.node.settings.portal.title,
        language=choice.language,
    )
    return json_of(package)


async def propose_buddies(ask: Ask) -> PossibleBuddies:
    """Propose cities that may look along with a tender, and say why."""
    collective = await collective_of(ask)
    return PossibleBuddies(
        buddies=tuple(
            PossibleBuddy(
                city=named(one.city, collective),
                projects=tuple(told(proof.project, collective) for proof in one.proofs),
                leads=tuple(named(theme, collective) for theme in one.leads),
                said=one.said,
            )
            for one in buddies_for(collective, ask.path("id"))
        )
    )


async def say(ask: Ask) -> BuddyComment:
    """Comment on a tender that runs, as a city that did it before."""
    body = await ask.body(SaidByBuddy)
    collective = await collective_of(ask)
    comment = await say_as_buddy(
        ask.node.store,
        collective,
        home_of_city(ask, body.city),
        comment_id=new_id(Comment, body.city),
        about=ask.path("id"),
        city=body.city,
        text=body.text,
        by=body.by,
        today=ask.today,
        now=ask.now,
    )
    return _comment(comment, collective)


def _comment(comment: Comment, collective: Collective) -> BuddyComment:
    return BuddyComment(
        id=comment.id,
        text=comment.text,
        city=named_if(comment.city, collective),
        by=comment.by,
        on=comment.said_on,
    )


ROUTES = (
    ApiRoute("GET", "/tenders", list_tenders, TendersThatRun),
    ApiRoute("GET", "/tenders/{id:path}/release", show_release, parameters=ChoiceOfRelease),
    ApiRoute("GET", "/tenders/{id:path}/buddies", propose_buddies, PossibleBuddies),
    ApiRoute(
        *("POST", "/tenders/{id:path}/comments", say, BuddyComment),
        body=SaidByBuddy,
        writes=True,
        status=201,
    ),
)
