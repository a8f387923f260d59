"""Forms for what has members of its own, and for records that somebody else changed meanwhile."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import TypeVar

import httpx
import msgspec
import pytest

from hanze.collaboration.records.needs import Competition, Demand, Tender
from hanze.collaboration.records.offers import Platform, PlatformPart
from hanze.collaboration.records.places import Municipality, Residents
from hanze.collaboration.records.projects import (
    BusinessCase,
    Evaluation,
    LabSlot,
    Lesson,
    LivingLab,
    Project,
    RuleSetAside,
)
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.records.residents import Contribution, Measured
from hanze.collaboration.writing import change_record, create_record
from hanze.node.node import Node
from tests.in_process import client_of
from tests.portal.collective_world import DEMAND, GRONINGEN, ORIGIN, PROJECT, SEEDER, fill
from tests.portal.form_answers import answers_of

R = TypeVar("R", bound=Record)

LAB = "urn:ngsi-ld:LivingLab:test:harbour"
PLATFORM = "urn:ngsi-ld:Platform:test:city"
MEASURED = "urn:ngsi-ld:Contribution:test:measured"


def _more() -> list[Record]:
    return [
        LivingLab(
            id=LAB,
            title={"nl": "Haven"},
            source_city=GRONINGEN,
            owners=(GRONINGEN,),
            slots=(
                LabSlot(starts=date(2027, 1, 1), ends=date(2027, 3, 1), places=2, taken=1),
                LabSlot(starts=date(2027, 4, 1), ends=date(2027, 6, 1)),
            ),
            rules_set_aside=(RuleSetAside(rule={"nl": "Geen drones"}, decided_by="De raad"),),
        ),
        Platform(
            id=PLATFORM,
            title={"en": "City platform"},
            source_city=GRONINGEN,
            operators=("urn:ngsi-ld:Organization:test:a",),
            parts=(
                PlatformPart(name="Broker", reusable=True, standards=("NGSI-LD", "SensorThings")),
            ),
        ),
        Contribution(
            id=MEASURED,
            title={"nl": "Lawaai"},
            source_city=GRONINGEN,
            status="received",
            measured=(Measured(what="geluid", value=61.125, unit="dB", on=date(2026, 4, 1)),),
        ),
    ]


@pytest.fixture
async def client(empty_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    await fill(empty_node)
    for record in _more():
        await create_record(empty_node.store, SEEDER, record, now=empty_node.clock())
    exact = Residents(under_18=0.123456789, median_income=Money(Decimal("29750.125"), "JPY"))
    case = BusinessCase(value={"nl": "Minder zoeken", "fr": "Moins de recherche"})
    for key, kind, values in (
        (GRONINGEN, Municipality, {"residents": exact}),
        (PROJECT, Project, {"business_case": case}),
    ):
        await change_record(
            empty_node.store,
            SEEDER,
            key,
            kind,
            lambda before, values=values: msgspec.structs.replace(before, **values),  # type: ignore[misc]  # bound at once
            now=empty_node.clock(),
        )
    async with client_of(empty_node) as client:
        yield client


async def _record(node: Node, key: str, kind: type[R]) -> R:
    return (await node.collective.refresh(node.clock())).get(key, kind).record


async def _edit(
    client: httpx.AsyncClient, key: str, answers: dict[str, str]
) -> tuple[httpx.Response, str]:
    """Open the form of a record, change some answers, and send it as a browser would."""
    path = f"/nl/collective/edit/{key}"
    page = (await client.get(path)).text
    sent = answers_of(page) | {name: [text] for name, text in answers.items()}
    return await client.post(path, data=sent, headers=ORIGIN), page


@pytest.mark.parametrize("key", [PROJECT, DEMAND, GRONINGEN, LAB, PLATFORM, MEASURED])
async def test_form_should_change_nothing_when_nothing_is_changed(
    client: httpx.AsyncClient, empty_node: Node, key: str
) -> None:
    before = (await empty_node.collective.refresh(empty_node.clock())).find(key)
    answer, _ = await _edit(client, key, {})
    assert answer.status_code == 303, answer.text
    after = (await empty_node.collective.refresh(empty_node.clock())).find(key)
    assert before is not None
    assert after is not None
    assert after.record == before.record


async def test_form_should_take_a_business_case_lessons_and_an_evaluation(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    answer, _ = await _edit(
        client,
        PROJECT,
        {
            "business_case.costs": "120.000",
            "business_case.benefits": "1 500 000",
            "business_case.benefits.unit": "KRW",
            "business_case.url": "example.org/som",
            "evaluation.business": "poor",
            "evaluation.business_note.nl": "Te duur.",
            "evaluation.on": "2026-03-01",
            "lessons-0.text.en": "The battery ran out.",
            "lessons-1.text.nl": "Vraag eerst de buurt.",
        },
    )
    assert answer.status_code == 303
    project = await _record(empty_node, PROJECT, Project)
    assert project.business_case == BusinessCase(
        costs=Money(Decimal(120000), "EUR"),
        benefits=Money(Decimal(1500000), "KRW"),
        value={"nl": "Minder zoeken", "fr": "Moins de recherche"},
        url="https://example.org/som",
    )
    assert project.lessons == (
        Lesson(
            text={"nl": "De batterij ging te snel leeg.", "en": "The battery ran out."},
            failure=True,
        ),
        Lesson(text={"nl": "Vraag eerst de buurt."}),
    )
    assert project.evaluation == Evaluation(
        technical="good",
        behavioural="mixed",
        business="poor",
        business_note={"nl": "Te duur."},
        on=date(2026, 3, 1),
    )


async def test_form_should_take_a_competition_and_a_tender(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    answer, _ = await _edit(
        client,
        DEMAND,
        {
            "competition.opens": "2027-01-01",
            "competition.closes": "2027-02-01",
            "competition.prize": "10.000",
            "tender.status": "planning",
            "tender.procurement_method": "open",
        },
    )
    assert answer.status_code == 303
    demand = await _record(empty_node, DEMAND, Demand)
    assert demand.competition == Competition(
        opens=date(2027, 1, 1), closes=date(2027, 2, 1), prize=Money(Decimal(10000), "EUR")
    )
    assert demand.tender == Tender(procurement_method="open")


async def test_form_should_tell_what_is_wrong_beside_the_member(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    answer, _ = await _edit(
        client,
        DEMAND,
        {"competition.opens": "morgen", "competition.prize": "veel", "tender.starts": "0001-01-01"},
    )
    assert answer.status_code == 400
    for name in ("competition.opens", "competition.prize", "competition.closes", "tender.starts"):
        assert f'id="{name}-error"' in answer.text, name
        assert f'href="#{name}"' in answer.text, name
    assert 'value="morgen"' in answer.text
    answer, _ = await _edit(
        client, DEMAND, {"competition.opens": "2027-02-01", "competition.closes": "2027-01-01"}
    )
    assert answer.status_code == 400
    assert 'id="competition.closes-error"' in answer.text
    assert "kan niet sluiten voordat" in answer.text
    assert (await _record(empty_node, DEMAND, Demand)).competition is None


async def test_form_should_take_rows_away_and_tell_errors_in_the_right_one(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    answer, _ = await _edit(client, LAB, {"slots-0.remove": "yes", "slots-1.taken": "5"})
    assert answer.status_code == 400
    assert 'id="slots-1.taken-error"' in answer.text
    answer, _ = await _edit(
        client,
        LAB,
        {"slots-0.remove": "yes", "slots-2.starts": "2028-01-01", "slots-2.ends": "2028-02-01"},
    )
    assert answer.status_code == 303
    lab = await _record(empty_node, LAB, LivingLab)
    assert [slot.starts for slot in lab.slots] == [date(2027, 4, 1), date(2028, 1, 1)]
    assert lab.rules_set_aside


async def test_form_should_leave_alone_what_it_does_not_have(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    page = (await client.get(f"/nl/collective/edit/{LAB}")).text
    sent = {
        name: several
        for name, several in answers_of(page).items()
        if not name.startswith(("slots-1.", "rules_set_aside"))
    }
    answer = await client.post(f"/nl/collective/edit/{LAB}", data=sent, headers=ORIGIN)
    assert answer.status_code == 303
    lab = await _record(empty_node, LAB, LivingLab)
    assert len(lab.slots) == 2
    assert len(lab.rules_set_aside) == 1


async def test_new_record_should_have_its_structures(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    path = "/ko/collective/new/Project"
    sent = answers_of((await client.get(path)).text)
    sent |= {
        "title.ko": ["침수 센서"],
        "source_city": ["부산광역시"],
        "stage": ["pilot"],
        "lessons-1.text.ko": ["배터리가 빨리 닳습니다."],
        "lessons-1.failure": ["yes"],
        "business_case.costs": ["5000000"],
    }
    answer = await client.post(path, data=sent, headers=ORIGIN)
    assert answer.status_code == 303, answer.text
    collective = await empty_node.collective.refresh(empty_node.clock())
    (made,) = (
        one.record for one in collective.of(Project) if "침수 센서" in one.record.title.values()
    )
    assert made.lessons == (Lesson(text={"ko": "배터리가 빨리 닳습니다."}, failure=True),)
    assert made.business_case == BusinessCase(costs=Money(Decimal(5000000), "KRW"))
    assert made.evaluation is None


async def test_form_should_show_both_when_somebody_else_changed_the_record(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    path = f"/nl/collective/edit/{PROJECT}"
    mine = answers_of((await client.get(path)).text)
    theirs, _ = await _edit(client, PROJECT, {"title.nl": "Van een collega"})
    assert theirs.status_code == 303
    answer = await client.post(path, data=mine | {"title.nl": ["Van mij"]}, headers=ORIGIN)
    assert answer.status_code == 409
    assert 'id="meanwhile"' in answer.text
    assert "Van een collega" in answer.text
    assert 'value="Van mij"' in answer.text
    assert (await _record(empty_node, PROJECT, Project)).title["nl"] == "Van een collega"
    again = await client.post(path, data=answers_of(answer.text), headers=ORIGIN)
    assert again.status_code == 303
    assert (await _record(empty_node, PROJECT, Project)).title["nl"] == "Van mij"


async def test_form_should_not_overwrite_when_it_does_not_say_what_it_saw(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    path = f"/nl/collective/edit/{PROJECT}"
    sent = answers_of((await client.get(path)).text) | {"title.nl": ["Stil"]}
    del sent["seen"]
    assert (await client.post(path, data=sent, headers=ORIGIN)).status_code == 409
    assert "Stil" not in (await _record(empty_node, PROJECT, Project)).title.values()
