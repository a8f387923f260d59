"""What cities, regions and organisations agree on with each other: a list, and a new draft."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.cooperating.signing import draft_accord
from hanze.collaboration.cooperating.terms import ACCORD_STATES, AccordState, StateName
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.cooperation import ACCORD_KINDS, Accord
from hanze.web.portal.abroad.accord_form import accord_form, asks_for_more
from hanze.web.portal.abroad.acting import LONGEST, act_on
from hanze.web.portal.collective.choosing import api_address, countries, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import label_given
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.forms import Given

__all__ = ["show", "since_of", "state_badge", "take"]

_COLUMNS: Final = (
    *("title", "kind", "state", "in_force_since", "valid_until", "parties", "signed", "missing"),
    "id",
)
_TONES: Final[Mapping[StateName, str]] = {
    "draft": "waiting",
    "offered": "waiting",
    "partly-signed": "going",
    "not-yet": "going",
    "in-force": "good",
    "changed": "bad",
    "withdrawn": "bad",
    "expired": "",
    "ended": "",
}
_FIELDS: Final = {
    "title": "title",
    "parties": "parties",
    "sourceCity": "drafter",
    "party": "drafter",
    "kind": "kind",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
    "validUntil": "valid_until",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """An accord in the list."""

    card: Card
    href: str
    kind: str
    badge: Badge
    parties: tuple[tuple[Link, bool], ...]
    since: str
    until: str


async def show(desk: Desk) -> Response:
    """Show the accords of the address; `format=csv` is the list as a file."""
    return await _page(desk, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Draft an accord."""
    if asks_for_more(given):
        return await _page(desk, {name: given.text(name) for name in given.values}, {}, given)

    async def draft(given: Given) -> str:
        kind = given.text("kind")
        made = await draft_accord(
            desk.visit.site.node.store,
            desk.writer(),
            desk.collective,
            Accord(
                id="",
                title=label_given(desk, given, "title", most=LONGEST),
                kind=kind if kind in ACCORD_KINDS else ACCORD_KINDS[0],
                parties=tuple(given.several("parties")),
                terms=label_given(desk, given, "terms", most=LONGEST),
                themes=tuple(given.several("themes")),
                valid_from=given.day("valid_from"),
                valid_until=given.day("valid_until"),
                source_city=next(iter(given.several("parties")), None),
            ),
            now=desk.visit.now,
        )
        return desk.at(path_of("accords", made.id))

    async def again(filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return await _page(desk, filled, errors, given)

    return await act_on(desk, given, {"draft": draft}, again, about="Accord", fields=_FIELDS)


def state_badge(desk: Desk, state: AccordState) -> Badge:
    """Say how far an accord has come, in words and colour."""
    return Badge(desk.code("accordState", state.state), _TONES[state.state])


def since_of(desk: Desk, accord: Accord, state: AccordState) -> str:
    """Say since when it is in force; of what was signed on paper no more than is told."""
    if state.on_paper and accord.concluded is not None:
        return _told(desk, accord.concluded)
    return desk.day(state.in_force_since) if state.in_force_since is not None else ""


async def _page(
    desk: Desk,
    filled: Mapping[str, str],
    errors: Mapping[str, str],
    given: Given | None = None,
) -> Response:
    names = ("party", "country", "theme", "kind", "state")
    chosen = {name: desk.asked(name) for name in names}
    found = [
        (held, state)
        for held in desk.collective.of(Accord)
        if _is_wanted(desk, held.record, chosen)
        for state in (accord_state(desk.collective, held.record, desk.today),)
        if not chosen["state"] or chosen["state"] == state.state
    ]
    found.sort(key=lambda one: (ACCORD_STATES.index(one[1].state), one[0].record.id))
    if desk.asked("format") == "csv":
        return csv_file("agreements", _COLUMNS, _cells(desk, found))
    return desk.page(
        "accords.html",
        menu="accords",
        status=422 if errors else 200,
        rows=[_row(desk, held, state) for held, state in found],
        chosen=chosen,
        countries=countries(desk),
        own_parties=_own_parties(desk),
        form=accord_form(desk, None, given) if desk.may_write else None,
        opened=given is not None,
        kinds=desk.options("kind", ACCORD_KINDS),
        states=[(one, desk.code("accordState", one)) for one in get_args(StateName)],
        filled=Filled(filled),
        errors=Filled(errors),
        downloads=[
            ("CSV", desk.at("/accords", **chosen, format="csv")),
            ("JSON", api_address("accords", **chosen)),
        ],
    )


def _is_wanted(desk: Desk, accord: Accord, chosen: Mapping[str, str]) -> bool:
    return (
        (not chosen["party"] or chosen["party"] in accord.parties)
        and (not chosen["theme"] or chosen["theme"] in accord.themes)
        and (not chosen["kind"] or chosen["kind"] == accord.kind)
        and (
            not chosen["country"]
            or chosen["country"] in {country_of(desk.collective, one) for one in accord.parties}
        )
    )


def _own_parties(desk: Desk) -> list[tuple[str, str]]:
    """Offer those that are a party to any accord."""
    found = {party for held in desk.collective.of(Accord) for party in held.record.parties}
    return named(desk.link(party) for party in found)


def _row(desk: Desk, held: Held[Accord], state: AccordState) -> _Row:
    accord = held.record
    return _Row(
        card=desk.card(held),
        href=desk.at(path_of("accords", accord.id)),
        kind=desk.code("kind", accord.kind),
        badge=state_badge(desk, state),
        parties=tuple((desk.link(one), one in state.signed) for one in accord.parties),
        since=since_of(desk, accord, state),
        until=desk.day(accord.valid_until) if accord.valid_until else "",
    )


def _told(desk: Desk, concluded: str) -> str:
    """Write "2024", "2024-10" or a whole day as people of the language do."""
    if len(concluded) == len("2024-10-07"):
        return desk.day(concluded)
    if len(concluded) == len("2024"):
        return concluded
    # The day is not known, and not made up: only the month is written.
    year, month = (int(part) for part in concluded.split("-"))
    return _month(desk, year, month)


def _month(desk: Desk, year: int, month: int) -> str:
    if not (1 <= month <= 12 and year >= 1):
        return f"{year:04}-{month:02}"
    return desk.month(desk.today.replace(year=year, month=month, day=1))


def _cells(
    desk: Desk, found: Sequence[tuple[Held[Accord], AccordState]]
) -> Iterator[tuple[str | float | None, ...]]:
    for held, state in found:
        accord = held.record
        since = state.in_force_since
        yield (
            desk.title(accord).text,
            accord.kind,
            state.state,
            accord.concluded if state.on_paper else since.isoformat() if since else None,
            accord.valid_until.isoformat() if accord.valid_until else None,
            "; ".join(desk.name(one) for one in accord.parties),
            "; ".join(desk.name(one) for one in state.signed),
            "; ".join(desk.name(one) for one in state.missing),
            accord.id,
        )
