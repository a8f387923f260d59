"""One partner abroad: what happened by day, how long trust took, and what it is interested in."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.relations.happening import HAPPENING_KINDS, Happening
from hanze.collaboration.relations.interests import Interest, interests_of, notes_of
from hanze.collaboration.relations.timeline import timeline
from hanze.collaboration.relations.trust import Trust, trust_of
from hanze.web.portal.abroad.moments import day_of_happening
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said

__all__ = ["show"]

_COLUMNS: Final = (
    *("on", "ends", "precision", "basis", "kind", "state", "title", "standing", "record"),
    *("parties", "part"),
)
_TONES: Final = {"past": "", "planned": "going", "late": "bad", "cancelled": "bad"}
#: Types of records with a page of their own.
_PAGES: Final = {
    "Accord": "accords",
    "Cooperation": "cooperations",
    "Mission": "missions",
    "WorkingGroup": "working-groups",
}
_NOTE: Final = 280
#: Of the timeline, the latest, that the page shows; files have all of it.
_MOST: Final = 200
_FEW: Final = 6


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something on the timeline.

    Attributes:
        when: As exactly as it is known.
        is_told: Whether a record says the day; else it is that on which the record came.
        badge: That it is planned, late or did not take place; `None` where it simply happened.
        standing: How the record stands.
    """

    when: str
    iso: str
    kind: str
    title: Said
    card: Card
    href: str
    parties: tuple[Link, ...]
    note: Said
    badge: Badge | None
    standing: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class _Year:
    """The timeline of a year, and how often what happened in it by kind."""

    name: str
    moments: tuple[_Moment, ...]


@dataclass(frozen=True, slots=True)
class _Trusted:
    """How long trust took.

    Attributes:
        state: "took" so many days, "before" any meeting that is recorded, "unseen" where no meeting
            is, "none" where there is no accord, "unmet" where there is neither.
    """

    parties: tuple[Link, ...]
    state: str
    days: str
    visits: int
    first: str
    accord: Link | None
    accord_on: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Interest:
    """A theme, and the records that show an interest in it."""

    theme: Link
    latest: str
    shown: tuple[tuple[str, Link], ...]
    more: int


async def show(desk: Desk) -> Response:
    """Show a partner; `format=csv` is its timeline as a file."""
    partner = str(desk.visit.request.path_params["id"])
    held = desk.collective.find(partner)
    if held is None:
        raise RecordNotFound(partner, "partner")
    of, kind = desk.asked("of"), desk.asked("kind")
    # Thousands of records take a while: others need not wait for it.
    every = await asyncio.to_thread(timeline, desk.collective, partner, desk.today)
    found = every
    if of:
        found = await asyncio.to_thread(timeline, desk.collective, partner, desk.today, of=of)
    listed = [one for one in found if kind in ("", one.kind)]
    if desk.asked("format") == "csv":
        return csv_file("timeline", _COLUMNS, _cells(desk, listed))
    ahead = [one for one in listed if one.state in ("planned", "late")]
    behind = [one for one in listed if one.state not in ("planned", "late")]
    interests = interests_of(desk.collective, partner, desk.today)
    return desk.page(
        "relation.html",
        menu="relations",
        card=desk.card(held),
        partner=desk.link(partner),
        figures=_figures(desk, found),
        ahead=[_moment(desk, one) for one in ahead[:_MOST]],
        years=_years(desk, behind[-_MOST:]),
        more=max(0, len(ahead) - _MOST) + max(0, len(behind) - _MOST),
        trust=[_trusted(desk, one) for one in trust_of(desk.collective, found)],
        interests=[_interest(desk, one) for one in interests],
        notes=[
            (desk.card(one.held), desk.text(one.text)) for one in notes_of(desk.collective, partner)
        ],
        kinds=[
            (code, desk.code("happening", code))
            for code in HAPPENING_KINDS
            if any(one.kind == code for one in every)
        ],
        parties=named(desk.link(one) for one in sorted(_others(every, partner))),
        chosen={"of": of, "kind": kind},
        path=desk.at(path_of("relations", partner)),
        downloads=[
            ("CSV", desk.at(path_of("relations", partner), of=of, kind=kind, format="csv")),
            ("JSON", api_address(f"relations/{partner}", of=of, kind=kind)),
        ],
    )


def _others(several: Sequence[Happening], partner: str) -> set[str]:
    return {party for one in several for party in one.parties} - {partner}


def _figures(desk: Desk, found: Sequence[Happening]) -> list[tuple[str, str]]:
    """What a reader wants to know at once; each is counted from the timeline below."""
    gettext = desk.language.texts.gettext
    past = [one for one in found if one.is_past]
    met = {one.held.record.id for one in past if one.kind in ("mission", "meeting")}
    counts = (
        (gettext("Missions and meetings"), len(met)),
        (
            gettext("Accords in force"),
            sum(one.standing == ("accordState", "in-force") for one in past),
        ),
        (gettext("Projects together"), sum(one.kind == "project" for one in past)),
        (gettext("Steps that are late"), sum(one.state == "late" for one in found)),
    )
    since = [(gettext("First thing known"), day_of_happening(desk, past[0]))] if past else []
    return since + [(label, desk.number(count)) for label, count in counts]


def _years(desk: Desk, several: Sequence[Happening]) -> list[_Year]:
    """The latest year first, and the latest day of each."""
    years: dict[int, list[_Moment]] = {}
    for one in reversed(several):
        years.setdefault(one.on.year, []).append(_moment(desk, one))
    return [_Year(str(year), tuple(moments)) for year, moments in years.items()]


def _moment(desk: Desk, one: Happening) -> _Moment:
    kind = type(one.held.record).__name__
    standing = desk.code(*one.standing, kind) if one.standing is not None else ""
    return _Moment(
        when=day_of_happening(desk, one),
        iso=one.on.isoformat() if one.precision == "day" else one.on.isoformat()[:7],
        kind=desk.code("happening", one.kind),
        title=desk.text(one.title) or desk.title(one.held.record),
        card=desk.card(one.held),
        href=_href(desk, one),
        parties=tuple(desk.link(party) for party in sorted(one.parties)),
        note=desk.text(one.note).cut(_NOTE),
        badge=(
            None
            if one.is_past
            else Badge(desk.code("happeningState", one.state), _TONES[one.state])
        ),
        standing=standing,
        is_told=one.basis not in ("recorded", "source_date"),
    )


def _href(desk: Desk, one: Happening) -> str:
    """Lead to the page of its kind, where there is one, else to the record."""
    record = one.held.record
    page = _PAGES.get(type(record).__name__)
    return desk.at(path_of(page, record.id)) if page is not None else desk.path(record.id)


def _trusted(desk: Desk, one: Trust) -> _Trusted:
    if one.accord is None:
        state = "none" if one.visit is not None else "unmet"
    elif one.days is None:
        state = "unseen"
    else:
        state = "took" if one.days >= 0 else "before"
    return _Trusted(
        parties=tuple(desk.link(party) for party in one.parties),
        state=state,
        days=desk.number(abs(one.days)) if one.days is not None else "",
        visits=one.visits,
        first=day_of_happening(desk, one.visit) if one.visit is not None else "",
        accord=desk.link(one.accord.held.record.id) if one.accord is not None else None,
        accord_on=day_of_happening(desk, one.accord) if one.accord is not None else "",
        exact=one.exact,
    )


def _interest(desk: Desk, one: Interest) -> _Interest:
    shown = [
        (desk.code("shownBy", each.how), desk.link(each.held.record.id))
        for each in one.shown[:_FEW]
    ]
    return _Interest(
        theme=desk.link(one.theme),
        latest=desk.day(one.latest),
        shown=tuple(shown),
        more=max(0, len(one.shown) - _FEW),
    )


def _cells(desk: Desk, several: Sequence[Happening]) -> Iterator[tuple[str | None, ...]]:
    for one in several:
        yield (
            one.on.isoformat(),
            one.ends.isoformat() if one.ends is not None else None,
            one.precision,
            one.basis,
            one.kind,
            one.state,
            desk.text(one.title).text,
            one.standing[1] if one.standing is not None else None,
            one.held.record.id,
            " ".join(sorted(one.parties)),
            one.part,
        )
