"""The worksheet of a replication: what was proven elsewhere, where it goes, and what is known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.broker.consumption import EntityNotFound
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Held, RecordNotFound
from hanze.collaboration.differences import MEASURES
from hanze.collaboration.districts import districts
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.projects import STAGES, Evaluation, Project
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.replication import (
    NotADistrict,
    new_replication,
    read_district,
    start_replication,
)
from hanze.collaboration.worksheet import NotElsewhere, NotProven, Worksheet, worksheet
from hanze.errors import HanzeError
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["PARTS", "evaluation_rows", "show", "take"]

#: The parts of an evaluation.
PARTS: Final = ("technical", "behavioural", "business")
_CHOICES: Final = 12
#: A number, and where it is an amount its currency.
_FIGURE: Final = re.compile(r"(\d+(?:\.\d+)?)(?: ([A-Z]{3}))?")
#: Measures that are a part of all residents.
_SHARES: Final = frozenset({"under-18", "over-65", "higher-education"})
_PROVEN: Final = ("evaluated", "replicated", "scaled")
_NO_WORKSHEET: Final = (RecordNotFound, NotProven, NotElsewhere, EntityNotFound, NotADistrict)


@dataclass(frozen=True, slots=True)
class _Ground:
    """One thing that is known."""

    text: Said
    leaning: str
    label: str
    evidence: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """One of the five, and the answer that the records propose."""

    code: str
    title: str
    proposed: str
    label: str
    grounds: tuple[_Ground, ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A row of what differs; `alike` is "yes", "no" or "unknown"."""

    aspect: str
    measure: Said
    there: str
    here: str
    alike: str


@dataclass(frozen=True, slots=True)
class _Cited:
    """A contribution of a resident, and what it shares with the project."""

    card: Card
    concepts: tuple[str, ...]


async def show(desk: Desk) -> Response:
    """Show the worksheet of the address; before that, what and where there is to choose."""
    what = desk.asked("project") or desk.asked("solution")
    held = desk.collective.find(what) if what else None
    if held is None or not isinstance(held.record, Project | Solution):
        return _choose(desk, missing=bool(what))
    city, district = desk.asked("city"), desk.asked("district")
    if not city:
        return await _where(desk, held)
    try:
        sheet = _sheet(desk, held.record.id, city, district)
    except _NO_WORKSHEET as error:
        return await _where(desk, held, error)
    return await _worksheet(desk, held, sheet)


async def take(desk: Desk, given: Given) -> Response:
    """Keep the worksheet as a replication, which people look over from there on."""
    what, city, district = (given.text(name) for name in ("project", "city", "district"))
    held = desk.collective.find(what)
    if held is None:
        raise RecordNotFound(what)
    sheet = _sheet(desk, what, city, district)
    kept = new_replication(sheet)
    node = desk.visit.site.node
    try:
        kept = await start_replication(node.store, desk.writer(), sheet, now=desk.visit.now)
    except EntityAlreadyExists:
        # Somebody was first: what they made of it is what one looks for.
        pass
    except REFUSALS as error:
        return await _worksheet(desk, held, sheet, refusal(desk, error, "Replication", {}))
    return RedirectResponse(desk.at(path_of("replication", kept.id)), 303)


def evaluation_rows(desk: Desk, evaluation: Evaluation | None) -> list[tuple[str, str, str, Said]]:
    """Make an evaluation ready to be read: part, code, outcome and note."""
    one = evaluation or Evaluation()
    return [
        (
            desk.code("evaluation part", part),
            getattr(one, part),
            desk.code("outcome", getattr(one, part)),
            desk.text(getattr(one, f"{part}_note")),
        )
        for part in PARTS
    ]


def _sheet(desk: Desk, what: str, city: str, district: str) -> Worksheet:
    node = desk.visit.site.node
    facts = (
        read_district(node.store, desk.writer(), district, city=city, now=desk.visit.now)
        if district
        else None
    )
    return worksheet(desk.collective, node.annotations, what, city, district=facts)


async def _worksheet(
    desk: Desk,
    held: Held[Record],
    sheet: Worksheet,
    errors: dict[str, str] | None = None,
) -> Response:
    district = sheet.district
    address = {"city": sheet.city.record.id, "district": district.id if district else ""}
    existing = desk.collective.find(new_replication(sheet).id)
    return desk.page(
        "worksheet.html",
        menu="replicate",
        status=422 if errors else 200,
        errors=Filled(errors or {}),
        what=held.record.id,
        address=address,
        project=desk.card(sheet.project),
        solution=desk.card(sheet.solution) if sheet.solution else None,
        city=desk.link(sheet.city.record.id),
        district=_district_name(desk, sheet),
        credit=desk.link(sheet.credit_to) if sheet.credit_to else None,
        questions=_questions(desk, sheet),
        differences=_differences(desk, sheet),
        unknown=list(
            dict.fromkeys(
                desk.text(MEASURES[one.measure]).text
                for one in sheet.differences
                if not one.there and not one.here
            )
        ),
        contributions=[
            _Cited(desk.card(one.contribution), _concepts(desk, one.concepts))
            for one in sheet.contributions[:_CHOICES]
        ],
        evaluation=evaluation_rows(desk, sheet.evaluation),
        lessons=[(desk.text(one.text), one.failure) for one in sheet.lessons],
        stuck=[desk.code("stuckReasons", code) for code in sheet.stuck_reasons],
        others=desk.cards(sheet.others),
        feedback=[(desk.text(one.record.text), desk.card(one)) for one in sheet.feedback],
        existing=desk.at(path_of("replication", existing.record.id)) if existing else "",
        elsewhere=desk.at("/replicate", project=held.record.id),
        download=api_address("replications/worksheet", project=held.record.id, **address),
    )


def _questions(desk: Desk, sheet: Worksheet) -> list[_Question]:
    return [
        _Question(
            one.question,
            desk.code("question", one.question),
            one.proposed,
            desk.code("answer", one.proposed),
            tuple(
                _Ground(
                    desk.text(ground.text()),
                    ground.leaning or "",
                    desk.code("answer", ground.leaning) if ground.leaning else "",
                    tuple(desk.link(id_) for id_ in ground.evidence),
                )
                for ground in one.grounds
            ),
        )
        for one in sheet.questions
    ]


def _differences(desk: Desk, sheet: Worksheet) -> list[_Compared]:
    states = {True: "yes", False: "no", None: "unknown"}
    return [
        _Compared(
            desk.code("aspect", one.aspect),
            desk.text(MEASURES[one.measure]),
            _figure(desk, one.measure, one.there),
            _figure(desk, one.measure, one.here),
            states[one.alike],
        )
        for one in sheet.differences
        if one.there or one.here
    ]


def _figure(desk: Desk, measure: str, text: str) -> str:
    """Write a figure of a comparison as the language does; words stay as they are."""
    found = _FIGURE.fullmatch(text)
    if found is None:
        return text
    value, currency = Decimal(found[1]), found[2]
    if currency:
        return desk.money(Money(value, currency))
    return desk.share(float(value)) if measure in _SHARES else desk.number(float(value))


def _concepts(desk: Desk, ids: Sequence[str]) -> tuple[str, ...]:
    vocabulary = desk.visit.site.node.annotations.annotator.vocabulary
    return tuple(vocabulary.label(one, desk.lang) for one in ids[:3])


def _district_name(desk: Desk, sheet: Worksheet) -> Said:
    if sheet.district is None:
        return Said("")
    return desk.text(sheet.district.name) or Said(sheet.district.id.rsplit(":", 1)[-1])


def _choose(desk: Desk, *, missing: bool) -> Response:
    """Offer what can go elsewhere: what is proven most, or what a search finds."""
    text = desk.asked("text")
    found: list[Held[Record]] = []
    if text:
        hits = desk.search.find(text, desk.lang, kinds=(Project, Solution), limit=_CHOICES)
        found = [hit.held for hit in hits]
    else:
        proven = [h for h in desk.collective.of(Project) if h.record.stage in _PROVEN]
        proven.sort(key=lambda h: (-STAGES.index(h.record.stage), h.record.id))
        found = [*proven[:_CHOICES]]
    return desk.page(
        "replicate.html",
        menu="replicate",
        status=404 if missing else 200,
        missing=missing,
        text=text,
        city=desk.asked("city"),
        cards=desk.cards(found),
    )


async def _where(desk: Desk, held: Held[Record], error: HanzeError | None = None) -> Response:
    """Ask to which city, and then to which part of it."""
    city = desk.asked("city")
    problems = (
        refusal(
            desk, error, type(error).__name__, {"": "city", "city": "city", "district": "district"}
        )
        if error is not None
        else {}
    )
    return desk.page(
        "replicate_where.html",
        menu="replicate",
        status=400 if error is not None else 200,
        card=desk.card(held),
        city=city,
        cities=[(link.id, link.label.text) for link in desk.cities],
        districts=await _districts(desk, city) if city else [],
        errors=Filled(problems),
    )


async def _districts(desk: Desk, city: str) -> list[tuple[str, str]]:
    """Name the parts of a city: those that name it, and those where it keeps its records alone."""
    store = desk.visit.site.node.store
    tenant = in_tenant_of(store.registers, desk.writer(), city).tenant
    own = {tenant} - {""}
    found = await districts(store, desk.writer(), ("", *own), now=desk.visit.now)
    return [
        (one.id, (desk.text(one.name) or Said(one.id.rsplit(":", 1)[-1])).text)
        for one in found
        if one.city == city or (one.city is None and one.tenant in own)
    ]
