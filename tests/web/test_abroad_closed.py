"""Drafts of cooperation across borders show to nobody else: on pages, in feeds, files and refusals."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace

from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.records.cooperation import (
    Cooperation,
    CountryLead,
    Document,
    GroupTask,
    MentorProfile,
    WorkingGroup,
)
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.gatherings import DayTable, MatchmakingDay, MeetingSlot
from hanze.collaboration.records.missions import (
    BudgetLine,
    FollowUp,
    Mission,
    TravelPermission,
    VoucherScheme,
)
from hanze.collaboration.records.record import Money, Record
from hanze.identity.grant import Grant
from hanze.ngsild.representation.render import concise
from hanze.ngsild.terms import HANZE_CONTEXT_URL
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.app import build_app
from tests.cooperating_world import (
    ACCORD,
    BUSAN,
    GRONINGEN,
    KOREA,
    MOBILITY,
    NETHERLANDS,
    an_accord,
    places,
    signature_of,
)
from tests.fairs_world import STAND, a_stand, a_story, fair_records
from tests.in_process import node_in_memory
from tests.leagues import put_records

AT: Final = "2026-11-01T10:00:00Z"
TODAY: Final = datetime.now(UTC).date()
HUSHED: Final = "Whisper"
TITLE: Final = {"en": f"{HUSHED} network"}
PDF: Final = b"%PDF-1.7 nobody knows of it yet"
MISSION: Final = "urn:ngsi-ld:Mission:test:hush"
PAGES: Final = (
    *("cooperations", "accords", f"accords/{ACCORD}", "mission-calendar"),
    *("mission-calendar?format=csv", "abroad", f"abroad/{KOREA}", f"missions/{MISSION}"),
    *(f"missions/{MISSION}/report", f"missions/{MISSION}/money", "matchmaking-days"),
    *("vouchers", "fairs", f"fairs/{STAND}", "relations", f"relations/{BUSAN}", "leads"),
    *("mentors", "indicators", "follow-ups", "follow-ups?format=csv"),
)
ANSWERS: Final = (
    *("cooperations", "cooperations/reminders", "cooperations/reminders.ics", "accords"),
    *(f"accords/{ACCORD}", "working-groups", "mission-calendar", "mission-calendar.ics"),
    *("missions", f"missions/{MISSION}", f"missions/{MISSION}/programme.ics", "permissions"),
    *(f"missions/{MISSION}/report", f"missions/{MISSION}/report.jsonld"),
    *(f"missions/{MISSION}/report.pdf", f"countries/{KOREA}/analysis", "matchmaking-days"),
    *("vouchers", "fairs", f"fairs/{STAND}", f"fairs/{STAND}/event.jsonld"),
    *(f"fairs/{STAND}/programme.ics", "relations", f"relations/{BUSAN}", "leads", "mentors"),
    *("mentors/matching", "indicators", "follow-ups"),
)


def _drafts(digest: str) -> list[Record]:
    day = TODAY + timedelta(days=9)
    file = Document(title=TITLE, sha256=digest)
    mission = Mission(
        id=MISSION,
        title=TITLE,
        direction="outgoing",
        organiser=GRONINGEN,
        country=KOREA,
        starts=day,
        ends=day,
        timezone="Asia/Seoul",
        home_timezone="Europe/Amsterdam",
    )
    several: tuple[Record, ...] = (
        mission,
        _permission(),
        an_accord(title=TITLE, terms=TITLE, documents=(file,)),
        Cooperation(
            id="urn:ngsi-ld:Cooperation:test:hush", title=TITLE, party=GRONINGEN, partner=BUSAN
        ),
        WorkingGroup(
            id="urn:ngsi-ld:WorkingGroup:test:hush",
            title=TITLE,
            accord=ACCORD,
            tasks=(GroupTask(key="a", title=TITLE, due=day),),
        ),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:hush",
            title=TITLE,
            kind="result",
            mission=MISSION,
            on=TODAY,
        ),
        MentorProfile(
            id="urn:ngsi-ld:MentorProfile:test:hush", title=TITLE, role="mentor", wishes=TITLE
        ),
        CountryLead(
            id="urn:ngsi-ld:CountryLead:test:hush",
            title=TITLE,
            theme=MOBILITY,
            country=NETHERLANDS,
            lead=GRONINGEN,
            partner_country=KOREA,
        ),
        VoucherScheme(
            id="urn:ngsi-ld:VoucherScheme:test:hush",
            title=TITLE,
            giver=GRONINGEN,
            budget=Money(Decimal(9), "EUR"),
        ),
        _gathering(day),
        a_story(GRONINGEN, "hush", title=TITLE, description=TITLE, track=TITLE),
    )
    return [replace(one, source_city=GRONINGEN) for one in several]


def _permission() -> TravelPermission:
    return TravelPermission(
        id="urn:ngsi-ld:TravelPermission:test:hush",
        title=TITLE,
        mission=MISSION,
        number=HUSHED,
        budget=(BudgetLine(part="staff", amount=Decimal(1)),),
    )


def _gathering(day: date) -> MatchmakingDay:
    slot = MeetingSlot(key="1", starts=f"{day}T10:00", ends=f"{day}T10:30")
    return MatchmakingDay(
        id="urn:ngsi-ld:MatchmakingDay:test:hush",
        title=TITLE,
        organiser=GRONINGEN,
        on=day,
        timezone="Asia/Seoul",
        slots=(slot,),
        tables=(DayTable(key="1"),),
    )


class _World:
    def __init__(self, node: Node, stack: AsyncExitStack) -> None:
        self.node = node
        self._stack = stack
        self._app = build_app(node)

    async def client(self, city: str = "") -> httpx.AsyncClient:
        """Make a client of somebody of a city; "" is anybody."""
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=self.node.base_url)
        rel = "http://www.w3.org/ns/json-ld#context"
        client.headers["link"] = f'<{HANZE_CONTEXT_URL}>; rel="{rel}"; type="application/ld+json"'
        if city:
            grant = Grant(roles=("writer",), organisation=city)
            secret = self.node.tokens.create(city[-6:], grant=grant, now=self.node.clock())
            client.headers["authorization"] = f"Bearer {secret}"
        return await self._stack.enter_async_context(client)


@asynccontextmanager
async def _world() -> AsyncIterator[_World]:
    async with node_in_memory(Settings()) as node, AsyncExitStack() as stack:
        fair = [one for one in fair_records(TODAY) if one.id != STAND]
        await put_records(node, [*places(), *fair, a_stand()], AT)
        yield _World(node, stack)


async def _draft(anna: httpx.AsyncClient) -> tuple[str, list[Record]]:
    """Put drafts of all kinds into a group of one; return the hash of their file as well."""
    kept = await anna.post("/api/v1/documents", content=PDF, headers={"content-type": _PDF})
    assert kept.status_code == 201, kept.text
    digest = str(kept.json()["sha256"])
    group = (await anna.post("/api/v1/groups", json={"drafts": True})).json()
    drafts = _drafts(digest)
    for record in drafts:
        body = {**concise(write_record(record), HANZE), "scope": group["scope"]}
        made = await anna.post("/ngsi-ld/v1/entities", json=body)
        assert made.status_code == 201, (type(record), made.text)
    return digest, drafts


_PDF: Final = "application/pdf"


@pytest.mark.slow
async def test_draft_should_show_to_nobody_else_on_any_page_feed_or_file() -> None:
    async with _world() as world:
        anna, other, nobody = [await world.client(city) for city in (GRONINGEN, BUSAN, "")]
        # What is kept of the collective before is not what comes after.
        await nobody.get("/en/collective/indicators")
        digest, drafts = await _draft(anna)
        paths = [f"/en/collective/{one}" for one in PAGES] + [f"/api/v1/{one}" for one in ANSWERS]
        paths += [f"/api/v1/records/{one.id}" for one in drafts]
        paths += [f"/en/collective/record/{one.id}" for one in drafts]
        for path in paths:
            for stranger in (other, nobody):
                told = await stranger.get(path)
                assert told.status_code in (200, 403, 404), (path, told.text)
                assert HUSHED not in told.text, path
        for path in (f"/api/v1/documents/{digest}", f"/en/collective/documents/{digest}"):
            assert (await nobody.get(path)).status_code == 404
        assert (await anna.get(f"/api/v1/documents/{digest}")).content == PDF


async def test_refusal_should_tell_nothing_when_somebody_signs_a_draft_of_others() -> None:
    async with _world() as world:
        anna, other = [await world.client(city) for city in (GRONINGEN, BUSAN)]
        _, drafts = await _draft(anna)
        accord = next(one for one in drafts if one.id == ACCORD)
        told: list[Any] = []
        for accord_id in (ACCORD, "urn:ngsi-ld:Accord:test:nothing"):
            for digest in ("0" * 64, digest_of(accord)):  # type: ignore[arg-type]  # it is one
                signature = replace(signature_of(BUSAN, digest, TODAY), accord=accord_id)
                body = concise(write_record(signature), HANZE)
                refused = await other.post("/ngsi-ld/v1/entities", json=body)
                told.append((refused.status_code, refused.text.replace(accord_id, "X")))
        assert told[0] == told[1] == told[2] == told[3]
        assert told[0][0] == 400
