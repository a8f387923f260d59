"""Pages of themes, people and management: what they say, what forms keep, and who may send them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.collective import Collective
from hanze.collaboration.members import MEMBERS
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand, Tender
from hanze.collaboration.records.offers import Platform, PlatformPart, Standard, Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Budget, Country, Municipality
from hanze.collaboration.records.projects import (
    LabSlot,
    LivingLab,
    PilotRecord,
    Project,
    RuleSetAside,
)
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.records.themes import Chair, Task, Theme
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.portal.translation import LANGUAGES, language
from tests.in_process import DEVELOPMENT, client_of, node_in_memory

#: Pages count from the day on which they are asked for, where the node is.
TODAY = datetime.now(tz=ZoneInfo(Settings().portal.timezone)).date()
MONTH = timedelta(days=30)
NL = "urn:ngsi-ld:Country:NL"
ZWOLLE, BUSAN, DUIVEN = (f"urn:ngsi-ld:Municipality:test:{name}" for name in "zbd")
WATER, RAIN = "urn:ngsi-ld:Theme:hanze:water", "urn:ngsi-ld:Theme:hanze:heavy-rain"
MINISTRY = "urn:ngsi-ld:Organization:test:ministry"
TENDERED = "urn:ngsi-ld:Demand:test:pumps"
PROVEN, DOUBLE = "urn:ngsi-ld:Project:test:proven", "urn:ngsi-ld:Project:test:double"
CALL = "urn:ngsi-ld:Subsidy:test:call"
LAB = "urn:ngsi-ld:LivingLab:test:dyke"
PILOT = "urn:ngsi-ld:PilotRecord:test:gauge"
IDEA = "urn:ngsi-ld:Contribution:test:slide"
HEARD, SILENT = (f"urn:ngsi-ld:District:test:{name}" for name in ("heard", "silent"))
PAGES = (
    "themes",
    "themes/water",
    f"themes/{RAIN}",
    "budgets",
    "buddies",
    "subsidies",
    f"subsidies?project={PROVEN}",
    f"subsidies?call={CALL}",
    "contribute",
    "contributions?status=received",
    f"contributions/{IDEA}",
    "contributions/desk",
    f"contributions/desk?record={IDEA}",
    "districts?days=90",
    "build",
    "labs?places=2&equipment=pump,cage&language=ko",
    "pilots?signed=no",
    "pilots/verify",
    f"pilots/{PILOT}/verify",
    "platforms?test=yes",
    "standards?q=etsi",
    "duplicates",
    "members",
    "vocabulary",
    "vocabulary?q=자전거",
    "vocabulary/bicycle-parking",
)
RECORDS = (
    Country(id=NL, title={"nl": "Nederland"}, iso_code="NL"),
    *(
        Municipality(id=city, title={"en": name}, country=NL)
        for city, name in ((ZWOLLE, "Zwolle"), (BUSAN, "Busan"), (DUIVEN, "Duiven"))
    ),
    Theme(
        id=WATER,
        title={"en": "Water resilience", "nl": "Waterveiligheid", "ko": "물"},
        notation="water",
        sdg=("13.1",),
        lead_cities=(ZWOLLE,),
        chairs=(Chair(city=ZWOLLE, since=TODAY - MONTH, until=TODAY + MONTH),),
        tasks=(Task(city=ZWOLLE, task={"en": "Share the rain model"}, due=TODAY - MONTH),),
    ),
    Theme(id=RAIN, title={"en": "Heavy rain"}, broader=WATER),
    Organization(
        id=MINISTRY,
        title={"en": "Ministry of dykes"},
        kind="ministry",
        budgets=(
            Budget(year=2026, amount=Decimal(2_000_000), currency="EUR"),
            Budget(year=2026, amount=Decimal(900), currency="KRW"),
        ),
    ),
    Demand(
        id=TENDERED,
        title={"en": "Pumps that report"},
        problem={"en": "Pumps fail unseen."},
        source_city=ZWOLLE,
        themes=(WATER,),
        status="tendering",
        tender=Tender(status="active", ends=TODAY + MONTH),
    ),
    *(
        Project(
            id=project,
            title={"en": "Listening to pumps at night"},
            description={"en": "Microphones hear pumps that will fail within weeks."},
            source_city=BUSAN,
            themes=(RAIN, WATER),
            stage="replicated",
            trl=7,
            see_also=("https://pumps.example/night",),
        )
        for project in (PROVEN, DOUBLE)
    ),
    Subsidy(
        id=CALL,
        title={"en": "Dry feet"},
        themes=(WATER,),
        closes=TODAY + MONTH,
        trl_minimum=6,
        cities_minimum=2,
        most_per_project=Money(Decimal(50_000), "EUR"),
    ),
    LivingLab(
        id=LAB,
        title={"en": "The dyke"},
        source_city=ZWOLLE,
        owners=(ZWOLLE,),
        location={"type": "Point", "coordinates": [6.1, 52.5]},
        equipment=("pump house",),
        slots=(LabSlot(starts=TODAY, ends=TODAY + MONTH, places=2),),
        rules_set_aside=(RuleSetAside(rule={"en": "No drones"}, decided_by="Zwolle"),),
    ),
    PilotRecord(
        id=PILOT,
        title={"en": "A gauge"},
        tested={"en": "Forty gauges"},
        result={"en": "All of them worked"},
        outcome="worked",
        city=ZWOLLE,
        source_city=ZWOLLE,
    ),
    Platform(
        id="urn:ngsi-ld:Platform:test:z",
        title={"en": "Platform Zwolle"},
        operators=(ZWOLLE,),
        parts=(PlatformPart(name="Broker", reusable=True),),
        test_environment="https://test.example",
    ),
    Standard(
        id="urn:ngsi-ld:Standard:test:s", title={"en": "NGSI-LD"}, identifier="ETSI GS CIM 009"
    ),
    Contribution(
        id=IDEA,
        title={"nl": "Glijbaan in de school"},
        description={"nl": "Mag er een glijbaan in?"},
        source_city=ZWOLLE,
        district=HEARD,
        received_on=TODAY,
    ),
)


@dataclass(frozen=True)
class Site:
    node: Node
    client: httpx.AsyncClient

    async def page(self, path: str, *, code: str = "en", status: int = 200) -> str:
        answer = await self.client.get(f"/{code}/collective/{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    async def send(self, path: str, **fields: object) -> httpx.Response:
        page = await self.page("contribute")
        token = page.partition('name="form" value="')[2].partition('"')[0]
        data = {"form": token, **{name: str(value) for name, value in fields.items()}}
        return await self.client.post(
            f"/en/collective/{path}", data=data, headers={"origin": "http://localhost"}
        )

    async def records(self) -> Collective:
        return await self.node.collective.refresh(self.node.clock())


def district(district_id: str, inhabitants: int) -> Entity:
    name = district_id.rpartition(":")[2]
    values: dict[str, str | int] = {"name": name, "population": inhabitants, "city": ZWOLLE}
    return Entity(
        id=district_id,
        types=(HANZE.expand_name("District"),),
        attributes={
            HANZE.expand_name(term): (Attribute(kind=AttributeKind.PROPERTY, value=value),)
            for term, value in values.items()
        },
    )


async def seeded(node: Node) -> None:
    caller = Caller(actor="test", roles=frozenset({"reader", "writer"}))
    entities = [write_record(record) for record in RECORDS]
    entities += [district(HEARD, 500), district(SILENT, 900)]
    pairs = [(entity, HANZE) for entity in entities]
    result = await create_entities(node.store, caller, pairs, now=node.clock())
    assert not result.errors
    member = f'{{"tenant": "duiven", "city": "{DUIVEN}", "since": "2026-01-01"}}'
    await node.store.transact(lambda uow: uow.registers.put(MEMBERS, "duiven", member.encode()))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await seeded(node)
        yield Site(node, client)


@pytest.fixture
async def open_site() -> AsyncIterator[Site]:
    """A node in production: nobody is signed in."""
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        await seeded(node)
        yield Site(node, client)


@pytest.mark.parametrize("code", LANGUAGES)
async def test_page_should_be_there_in_every_language(site: Site, code: str) -> None:
    for path in PAGES:
        page = await site.page(path, code=code)
        assert f'<html lang="{code}"' in page
        ids = re.findall(r' id="([^"]*)"', page)
        assert len(ids) == len(set(ids)), path


async def test_pages_should_stand_on_an_empty_node() -> None:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        empty = Site(node, client)
        for path in PAGES:
            if "urn:" not in path and path != "themes/water":
                assert "<h1" in await empty.page(path)


async def test_lists_should_be_files_as_well(site: Site) -> None:
    for path, start in (
        ("buddies.csv", "\ufeffneed,title,sourceCity,date"),
        ("districts.csv", "\ufeffcity,district,name,state"),
        ("duplicates.csv", "\ufeffscore,type,one"),
        ("members.csv", "\ufefftenant,city,name,since,records"),
        ("vocabulary.csv", "\ufeffid,broader,nl,en,ko"),
        ("vocabulary.ttl", "@prefix"),
        ("vocabulary.jsonld", '{"@context"'),
    ):
        assert (await site.page(path)).startswith(start)
    await site.page("vocabulary.pdf", status=404)


async def test_theme_should_tell_who_is_late_and_what_is_missing(site: Site) -> None:
    page = await site.page("themes/water")
    assert "30 days late" in page
    assert page.count(">missing<") == 2
    assert "Climate action" in page
    await site.page("themes/no-such-theme", status=404)


async def test_theme_should_keep_tasks_and_turns(site: Site) -> None:
    assert (await site.send("themes/water", do="done", number=0)).status_code == 303
    task = {"do": "task", "city": BUSAN, "task": "Write the guide"}
    assert (await site.send("themes/water", **task)).status_code == 303
    start = TODAY + 2 * MONTH
    turn = {"do": "turn", "city": BUSAN, "since": start, "until": start + MONTH}
    assert (await site.send("themes/water", **turn)).status_code == 303
    assert (await site.send("themes/water", **turn)).status_code == 400
    assert (await site.send("themes/water", do="task", city=BUSAN)).status_code == 400
    theme = (await site.records()).get(WATER, Theme).record
    assert [one.done_on for one in theme.tasks] == [TODAY, None]
    assert [one.city for one in theme.chairs] == [ZWOLLE, BUSAN]


async def test_budgets_should_be_totalled_by_currency(site: Site) -> None:
    page = await site.page("budgets")
    assert "€2,000,000" in page
    assert "₩900" in page


async def test_buddy_should_be_heard_when_the_city_has_done_it(site: Site) -> None:
    said = {"about": TENDERED, "city": BUSAN, "text": "Ask for the sound files."}
    assert (await site.send("buddies", **said)).status_code == 303
    assert "Ask for the sound files." in await site.page("buddies")
    assert (await site.send("buddies", **said | {"city": ZWOLLE})).status_code == 403
    assert (await site.send("buddies", **said | {"text": ""})).status_code == 400


async def test_subsidies_should_say_why_a_project_does_not_fit(site: Site) -> None:
    page = await site.page(f"subsidies?project={PROVEN}")
    assert "does not fit" in page
    assert "Cities, at least" in page
    assert "short by 1" in page


async def test_anyone_should_contribute_and_support_and_no_more(open_site: Site) -> None:
    sent = await open_site.send(
        "contribute", title="A bench", text="<b>Please</b>", city=ZWOLLE, district=SILENT
    )
    assert sent.status_code == 303
    address = sent.headers["location"].removeprefix("/en/collective/")
    page = await open_site.page(address)
    assert "Thank you" in page
    assert "&lt;b&gt;" in page
    where = address.partition("?")[0]
    assert (await open_site.send(f"{where}/support")).status_code == 303
    assert (await open_site.send(f"{where}/support")).status_code == 429
    kept = (await open_site.records()).get(where.removeprefix("contributions/"), Contribution)
    assert (kept.record.channel, kept.record.supporters) == ("web", 1)
    for path in (
        *("themes/water", "buddies", "contributions/desk", "districts", "labs", "pilots"),
        "duplicates",
    ):
        assert (await open_site.send(path, do="task")).status_code == 403
    answer = await open_site.client.get("/en/collective/contributions/desk?record=x")
    assert answer.headers["location"].startswith("/en/sign-in?next=")


async def test_contribution_should_be_refused_with_the_form_as_it_was(open_site: Site) -> None:
    sent = await open_site.send(
        "contribute", title="Slide", text="", age="child", kind="measurement", value="much"
    )
    assert sent.status_code == 400
    for text in ("Tell your idea or what", "A parent or guardian must", "a number and the unit"):
        assert text in sent.text
    assert 'value="Slide"' in sent.text
    long = {"title": "a" * 151, "text": "b" * 4001}
    assert (await open_site.send("contribute", **long)).text.count("This is too long") == 4
    consenting = {"title": "Slide", "text": "In the school", "age": "child", "consent": "yes"}
    assert (await open_site.send("contribute", **consenting)).status_code == 303
    measured = {"kind": "measurement", "what": "noise", "value": "61,5", "unit": "dB"}
    assert (await open_site.send("contribute", **consenting | measured)).status_code == 303
    assert (await open_site.send("contribute", **consenting | {"who": "x"})).status_code == 400


async def test_clerk_should_enter_and_answer(site: Site) -> None:
    entered = {"do": "enter", "channel": "telephone", "by": "Clerk", "title": "Bin", "text": "Full"}
    assert (await site.send("contributions/desk", **entered)).status_code == 303
    assert (await site.send("contributions/desk", **entered | {"by": ""})).status_code == 400
    assert (await site.send("contributions/desk", **entered | {"text": ""})).status_code == 400
    told = {"do": "answer", "record": IDEA, "status": "adopted", "outcome": "Yes, a slide"}
    assert (await site.send("contributions/desk", **told)).status_code == 409
    assert (await site.send("contributions/desk", **told | {"became": PROVEN})).status_code == 303
    assert "Yes, a slide" in await site.page(f"contributions/{IDEA}")
    assert "Used in" not in await site.page(f"contributions/{IDEA}")


async def test_districts_should_tell_what_the_city_does(site: Site) -> None:
    page = await site.page("districts")
    assert page.index(">silent<") < page.index(">heard<")
    note = {"about": SILENT, "city": ZWOLLE, "text": "A bus comes by"}
    assert (await site.send("districts", **note)).status_code == 303
    assert "A bus comes by" in await site.page("districts")
    assert (await site.send("districts", **note | {"text": ""})).status_code == 400
    comments = (await site.records()).of(Comment)
    assert [held.record.kind for held in comments] == ["update"]


async def test_key_should_be_shown_once_and_add_a_sensor(open_site: Site) -> None:
    given = await open_site.send("build", do="key")
    assert given.headers["cache-control"] == "no-store"
    key = given.text.partition('class="keep"><code>')[2].partition("<")[0]
    assert key not in await open_site.page("build")
    sensor = {"do": "sensor", "key": key, "name": "Balcony", "latitude": "52,09", "longitude": 5.1}
    added = await open_site.send("build", **sensor)
    assert "Your sensor was added" in added.text
    assert key not in added.text
    reading = {"do": "reading", "key": key, "number": 1, "quantity": "pm25", "value": "11,5"}
    assert "Your reading is there" in (await open_site.send("build", **reading)).text
    assert (await open_site.send("build", **reading | {"value": "x"})).status_code == 400
    assert (await open_site.send("build", **sensor | {"latitude": ""})).status_code == 400
    assert (await open_site.send("build", **sensor | {"key": "wrong"})).status_code == 403


async def test_lab_should_be_booked_until_it_is_full(site: Site) -> None:
    slot = {"lab": LAB, "starts": TODAY, "ends": TODAY + MONTH, "places": 2, "do": "book"}
    assert (await site.send("labs", **slot)).status_code == 303
    assert (await site.send("labs", **slot)).status_code == 409
    assert (await site.send("labs", **slot | {"do": "release", "places": 1})).status_code == 303
    assert (await site.send("labs", **slot | {"places": ""})).status_code == 400
    assert "1 place free" in await site.page("labs")


async def test_pilot_should_be_signed_and_checked_in_words(site: Site) -> None:
    assert "did not sign it yet" in await site.page(f"pilots/{PILOT}/verify")
    assert (await site.send("pilots", pilot=PILOT)).status_code == 303
    assert (await site.send("pilots", pilot=PILOT)).status_code == 409
    page = await site.page(f"pilots/{PILOT}/verify", code="nl")
    assert "Geldig" in page
    assert "Forty gauges" in page
    token = (await site.records()).get(PILOT, PilotRecord).record.signature or ""
    assert "Valid: this is what" in (await site.send("pilots/verify", token=token)).text
    head, _, tail = token.partition(".")
    changed = await site.send("pilots/verify", token=f"{head}.e30{tail}", keys="no keys")
    assert "Not valid" in changed.text
    other = {"token": "x", "keys": '{"keys": [{"kid": "other", "kty": "OKP"}]}'}
    assert "is no reference" in (await site.send("pilots/verify", **other)).text


async def test_pair_should_be_merged_only_when_somebody_is_sure(site: Site) -> None:
    page = await site.page("duplicates?type=Project")
    assert page.count('name="keep"') == 2
    pair = {"one": PROVEN, "other": DOUBLE, "keep": PROVEN}
    assert (await site.send("duplicates", **pair)).status_code == 400
    assert (
        await site.send("duplicates", **pair | {"keep": CALL, "sure": "yes"})
    ).status_code == 400
    assert (await site.send("duplicates", **pair | {"sure": "yes"})).status_code == 303
    collective = await site.records()
    assert collective.find(DOUBLE) is None
    assert collective.get(PROVEN, Project).record.merged_from == (DOUBLE,)


async def test_member_should_be_told_where_it_moved(site: Site) -> None:
    assert "takes part" in await site.page("members")
    moved = (
        f'{{"tenant": "duiven", "city": "{DUIVEN}", "since": "2026-01-01",'
        ' "sealed_on": "2026-02-01", "moved_to": "https://duiven.example"}'
    )
    await site.node.store.transact(lambda uow: uow.registers.put(MEMBERS, "duiven", moved.encode()))
    assert "https://duiven.example" in await site.page("members")


def test_codes_should_be_named_when_services_return_them() -> None:
    codes = {
        "task": "late open done",
        "eligibility": "eligible unknown not",
        "condition state": "met unmet unknown asked",
        "call status": "open upcoming closed undated",
        "voice": "silent quiet heard unknown",
        "lab need": "slots equipment rules themes language",
        "verification": "unsigned malformed wrong-algorithm unknown-key wrong-signature "
        "other-record other-signer changed",
        "likeness": "code address title description city near",
        "member": "member sealed moved",
    }
    for code in LANGUAGES:
        words = language(code)
        for term, several in codes.items():
            assert all(words.term(f"code {term}", one) for one in several.split())
