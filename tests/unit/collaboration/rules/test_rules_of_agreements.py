"""Matches, replications, contributions, contacts, questions, labs: each is held to its rules."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from msgspec.structs import replace

from hanze.broker.provision import delete_entity, update_attributes
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.matches import Decision, Match, Part
from hanze.collaboration.records.needs import DemandBundle, ResearchQuestion, Tender
from hanze.collaboration.records.offers import Solution, Subsidy
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.projects import (
    QUESTIONS,
    Answer,
    Evaluation,
    LabSlot,
    LivingLab,
    Replication,
)
from hanze.collaboration.records.record import Quantity, Record
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record
from hanze.identity.caller import Caller
from hanze.ngsild.model import Fragment
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    NOW,
    WRITER,
    add,
    city_id,
    demand,
    ruled_store,
    speaking_for,
)

UTRECHT = city_id("Utrecht")
COMPANY = "urn:ngsi-ld:Organization:test:company"
DEMAND, SOLUTION = "urn:ngsi-ld:Demand:test:one", "urn:ngsi-ld:Solution:test:one"
DAY = date(2026, 11, 22)
T = {"en": "text"}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        await add(store, demand("one", UTRECHT))
        await add(store, Solution(id=SOLUTION, title=T, what_it_does=T, providers=(COMPANY,)))
        yield store


def _match(**more: object) -> Match:
    fields: dict[str, object] = {
        "title": T,
        "kind": "demand-solution",
        "parties": (DEMAND, SOLUTION),
        "score": 0.5,
        "parts": (Part(criterion="text", score=0.6, weight=1.0),),
        "weights": {"text": 1.0},
        **more,
    }
    return Match(id="urn:ngsi-ld:Match:test:1", **fields)  # type: ignore[arg-type]  # the test's own


def _decided(*parties: str) -> tuple[Decision, ...]:
    return tuple(Decision(party=one, decision="accepted", on=DAY) for one in parties)


async def _change(store: Store, record: Record, caller: Caller = WRITER, **fields: object) -> None:
    await change_record(
        store, caller, record.id, type(record), lambda one: replace(one, **fields), now=NOW
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"parties": (DEMAND, DEMAND)}, "two different"),
        ({"parties": (DEMAND,)}, "two different"),
        ({"parties": (DEMAND, UTRECHT)}, "must fit the kind"),
        ({"kind": "company-lab"}, "must fit the kind"),
        ({"weights": {"paid": 1.0}}, "these criteria"),
        ({"parts": (Part(criterion="sponsor", score=1.0, weight=1.0),)}, "these criteria"),
        ({"parts": (Part(criterion="text", score=1.5, weight=1.0),)}, "between 0 and 1"),
        ({"weights": {"text": -1.0}}, "not be below 0"),
        ({"score": 0.9}, "exceed each of its parts"),
        ({"decisions": _decided(UTRECHT)}, "one decision of each party"),
    ],
)
async def test_a_match_should_be_two_parties_and_their_criteria(
    store: Store, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidRecord, match=message):
        await add(store, _match(**fields))


@pytest.mark.parametrize("facilitator", [UTRECHT, COMPANY, "urn:ngsi-ld:Contact:test:1"])
async def test_a_facilitator_should_stand_behind_no_party(store: Store, facilitator: str) -> None:
    await add(store, Contact(id="urn:ngsi-ld:Contact:test:1", title=T, organization=COMPANY))
    with pytest.raises(RuleBroken, match="stands behind none"):
        await add(store, _match(facilitator=facilitator))


async def test_a_score_should_never_change(store: Store) -> None:
    match = _match(parties=(SOLUTION, DEMAND))
    await add(store, match)
    for fields in (
        {"score": 0.6},
        {"parts": ()},
        {"weights": {"text": 2.0}},
        {"kind": "city-city"},
    ):
        with pytest.raises((RuleBroken, InvalidRecord)):
            await _change(store, match, **fields)
    with pytest.raises(RuleBroken, match="a new score is a new match"):
        await _change(store, match, score=0.6)


async def test_both_parties_should_accept_each_for_itself(store: Store) -> None:
    match = _match()
    await add(store, match)
    with pytest.raises(RuleBroken, match="missing"):
        await _change(store, match, decision="accepted", decisions=_decided(DEMAND))
    with pytest.raises(SpeaksForAnother):
        await _change(store, match, speaking_for(UTRECHT), decisions=_decided(SOLUTION))
    await _change(store, match, speaking_for(UTRECHT), decisions=_decided(DEMAND))
    both = _decided(DEMAND, SOLUTION)
    await _change(store, match, speaking_for(COMPANY), decisions=both, decision="accepted")
    with pytest.raises(RuleBroken, match="cannot be deleted"):
        await store.transact(lambda uow: delete_entity(uow, WRITER, match.id, now=NOW))
    lapses = Fragment(attributes={}, expires_at="2027-01-01T00:00:00Z")
    with pytest.raises(RuleBroken, match="cannot be deleted"):
        await store.transact(lambda uow: update_attributes(uow, WRITER, match.id, lapses, now=NOW))
    for ended in ("withdrawn", "proposed"):
        with pytest.raises(RuleBroken, match="ends when a party"):
            await _change(store, match, decision=ended)
    said = (both[0], replace(both[1], decision="withdrawn"))
    await _change(store, match, decisions=said, decision="withdrawn")
    await store.transact(lambda uow: delete_entity(uow, WRITER, match.id, now=NOW))


def _replication(**more: object) -> Replication:
    fields: dict[str, object] = {
        "title": T,
        "project": "urn:ngsi-ld:Project:test:1",
        "city": UTRECHT,
        "credit_to": city_id("Duiven"),
        **more,
    }
    return Replication(id="urn:ngsi-ld:Replication:test:1", **fields)  # type: ignore[arg-type]  # the test's own


FIVE = tuple(Answer(question=one, answer="yes") for one in QUESTIONS)


async def test_adopting_should_need_the_five_questions_answered(store: Store) -> None:
    one = _replication(answers=FIVE[:4])
    await add(store, one)
    with pytest.raises(RuleBroken, match="open: research"):
        await _change(store, one, status="adopted")
    unknown = Answer(question="research", answer="unknown")
    with pytest.raises(RuleBroken, match="open: research"):
        await _change(store, one, status="adopted", answers=(*FIVE[:4], unknown))
    told = replace(unknown, note={"en": "We ask the university"})
    await _change(store, one, status="adopted", answers=(*FIVE[:4], told))
    with pytest.raises(RuleBroken, match="missing: behavioural, business"):
        await _change(store, one, status="evaluated", evaluation=Evaluation(technical="good"))
    whole = Evaluation(technical="good", behavioural="mixed", business="poor")
    await _change(store, one, status="evaluated", evaluation=whole)
    with pytest.raises(RuleBroken, match="statusReason"):
        await _change(store, one, status="dropped")
    with pytest.raises(RuleBroken, match="keeps it"):
        await _change(store, one, credit_to=None)
    with pytest.raises(RuleBroken, match="keeps it"):
        await _change(store, one, credit_to=UTRECHT)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (_replication(answers=(*FIVE, FIVE[0])), "one answer to each question"),
        (_replication(answers=(replace(FIVE[0], question="why"),)), r"answers\[0\].question must"),
        (_replication(evaluation=Evaluation(business="great")), "evaluation.business must be one"),
        (
            LivingLab(
                id="urn:ngsi-ld:LivingLab:test:1",
                title=T,
                owners=(UTRECHT,),
                slots=(LabSlot(starts=DAY, ends=DAY, places=1, taken=2),),
            ),
            r"slots\[0\].taken must lie between",
        ),
        (
            Subsidy(id="urn:ngsi-ld:Subsidy:test:1", title=T, opens=DAY, closes=date(2026, 1, 1)),
            "closes must not be before opens",
        ),
        (
            DemandBundle(
                id="urn:ngsi-ld:DemandBundle:test:1",
                title=T,
                demands=(DEMAND, "urn:ngsi-ld:Demand:x:1"),
                tender=Tender(procurement_method="friends"),
            ),
            "tender.procurementMethod must be one of open",
        ),
        (demand("two", UTRECHT, volume=Quantity(-1, "C62")), "volume must be at least 0"),
        (
            Contact(id="urn:ngsi-ld:Contact:test:1", title=T, person=True),
            "agreed to be shown",
        ),
        (
            Contribution(id="urn:ngsi-ld:Contribution:test:1", title=T, age_group="child"),
            "parent or guardian agreed",
        ),
        (
            Contribution(
                id="urn:ngsi-ld:Contribution:test:1",
                title=T,
                age_group="child",
                parental_consent_on=date(2026, 11, 24),
            ),
            "must not lie ahead",
        ),
        (
            Contact(
                id="urn:ngsi-ld:Contact:test:1",
                title=T,
                person=True,
                consent_on=date(2027, 1, 1),
            ),
            "must not lie ahead",
        ),
    ],
)
async def test_records_should_be_refused_when_they_contradict_themselves(
    store: Store, record: Record, message: str
) -> None:
    with pytest.raises(InvalidRecord, match=message):
        await add(store, record)


@pytest.mark.parametrize("status", ["declined", "merged", "adopted", "realised"])
async def test_a_contributor_should_be_told_what_became_of_it(store: Store, status: str) -> None:
    one = Contribution(id="urn:ngsi-ld:Contribution:test:1", title=T)
    await add(store, one)
    with pytest.raises(RuleBroken, match="outcome"):
        await _change(store, one, status=status)
    if status in {"merged", "adopted"}:
        with pytest.raises(RuleBroken, match="became"):
            await _change(store, one, status=status, outcome=T)
        with pytest.raises(RuleBroken, match="itself"):
            await _change(store, one, status=status, outcome=T, became=one.id)
    await _change(store, one, status=status, outcome=T, became=DEMAND)


async def test_a_question_should_have_what_its_status_says(store: Store) -> None:
    one = ResearchQuestion(id="urn:ngsi-ld:ResearchQuestion:test:1", title=T, question=T)
    await add(store, one)
    with pytest.raises(RuleBroken, match="researchers"):
        await _change(store, one, status="matched")
    with pytest.raises(RuleBroken, match="answer"):
        await _change(store, one, status="answered")
    await _change(store, one, status="answered", answer=T)


async def test_a_person_should_be_deleted_at_any_time(store: Store) -> None:
    one = Contact(id="urn:ngsi-ld:Contact:test:1", title=T, person=True, consent_on=DAY)
    await add(store, one)
    with pytest.raises(InvalidRecord, match="consentOn"):
        await _change(store, one, consent_on=None)
    await store.transact(lambda uow: delete_entity(uow, WRITER, one.id, now=NOW))
