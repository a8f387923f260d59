"""The worksheet tells what is known and no more; a replication runs from it to its lesson."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from hanze.broker.consumption import EntityNotFound
from hanze.broker.provision import EntityAlreadyExists, create_entity
from hanze.collaboration.differences import DistrictFacts, compare_places
from hanze.collaboration.records.needs import ResearchQuestion
from hanze.collaboration.records.offers import Solution, Standard
from hanze.collaboration.records.places import Residents
from hanze.collaboration.records.projects import (
    QUESTIONS,
    Answer,
    Evaluation,
    PilotRecord,
    Replication,
)
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.replication import (
    NoFeedback,
    NotADistrict,
    answer,
    evaluate,
    give_feedback,
    move_replication,
    read_district,
    start_replication,
)
from hanze.collaboration.replication_evidence import Ground
from hanze.collaboration.replication_texts import GROUND_TEXTS
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.worksheet import (
    NotElsewhere,
    NotProven,
    Worksheet,
    feedback_on,
    worksheet,
)
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    NOW,
    WRITER,
    add,
    city,
    city_id,
    collected,
    demand,
    kept,
    project,
    ruled_store,
)

UTRECHT, DUIVEN, BUSAN = city_id("Utrecht"), city_id("Duiven"), city_id("21", "KR")
LOMBOXNET = "urn:ngsi-ld:Project:test:lomboxnet"
SOLUTION = "urn:ngsi-ld:Solution:test:charging"
DISTRICT = "urn:ngsi-ld:District:duiven:centre"
T = {"en": "text"}
CHARGING = {"en": "Smart charging of shared electric cars on solar power"}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        residents = Residents(over_65=0.12, languages=("nl",))
        await add(store, city("Utrecht", population=360_000, residents=residents))
        await add(store, city("Duiven", population=25_000))
        await add(store, project("lomboxnet", "pilot", title=CHARGING, source_city=UTRECHT))
        yield store


async def _sheet(store: Store, source: str = LOMBOXNET, **more: DistrictFacts) -> Worksheet:
    collective, annotations = await collected(store)
    return worksheet(collective, annotations, source, DUIVEN, **more)


def _ideas(*districts: str | None) -> list[Contribution]:
    return [
        Contribution(
            id=f"urn:ngsi-ld:Contribution:test:{number}",
            title={"nl": "Meer laadpalen voor elektrische auto's in onze straat"},
            source_city=DUIVEN,
            district=district,
        )
        for number, district in enumerate(districts)
    ]


async def test_worksheet_should_say_unknown_when_nothing_is_known(store: Store) -> None:
    sheet = await _sheet(store)
    assert [one.question for one in sheet.questions] == list(QUESTIONS)
    proposed = {one.question: one.proposed for one in sheet.questions}
    assert proposed == {
        **dict.fromkeys(QUESTIONS, "unknown"),
        "mature": "partly",  # a pilot, no more
    }
    assert sheet.credit_to == UTRECHT
    unknown = {one.measure for one in sheet.differences if one.alike is None}
    assert {"density", "median-income", "over-65", "languages"} <= unknown


async def test_worksheet_should_answer_from_records_and_name_them(store: Store) -> None:
    standard = Standard(
        id="urn:ngsi-ld:Standard:test:ocpp", title=T, identifier="OCPP", open_standard=True
    )
    solution = Solution(
        id=SOLUTION,
        title=CHARGING,
        what_it_does=CHARGING,
        trl=9,
        openness="open",
        standards=(standard.id,),
        proven_in=(LOMBOXNET,),
        needs_infrastructure=("charging points",),
    )
    question = ResearchQuestion(
        id="urn:ngsi-ld:ResearchQuestion:test:1",
        title=T,
        question=T,
        status="answered",
        answer=T,
        projects=(LOMBOXNET,),
    )
    pilot = PilotRecord(
        id="urn:ngsi-ld:PilotRecord:test:1",
        title=T,
        tested=T,
        result=T,
        outcome="worked",
        city=UTRECHT,
        solution=SOLUTION,
    )
    others = demand("busan", BUSAN, "Charging points for electric cars")
    await add(store, standard, solution, question, pilot, others)
    sheet = await _sheet(store, SOLUTION)
    found = {one.question: one for one in sheet.questions}
    assert (found["open"].proposed, found["research"].proposed) == ("yes", "yes")
    assert found["mature"].proposed == "partly"  # its pilot is not over
    codes = {ground.code for one in sheet.questions for ground in one.grounds}
    assert {"trl", "pilots-worked", "open-standards", "same-demand"} <= codes
    (together,) = [one for one in found["together"].grounds if one.code == "same-demand"]
    assert together.evidence == (others.id,)
    needed = next(one for one in sheet.differences if one.measure == "needed")
    assert (needed.there, needed.here, needed.alike) == ("charging points", "", None)


async def test_worksheet_should_cite_residents_of_the_district_first(store: Store) -> None:
    await add(store, *_ideas(None, DISTRICT))
    await add(store, Contribution(id="urn:c:1", title={"en": "A tree"}, source_city=DUIVEN))
    sheet = await _sheet(store, district=DistrictFacts(DISTRICT, {}, population=900))
    cited = [one.contribution.record.id for one in sheet.contributions]
    assert cited == ["urn:ngsi-ld:Contribution:test:1", "urn:ngsi-ld:Contribution:test:0"]
    assert all(one.concepts for one in sheet.contributions)
    users = next(one for one in sheet.questions if one.question == "users")
    assert users.proposed == "partly"
    assert {one.code for one in users.grounds} == {"contributions", "contributions-elsewhere"}
    size = next(one for one in sheet.differences if one.aspect == "size")
    assert (size.there, size.here, size.alike) == ("360000", "900", False)


async def test_worksheet_should_refuse_what_is_not_elsewhere(store: Store) -> None:
    collective, annotations = await collected(store)
    with pytest.raises(NotElsewhere):
        worksheet(collective, annotations, LOMBOXNET, UTRECHT)
    await add(store, Solution(id=SOLUTION, title=T, what_it_does=T))
    with pytest.raises(NotProven):
        await _sheet(store, SOLUTION)


def test_grounds_should_be_told_in_all_languages() -> None:
    for code, texts in GROUND_TEXTS.items():
        assert set(texts) == set(LANGUAGES), code
        told = Ground(code, None, {"count": 2, "value": 7}).text()
        assert all("{" not in text for text in told.values())


def test_incomes_of_two_currencies_should_not_be_compared() -> None:
    euro = Residents(median_income=Money(Decimal(40_000), "EUR"), over_65=0.2)
    won = Residents(median_income=Money(Decimal(50_000_000), "KRW"), over_65=0.19)
    area = Quantity(100, "KMK")
    there = city("a", residents=euro, population=1000, area=area)
    here = city("b", residents=won, population=900, area=area)
    found = {one.measure: one for one in compare_places(there, here)}
    assert found["median-income"].alike is None
    assert found["median-income"].here == "50000000 KRW"
    assert found["over-65"].alike is True
    assert (found["density"].there, found["density"].alike) == ("10", True)


async def test_a_replication_should_run_from_worksheet_to_lesson(store: Store) -> None:
    await add(store, *_ideas(None))
    made = await start_replication(store, WRITER, await _sheet(store), now=NOW)
    assert made.id == "urn:ngsi-ld:Replication:NL-Duiven:test-lomboxnet"
    assert made.contributions == ("urn:ngsi-ld:Contribution:test:0",)
    assert {one.question for one in made.answers} == {"mature", "users"}
    assert await kept(store, made.id, Replication) == made
    with pytest.raises(EntityAlreadyExists):
        await start_replication(store, WRITER, await _sheet(store), now=NOW)
    collective, _ = await collected(store)
    with pytest.raises(RuleBroken, match="five questions"):
        await move_replication(store, WRITER, collective, made.id, "adopted", now=NOW)
    for question in QUESTIONS:
        given = Answer(question=question, answer="yes")
        await answer(store, WRITER, collective, made.id, given, now=NOW)
    await move_replication(store, WRITER, collective, made.id, "adopted", now=NOW)
    part = Evaluation(technical="good")
    assert (await evaluate(store, WRITER, collective, made.id, part, now=NOW)).status == "adopted"
    whole = Evaluation(technical="good", behavioural="mixed", business="poor")
    assert (
        await evaluate(store, WRITER, collective, made.id, whole, now=NOW)
    ).status == "evaluated"
    with pytest.raises(NoFeedback):
        await give_feedback(store, WRITER, collective, made.id, {"en": " "}, now=NOW)
    told = {"en": "Ask the grid operator first"}
    lesson = await give_feedback(store, WRITER, collective, made.id, told, now=NOW)
    assert (await kept(store, lesson.id, Comment)).kind == "lesson"
    collective, _ = await collected(store)
    (back,) = feedback_on(collective, LOMBOXNET)
    assert (back.record.text, back.city) == (told, DUIVEN)
    sheet = await _sheet(store)
    assert [held.record.id for held in sheet.others] == [made.id]
    assert [held.record.id for held in sheet.feedback] == [lesson.id]


async def test_read_district_should_read_what_the_node_knows(store: Store) -> None:
    attributes = {
        HANZE.expand_name("population"): (Attribute(kind=AttributeKind.PROPERTY, value=900),),
        HANZE.expand_name("area"): (
            Attribute(kind=AttributeKind.PROPERTY, value=50, unit_code="HAR"),
        ),
    }
    district = Entity(id=DISTRICT, types=(HANZE.expand_name("District"),), attributes=attributes)
    await store.transact(lambda uow: create_entity(uow, WRITER, district, context=HANZE, now=NOW))
    facts = read_district(store, WRITER, DISTRICT, city=DUIVEN, now=NOW)
    assert facts == DistrictFacts(DISTRICT, {}, population=900, area_km2=0.5)
    with pytest.raises(NotADistrict):
        read_district(store, WRITER, DUIVEN, city=DUIVEN, now=NOW)
    with pytest.raises(EntityNotFound):
        read_district(store, WRITER, "urn:x:1", city=DUIVEN, now=NOW)
