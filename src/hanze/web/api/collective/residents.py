"""Residents as city makers: what they bring in, what becomes of it, and who is not heard."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from hanze.collaboration.collective import Collective
from hanze.collaboration.districts import Voice, districts, placed, say_update, voices
from hanze.collaboration.members import members
from hanze.collaboration.records.residents import Comment, Contribution, Measured
from hanze.collaboration.residents import (
    IdeaFunnel,
    Submission,
    answer,
    contributions,
    counts,
    enter,
    idea_funnel,
    support,
)
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.collective.visits import (
    at_home,
    collective_of,
    home_of_city,
    new_id,
)
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken
from hanze.web.visitor import visitor_address

__all__ = ["MOST_KB", "ROUTES"]

#: Of what those without an account send.
MOST_KB = 64

_Short = Annotated[str, Meta(max_length=300)]
_Degrees = Annotated[float, Meta(ge=-180, le=180)]


class BroughtIn(Taken, frozen=True):
    """What somebody brings in.

    Attributes:
        title: In a few words.
        text: All of it; plain text.
        language: In which it is written.
        kind: idea, measurement, sensor or application.
        contributor_kind: resident, commuter, student, visitor, entrepreneur or group.
        age_group: child, young, adult, older or unknown.
        parental_consent_on: For a child: the day on which a parent or guardian agreed.
    """

    title: Annotated[str, Meta(min_length=1, max_length=300)]
    text: Annotated[str, Meta(min_length=1, max_length=8_000)]
    language: _Short = "nl"
    kind: _Short = "idea"
    contributor_kind: _Short = "resident"
    age_group: _Short = "unknown"
    parental_consent_on: date | None = None
    city: Id | None = None
    district: Id | None = None
    themes: Annotated[tuple[Id, ...], Meta(max_length=7)] = ()
    longitude: _Degrees | None = None
    latitude: _Degrees | None = None
    measured: Annotated[tuple[Measured, ...], Meta(max_length=50)] = ()
    sensor: Id | None = None


class Entered(BroughtIn, frozen=True, kw_only=True):
    """The same, entered by a clerk on someone's behalf: counter, telephone, paper or event."""

    channel: _Short
    entered_by: Annotated[str, Meta(min_length=1, max_length=80)]


class ContributionShown(Answer, frozen=True):
    """A contribution, and what became of it."""

    id: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    kind: str
    status: str
    contributor_kind: str
    channel: str
    received_on: date | None = None
    city: Named | None = None
    district: str | None = None
    themes: tuple[Named, ...] = ()
    outcome: Mapping[str, str] = {}
    outcome_on: date | None = None
    became: Named | None = None
    supporters: int = 0
    waits_for_parent: bool = False


class FunnelOfIdeas(Answer, frozen=True):
    """How far contributions came; each share has its denominator beside it.

    `answered_share` and `adopted_share` are of all received, `realised_share` of those adopted.
    """

    received: int
    answered: int
    adopted: int
    realised: int
    by_status: Mapping[str, int]
    answered_share: float | None = None
    adopted_share: float | None = None
    realised_share: float | None = None
    days_to_answer: float | None = None


class ContributionsShown(Answer, frozen=True):
    """Contributions, the latest first; the funnel and the counts are of all that were chosen."""

    total: int
    contributions: tuple[ContributionShown, ...]
    funnel: FunnelOfIdeas
    counts: Mapping[str, Mapping[str, int]]


class ChoiceOfContributions(Taken, frozen=True):
    """Which contributions."""

    city: str | None = None
    district: str | None = None
    theme: str | None = None
    since: date | None = None
    limit: Annotated[int, Meta(ge=0, le=1_000)] = 50
    offset: Annotated[int, Meta(ge=0)] = 0


class ToldWhatBecame(Taken, frozen=True):
    """What becomes of a contribution, and why; who made it reads it."""

    status: _Short
    outcome: Text = {}
    became: Id | None = None


class ChoiceOfDistricts(Taken, frozen=True):
    """Which districts, and over how many days."""

    city: str | None = None
    days: Annotated[int, Meta(ge=1, le=36_500)] = 365


class UpdateShown(Answer, frozen=True):
    """What the city says it does."""

    id: str
    text: Mapping[str, str]
    by: str | None = None
    on: date | None = None


class DistrictHeard(Answer, frozen=True):
    """What is heard of a district: `state` is silent, quiet, heard or unknown."""

    id: str
    name: Mapping[str, str]
    state: str
    contributions: int
    city: str | None = None
    inhabitants: int | None = None
    share: float | None = None
    residents_share: float | None = None
    last: date | None = None
    updates: tuple[UpdateShown, ...] = ()


class DistrictsHeard(Answer, frozen=True):
    """Districts, silent ones first; shares are within each city."""

    since: date
    districts: tuple[DistrictHeard, ...]


class SaidUpdate(Taken, frozen=True):
    """What the city does about a silent district, or in a theme."""

    text: Text
    city: Id | None = None
    by: Annotated[str, Meta(max_length=200)] | None = None


async def bring_in(ask: Ask) -> ContributionShown:
    """Contribute, without an account."""
    body = await ask.body(BroughtIn, most_kb=MOST_KB)
    visitors = ask.node.visitors
    visitors.contributions.take(visitor_address(ask.node, ask.request), now=ask.now)
    made = await ask.node.closed.waiting.contribute(
        ask.caller,
        Submission(**asdict(body)),
        record_id=new_id(Contribution, body.city),
        tenant=ask.caller.tenant,
        closed_in=visitors.closed_for(ask.caller.tenant),
        today=ask.today,
        now=ask.now,
    )
    shown = _shown(made, await collective_of(ask))
    waits = ask.node.closed.waiting.kept.get(made.id) is not None
    return msgspec.structs.replace(shown, waits_for_parent=waits)


async def enter_for(ask: Ask) -> ContributionShown:
    """Enter what somebody brought in at a counter, by telephone or on paper."""
    body = await ask.body(Entered)
    values = asdict(body)
    channel, entered_by = values.pop("channel"), values.pop("entered_by")
    made = await enter(
        ask.node.store,
        home_of_city(ask, body.city),
        Submission(**values),
        record_id=new_id(Contribution, body.city),
        channel=channel,
        entered_by=entered_by,
        today=ask.today,
        now=ask.now,
    )
    return _shown(made, await collective_of(ask))


async def list_contributions(ask: Ask) -> ContributionsShown:
    """List contributions, with their funnel and who brought them in."""
    choice = ask.parameters(ChoiceOfContributions)
    collective = await collective_of(ask)
    found = contributions(
        collective,
        city=choice.city,
        district=choice.district,
        theme=choice.theme,
        since=choice.since,
    )
    page = found[choice.offset : choice.offset + choice.limit]
    return ContributionsShown(
        total=len(found),
        contributions=tuple(_shown(held.record, collective) for held in page),
        funnel=_funnel(idea_funnel(found)),
        counts=counts(found),
    )


async def add_support(ask: Ask) -> ContributionShown:
    """Support a contribution, without an account."""
    held = (await collective_of(ask)).get(ask.path("id"), Contribution)
    visitors = ask.node.visitors
    address = visitor_address(ask.node, ask.request)
    visitors.support.take(address, subject=held.record.id, now=ask.now)
    done = await support(
        ask.node.store,
        held.record.id,
        tenant=held.tenant,
        closed_in=visitors.closed_for(held.tenant),
        now=ask.now,
    )
    return _shown(done, await collective_of(ask))


async def tell(ask: Ask) -> ContributionShown:
    """Tell what becomes of a contribution."""
    body = await ask.body(ToldWhatBecame)
    held = (await collective_of(ask)).get(ask.path("id"), Contribution)
    done = await answer(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        status=body.status,
        outcome=body.outcome,
        became=body.became,
        today=ask.today,
        now=ask.now,
    )
    return _shown(done, await collective_of(ask))


async def list_districts(ask: Ask) -> DistrictsHeard:
    """Tell which districts are silent, and what the city does about it."""
    choice = ask.parameters(ChoiceOfDistricts)
    collective = await collective_of(ask)
    tenants = ("", *(member.tenant for member in members(ask.node.store.registers)))
    held = await districts(ask.node.store, ask.caller, tenants, now=ask.now)
    every = placed(collective, held)
    day = ask.today
    since = max(date.min + timedelta(days=choice.days), day) - timedelta(days=choice.days)
    found: list[DistrictHeard] = []
    for city in dict.fromkeys(one.city for one in every):
        if choice.city in (None, city):
            some = [one for one in every if one.city == city]
            found += [_heard(one) for one in voices(collective, some, since=since, today=day)]
    return DistrictsHeard(since=since, districts=tuple(found))


async def update_district(ask: Ask) -> UpdateShown:
    """Say what the city does about a silent district, or in a theme."""
    body = await ask.body(SaidUpdate)
    said = await say_update(
        ask.node.store,
        home_of_city(ask, body.city),
        comment_id=new_id(Comment, body.city),
        about=ask.path("id"),
        text=body.text,
        city=body.city,
        by=body.by,
        today=ask.today,
        now=ask.now,
    )
    return _update(said)


def _shown(one: Contribution, collective: Collective) -> ContributionShown:
    return ContributionShown(
        id=one.id,
        title=one.title,
        text=one.description,
        kind=one.kind,
        status=one.status,
        contributor_kind=one.contributor_kind,
        channel=one.channel,
        received_on=one.received_on,
        city=named_if(one.source_city, collective),
        district=one.district,
        themes=tuple(named(theme, collective) for theme in one.themes),
        outcome=one.outcome,
        outcome_on=one.outcome_on,
        became=named_if(one.became, collective),
        supporters=one.supporters or 0,
    )


def _funnel(found: IdeaFunnel) -> FunnelOfIdeas:
    return FunnelOfIdeas(
        received=found.received,
        answered=found.answered,
        adopted=found.adopted,
        realised=found.realised,
        by_status=found.by_status,
        answered_share=found.answered_share,
        adopted_share=found.adopted_share,
        realised_share=found.realised_share,
        days_to_answer=found.days_to_answer,
    )


def _heard(one: Voice) -> DistrictHeard:
    return DistrictHeard(
        id=one.district.id,
        name=one.district.name,
        state=one.state,
        contributions=one.contributions,
        city=one.district.city,
        inhabitants=one.district.inhabitants,
        share=one.share,
        residents_share=one.residents_share,
        last=one.last,
        updates=tuple(_update(held.record) for held in one.updates),
    )


def _update(one: Comment) -> UpdateShown:
    return UpdateShown(id=one.id, text=one.text, by=one.by, on=one.said_on)


ROUTES = (
    ApiRoute(
        "GET",
        "/contributions",
        list_contributions,
        ContributionsShown,
        parameters=ChoiceOfContributions,
    ),
    ApiRoute(
        "POST",
        "/contributions",
        bring_in,
        ContributionShown,
        body=BroughtIn,
        limited=True,
        status=201,
    ),
    ApiRoute(
        "POST",
        "/contributions/entered",
        enter_for,
        ContributionShown,
        body=Entered,
        writes=True,
        status=201,
    ),
    ApiRoute(
        "POST", "/contributions/{id:path}/support", add_support, ContributionShown, limited=True
    ),
    ApiRoute(
        "POST",
        "/contributions/{id:path}/answer",
        tell,
        ContributionShown,
        body=ToldWhatBecame,
        writes=True,
    ),
    ApiRoute("GET", "/districts", list_districts, DistrictsHeard, parameters=ChoiceOfDistricts),
    ApiRoute(
        "POST",
        "/districts/{id:path}/updates",
        update_district,
        UpdateShown,
        body=SaidUpdate,
        writes=True,
        status=201,
    ),
)
