"""What residents bring in, and what becomes of it.

Anyone may contribute, without an account: over the web by themselves, or at a counter, by telephone
or on paper through a clerk who enters it on their behalf. Every contribution gets an answer that is
kept with it, and others may support it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.inert import inert
from hanze.collaboration.members import members
from hanze.collaboration.records.record import LANGUAGES, Label
from hanze.collaboration.records.residents import (
    AGE_GROUPS,
    CHANNELS,
    CONTRIBUTION_KINDS,
    CONTRIBUTION_STATUSES,
    CONTRIBUTOR_KINDS,
    Contribution,
    Measured,
)
from hanze.collaboration.writing import change_in, change_record, create_record, record_in
from hanze.errors import Conflicting, Denied, InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.model import JsonValue

__all__ = [
    "ANSWERS",
    "ConsentMissing",
    "ContributionsClosed",
    "IdeaFunnel",
    "NotAnAnswer",
    "Submission",
    "UnfitContribution",
    "answer",
    "anyone",
    "contribute",
    "contributions",
    "counts",
    "enter",
    "idea_funnel",
    "ready",
    "received",
    "support",
]

_TITLE: Final = 150
_TEXT: Final = 4_000
_WORD: Final = 80
_MOST_MEASURED: Final = 50
_MOST_THEMES: Final = 7
#: Ids as Hanze makes them: nothing that a page or program could take for an address.
_ID: Final = re.compile(r"urn:ngsi-ld:[A-Za-z0-9._~:%+-]{1,300}")
#: Decimals of a degree: about 1 m, and about 100 m for children.
_NEAR, _ROUGH = 5, 3

#: What a contribution may become from what it is.
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "received": ("considered", "adopted", "merged", "declined", "withdrawn"),
    "considered": ("adopted", "merged", "declined", "withdrawn"),
    "adopted": ("realised", "considered", "declined"),
    "merged": ("considered",),
    "declined": ("considered",),
    "realised": (),
    "withdrawn": (),
}
_SUPPORTABLE: Final = ("received", "considered", "adopted")


class UnfitContribution(InvalidInput):
    """A contribution cannot be taken as it is."""


class ConsentMissing(UnfitContribution):
    """A child contributes and no parent or guardian agreed."""

    def __init__(self) -> None:
        super().__init__(
            "A child contributes with the consent of a parent or guardian: the day on which they "
            "agreed must be there, and not lie ahead",
            field="parentalConsentOn",
        )


class ContributionsClosed(Denied):
    """The portal takes no contributions of people without an account."""

    def __init__(self) -> None:
        super().__init__("This portal takes no contributions over the web; the city's counter does")


class NotAnAnswer(Conflicting):
    """A contribution cannot become that from what it is."""

    def __init__(self, status: str, wanted: str) -> None:
        options = ", ".join(ANSWERS.get(status, ())) or "nothing else"
        super().__init__(f"A contribution that is {status} becomes {options}, not {wanted}")
        self.field = "status"


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody brings in, as it was typed.

    Attributes:
        title: In a few words.
        text: All of it.
        language: In which it is written, one of nl, en, ko.
        kind: One of `CONTRIBUTION_KINDS`.
        contributor_kind: One of `CONTRIBUTOR_KINDS`.
        age_group: One of `AGE_GROUPS`.
        parental_consent_on: The day on which a parent or guardian agreed, for a child.
        city: Id of the city that it is for.
        district: Id of the part of the city that it is about.
        themes: Ids.
        longitude: Where, with `latitude`.
        latitude: In degrees.
        measured: What was measured.
        sensor: Id of the sensor that they added.
    """

    title: str
    text: str
    language: str = "nl"
    kind: str = "idea"
    contributor_kind: str = "resident"
    age_group: str = "unknown"
    parental_consent_on: date | None = None
    city: str | None = None
    district: str | None = None
    themes: tuple[str, ...] = ()
    longitude: float | None = None
    latitude: float | None = None
    measured: tuple[Measured, ...] = ()
    sensor: str | None = None


@dataclass(frozen=True, slots=True)
class IdeaFunnel:
    """How far contributions came; each share has its denominator beside it.

    Attributes:
        by_status: Number in each of `CONTRIBUTION_STATUSES`.
        received: All.
        answered: Those that are no longer just received.
        adopted: Those that were adopted, realised ones too.
        realised: Those that are there.
        days_to_answer: Median of the days until the outcome; `None` without one.
    """

    by_status: Mapping[str, int]
    received: int
    answered: int
    adopted: int
    realised: int
    days_to_answer: float | None

    @property
    def answered_share(self) -> float | None:
        """Of all that were received."""
        return self.answered / self.received if self.received else None

    @property
    def adopted_share(self) -> float | None:
        """Of all that were received."""
        return self.adopted / self.received if self.received else None

    @property
    def realised_share(self) -> float | None:
        """Of those that were adopted."""
        return self.realised / self.adopted if self.adopted else None


def anyone(tenant: str) -> Caller:
    """Return the caller for a visitor without an account, who may contribute and no more."""
    return Caller(actor="anonymous", roles=frozenset({"reader", "contributor"}), tenant=tenant)


def received(
    submission: Submission,
    *,
    record_id: str,
    channel: str = "web",
    entered_by: str | None = None,
    today: date,
) -> Contribution:
    """Make the record of what somebody brings in.

    Raises:
        TextRefused: A text is empty or too long.
        ConsentMissing: A child's contribution without a parent's consent.
        UnfitContribution: Something else is not possible.
    """
    _check(submission, channel, today)
    language = submission.language
    consent = submission.parental_consent_on if submission.age_group == "child" else None
    return Contribution(
        id=record_id,
        title={language: inert(submission.title, field="title", most=_TITLE)},
        description={language: inert(submission.text, field="text", most=_TEXT, lines=True)},
        source_city=submission.city,
        themes=submission.themes,
        provenance="entered",
        location=_location(submission),
        kind=submission.kind,
        status="received",
        contributor_kind=submission.contributor_kind,
        age_group=submission.age_group,
        parental_consent_on=consent,
        channel=channel,
        entered_by=inert(entered_by, field="enteredBy", most=_WORD) if entered_by else None,
        received_on=today,
        district=submission.district,
        measured=tuple(
            replace(
                one,
                what=inert(one.what, field="measured.what", most=_WORD),
                unit=inert(one.unit, field="measured.unit", most=_WORD),
            )
            for one in submission.measured
        ),
        sensor=submission.sensor,
    )


def _check(submission: Submission, channel: str, today: date) -> None:
    codes = (
        ("kind", submission.kind, CONTRIBUTION_KINDS),
        ("contributorKind", submission.contributor_kind, CONTRIBUTOR_KINDS),
        ("ageGroup", submission.age_group, AGE_GROUPS),
        ("channel", channel, CHANNELS),
        ("language", submission.language, LANGUAGES),
    )
    for field, value, known in codes:
        if value not in known:
            raise UnfitContribution(
                f"{field} must be one of {', '.join(known)}", field=field, value=value
            )
    if len(submission.measured) > _MOST_MEASURED or len(submission.themes) > _MOST_THEMES:
        raise UnfitContribution(
            f"At most {_MOST_MEASURED} measurements and {_MOST_THEMES} themes are taken at once",
            field="measured",
        )
    named = (submission.city, submission.district, submission.sensor, *submission.themes)
    for one in named:
        if one is not None and not _ID.fullmatch(one):
            raise UnfitContribution(
                "A city, district, theme or sensor must be named by its id, urn:ngsi-ld:...",
                field="city",
                value=one,
            )
    agreed = submission.parental_consent_on
    if submission.age_group == "child" and (agreed is None or agreed > today):
        raise ConsentMissing


def _location(submission: Submission) -> Mapping[str, JsonValue] | None:
    east, north = submission.longitude, submission.latitude
    if east is None or north is None:
        return None
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise UnfitContribution("A place must be on earth", field="longitude", value=east)
    decimals = _ROUGH if submission.age_group == "child" else _NEAR
    return {"type": "Point", "coordinates": [round(east, decimals), round(north, decimals)]}


async def contribute(
    store: Store,
    submission: Submission,
    *,
    record_id: str,
    tenant: str = "",
    closed_in: Iterable[str] = (),
    today: date,
    now: str,
) -> Contribution:
    """Take what a visitor without an account brings in.

    Args:
        tenant: The default one, or that of a member; no other arises by this.
        closed_in: Tenants whose portal takes nothing.

    Raises:
        ContributionsClosed: The portal of the tenant is closed for it.
        UnfitContribution: It cannot be taken as it is.
        TextRefused: A text is empty or too long.
    """
    made = ready(
        store, submission, record_id=record_id, tenant=tenant, closed_in=closed_in, today=today
    )
    return await create_record(store, anyone(tenant), made, now=now)


def ready(
    store: Store,
    submission: Submission,
    *,
    record_id: str,
    tenant: str,
    closed_in: Iterable[str],
    today: date,
) -> Contribution:
    """Make the record of what somebody brings in over the web; raises as `contribute` does."""
    cities = {member.tenant: member.city for member in members(store.registers)}
    if tenant in closed_in or (tenant and tenant not in cities):
        raise ContributionsClosed
    made = received(submission, record_id=record_id, today=today)
    made = replace(made, source_city=cities.get(tenant, made.source_city))
    city = made.source_city
    if city is not None and city not in cities.values() and store.stored("", city) is None:
        raise UnfitContribution(f"{city[:100]} is no city of this portal", field="city")
    return made


async def enter(
    store: Store,
    caller: Caller,
    submission: Submission,
    *,
    record_id: str,
    channel: str,
    entered_by: str,
    today: date,
    now: str,
) -> Contribution:
    """Enter on someone's behalf what they brought in at a counter, by telephone or on paper.

    Raises:
        UnfitContribution: It cannot be taken as it is.
        TextRefused: A text is empty or too long; `entered_by` is one.
    """
    clerk = inert(entered_by, field="enteredBy", most=_WORD)
    made = received(submission, record_id=record_id, channel=channel, entered_by=clerk, today=today)
    return await create_record(store, caller, made, now=now)


async def answer(
    store: Store,
    caller: Caller,
    contribution_id: str,
    *,
    status: str,
    outcome: Label,
    became: str | None = None,
    today: date,
    now: str,
) -> Contribution:
    """Tell what becomes of a contribution.

    One that is merged passes its support on to the one that it goes into, and takes it back when it
    is considered again.

    Args:
        status: One of `ANSWERS` of what it is.
        outcome: Why, by language; whoever contributed reads it.
        became: Id of the record that it became or went into.

    Raises:
        RecordNotFound: The caller's tenant has no such contribution, or none to merge into.
        NotAnAnswer: It cannot become that.
        RuleBroken: The outcome, or what it became, is missing.
    """

    def tell(before: Contribution) -> Contribution:
        if status not in ANSWERS.get(before.status, ()):
            raise NotAnAnswer(before.status, status)
        return replace(
            before,
            status=status,
            outcome=outcome or before.outcome,
            outcome_on=today,
            became=became or (before.became if status in ("realised", "adopted") else None),
        )

    def unit(uow: UnitOfWork) -> Contribution:
        before = record_in(uow, caller, contribution_id, Contribution, now=now)
        told = change_in(uow, caller, contribution_id, Contribution, tell, now=now)
        number = 1 + (told.supporters or 0)
        if before.status == "merged" and before.became is not None:
            # What it went into may be gone by now.
            with suppress(RecordNotFound):
                _pass_on(uow, caller, before.became, -number, now=now)
        if status == "merged" and became is not None:
            _pass_on(uow, caller, became, number, now=now)
        return told

    return await store.transact(unit)


def _pass_on(uow: UnitOfWork, caller: Caller, target: str, number: int, *, now: str) -> None:
    """Count the supporters of a merged contribution with the one that it went into."""
    change_in(uow, caller, target, Contribution, lambda one: _more(one, number), now=now)


async def support(
    store: Store,
    contribution_id: str,
    *,
    tenant: str = "",
    closed_in: Iterable[str] = (),
    now: str,
) -> Contribution:
    """Count one more who supports a contribution; who it was is not kept.

    Args:
        tenant: In which it is.
        closed_in: Tenants whose portal takes nothing.

    Raises:
        ContributionsClosed: The portal of the tenant is closed for it.
        RecordNotFound: The tenant has no such contribution.
        NotAnAnswer: It was decided: support makes no difference any more.
    """

    def count(before: Contribution) -> Contribution:
        if before.status not in _SUPPORTABLE:
            raise NotAnAnswer(before.status, "supported")
        return _more(before, 1)

    if tenant in closed_in:
        raise ContributionsClosed
    caller = anyone(tenant)
    return await change_record(store, caller, contribution_id, Contribution, count, now=now)


def _more(contribution: Contribution, number: int) -> Contribution:
    return replace(contribution, supporters=max(0, (contribution.supporters or 0) + number))


def contributions(
    collective: Collective,
    *,
    city: str | None = None,
    district: str | None = None,
    theme: str | None = None,
    since: date | None = None,
) -> tuple[Held[Contribution], ...]:
    """List contributions of a city, district or theme; the latest first."""
    found = [
        held
        for held in collective.of(Contribution)
        if city in (None, held.city)
        and district in (None, held.record.district)
        and (theme is None or theme in held.record.themes)
        and (since is None or (held.record.received_on or date.min) >= since)
    ]
    found.sort(key=lambda held: held.record.id)
    return tuple(sorted(found, key=lambda held: held.record.received_on or date.min, reverse=True))


def idea_funnel(found: Sequence[Held[Contribution]]) -> IdeaFunnel:
    """Count how far contributions came, from received to realised."""
    by_status = dict.fromkeys(CONTRIBUTION_STATUSES, 0)
    days = []
    for held in found:
        one = held.record
        by_status[one.status] += 1
        if one.outcome_on is not None and one.received_on is not None:
            days.append((one.outcome_on - one.received_on).days)
    return IdeaFunnel(
        by_status=by_status,
        received=len(found),
        answered=len(found) - by_status["received"],
        adopted=by_status["adopted"] + by_status["realised"],
        realised=by_status["realised"],
        days_to_answer=float(median(days)) if days else None,
    )


def counts(found: Sequence[Held[Contribution]]) -> Mapping[str, Mapping[str, int]]:
    """Count contributions by who brought them in, how, and of which age.

    Returns:
        By "contributorKind", "channel" and "ageGroup", every code with its number, 0 too.
    """
    tables = {
        "contributorKind": (CONTRIBUTOR_KINDS, [held.record.contributor_kind for held in found]),
        "channel": (CHANNELS, [held.record.channel for held in found]),
        "ageGroup": (AGE_GROUPS, [held.record.age_group for held in found]),
    }
    return {
        name: {code: values.count(code) for code in codes}
        for name, (codes, values) in tables.items()
    }
