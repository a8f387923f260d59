"""Pages of cooperations, agreements with partners, working groups, and their files."""

import hashlib
import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.collaboration.records.cooperation import Accord, Cooperation, WorkingGroup
from hanze.collaboration.records.record import Record
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from tests.cooperating_world import (
    BUSAN,
    COMPANY,
    CONTACT,
    DEMAND,
    GRONINGEN,
    MOBILITY,
    SOLUTION,
    UTRECHT,
    places,
)
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, SEEDER, form_token

PAGES = "/en/collective"
PDF = b"%PDF-1.7\r\nsome\r\n--text\x00\xff"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as found:
        for record in places():
            await create_record(found.store, SEEDER, record, now=found.clock())
        yield found


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as found:
        yield found


def today_at(node: Node) -> date:
    zone = ZoneInfo(node.settings.portal.timezone)
    return datetime.fromisoformat(node.clock()).astimezone(zone).date()


async def send(
    client: httpx.AsyncClient, path: str, action: str, expected: int = 303, **fields: object
) -> httpx.Response:
    """Fill in a form of a page; follow where it leads."""
    page = await client.get(PAGES + path)
    assert page.status_code == 200, page.text
    given = {"form": form_token(page.text), "action": action, **fields}
    answer = await client.post(PAGES + path, data=given, headers=ORIGIN)
    assert answer.status_code == expected, answer.text
    if expected != 303:
        return answer
    found = await client.get(answer.headers["location"].partition("#")[0])
    assert found.status_code == 200, found.text
    return found


async def only(node: Node, kind: type[Record]) -> Record:
    (held,) = (await node.collective.refresh(node.clock())).of(kind)
    return held.record


async def started(node: Node, client: httpx.AsyncClient, since: str) -> str:
    """Start a cooperation by its form; give the path of its page."""
    fields: dict[str, Any] = {
        "party": GRONINGEN,
        "partner": BUSAN,
        "goal": "Better buses",
        "since": since,
    }
    await send(client, "/cooperations", "start", months="1, 2, 4, 6, 9", **fields)
    return f"/cooperations/{(await only(node, Cooperation)).id}"


async def test_cooperation_should_be_started_and_answered(
    node: Node, client: httpx.AsyncClient
) -> None:
    refused = await send(
        client, "/cooperations", "start", 422, party=GRONINGEN, partner=BUSAN, months="2,1"
    )
    assert "Write five numbers" in refused.text
    path = await started(node, client, (today_at(node) - timedelta(days=40)).isoformat())
    listed = await client.get(f"{PAGES}/cooperations")
    assert "Late: Groningen" in listed.text
    assert "Busan has no record of it yet." in listed.text
    answered = await send(client, path, "answer")
    assert "Your side has its own record now." in answered.text
    linked = await send(client, path, "link")
    assert "Both records are linked." in linked.text
    csv = await client.get(f"{PAGES}/cooperations?format=csv")
    assert csv.text.splitlines()[1].split(",")[3] == "active"


@pytest.mark.slow
async def test_steps_should_be_recorded_when_there_is_what_makes_them_done(
    node: Node, client: httpx.AsyncClient
) -> None:
    today = today_at(node)
    day = today.isoformat()
    path = await started(node, client, day)
    step = path.removeprefix("/cooperations/").replace(":Cooperation:", ":CooperationStep:")
    first: dict[str, Any] = {"step": f"{step}-contacts", "done_on": day, "due": day}
    refused = await send(client, path, "step", 422, contact="", **first)
    assert "This step is done when a contact is named." in refused.text
    await send(client, path, "step", contact=CONTACT, **first)
    second: dict[str, Any] = {
        "step": f"{step}-challenges",
        "challenges_asked": "yes",
        "challenges": [DEMAND],
    }
    found = await send(client, path, "step", progress="We chose buses.", **second)
    assert "Traffic lights that let buses pass" in found.text
    assert "International desk" in found.text
    brought = {"form": form_token(found.text), "step": second["step"], "name": "The list"}
    answer = await client.post(
        f"{PAGES}{path}/file",
        data=brought,
        files={"file": ("list.pdf", PDF, "application/pdf")},
        headers=ORIGIN,
    )
    assert answer.status_code == 303, answer.text
    shown = await client.get(f"{PAGES}{path}")
    assert "The list" in shown.text
    assert f"{PAGES}/documents/{hashlib.sha256(PDF).hexdigest()}" in shown.text
    empty = await client.post(f"{PAGES}{path}/file", data=brought, files={}, headers=ORIGIN)
    assert empty.status_code == 403
    file = {"file": ("list.html", b"<b>", "text/html")}
    wrong = await client.post(f"{PAGES}{path}/file", data=brought, files=file, headers=ORIGIN)
    assert wrong.status_code == 422
    assert "Choose a PDF, picture" in wrong.text
    third: dict[str, Any] = {"step": f"{step}-solutions", "records": ["", SOLUTION], "done_on": day}
    await send(client, path, "step", **third)
    meeting = await send(client, path, "meeting", on=(today + timedelta(days=9)).isoformat())
    assert "in 9 days" in meeting.text
    changed = await send(client, path, "status", status="dormant", goal="Still better buses")
    assert "Still better buses" in changed.text


async def test_accord_should_be_drafted_offered_and_signed_with_its_file(
    node: Node, client: httpx.AsyncClient
) -> None:
    refused = await send(
        client, "/accords", "draft", 422, kind="memorandum", title="Alone", parties=[GRONINGEN]
    )
    assert "Choose two or more different parties." in refused.text
    await send(
        client,
        "/accords",
        "draft",
        kind="memorandum",
        title="Smart together",
        parties=[GRONINGEN, BUSAN, ""],
        terms="We share what we learn.",
    )
    made = await only(node, Accord)
    path = f"/accords/{made.id}"
    shown = await client.get(PAGES + path)
    attached = await client.post(
        f"{PAGES}{path}/file",
        data={"form": form_token(shown.text), "name": "The text"},
        files={"file": ("text é.pdf", PDF, "application/pdf")},
        headers=ORIGIN,
    )
    assert attached.status_code == 303, attached.text
    digest = hashlib.sha256(PDF).hexdigest()
    offered = await send(client, path, "offer")
    assert f"{PAGES}/documents/{digest}" in offered.text
    file = await client.get(f"{PAGES}/documents/{digest}")
    assert (file.status_code, file.content) == (200, PDF)
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "The-text.pdf" in file.headers["content-disposition"]

    found = re.search(r'name="digest" value="(\w{64})"', offered.text)
    assert found is not None
    stale = await send(client, path, "sign", 422, party=GRONINGEN, digest="0" * 64)
    assert "The text has changed since you read it." in stale.text
    await send(client, path, "sign", party=GRONINGEN, office="Mayor", digest=found[1])
    whole = await send(client, path, "sign", party=BUSAN, digest=found[1])
    assert "In force" in whole.text
    assert "Mayor" in whole.text
    gone = await send(client, path, "withdraw", leaving=BUSAN)
    assert "withdrawn on" in gone.text
    renewed = await send(client, path, "renew", drafter=GRONINGEN)
    assert "Replaces" in renewed.text
    listed = await client.get(f"{PAGES}/accords?state=withdrawn")
    assert "1 agreement" in listed.text
    await send(client, path, "end")


async def test_draft_should_take_any_number_of_parties_and_topics(
    node: Node, client: httpx.AsyncClient
) -> None:
    fields: dict[str, Any] = {
        "kind": "memorandum",
        "title": "Smart together",
        "parties": [GRONINGEN, BUSAN, UTRECHT],
        "themes": [MOBILITY],
    }
    wider = await send(client, "/accords", "draft", 200, more="yes", **fields)
    assert wider.text.count('name="parties"') == 6
    assert f'value="{MOBILITY}" checked' in wider.text
    await send(client, "/accords", "draft", **fields)
    made = await only(node, Accord)
    assert isinstance(made, Accord)
    assert (made.parties, made.themes) == ((GRONINGEN, BUSAN, UTRECHT), (MOBILITY,))
    path = f"/accords/{made.id}"
    fields |= {"parties": [GRONINGEN, ""], "terms": "We share."}
    refused = await send(client, path, "change", 422, **fields)
    assert "Choose two or more different parties." in refused.text
    fields |= {"parties": [GRONINGEN, BUSAN, UTRECHT, COMPANY], "themes": []}
    await send(client, path, "change", **fields)
    changed = await only(node, Accord)
    assert isinstance(changed, Accord)
    assert (changed.parties[3:], changed.themes) == ((COMPANY,), ())
    assert changed.terms == {"en": "We share."}


@pytest.mark.parametrize(
    ("name", "data", "media", "says"),
    [
        ("run.html", b"<script>", "text/html", "Other files are not kept"),
        ("a.pdf", b"no pdf", "application/pdf", "Other files are not kept"),
        ("a.pdf", b"", "application/pdf", "Choose a file"),
    ],
)
async def test_file_should_be_refused_beside_its_form_when_it_is_none_of_these(
    node: Node, client: httpx.AsyncClient, name: str, data: bytes, media: str, says: str
) -> None:
    accord = Accord(
        id="urn:ngsi-ld:Accord:test:a",
        title={"en": "A"},
        kind="contract",
        parties=(GRONINGEN, BUSAN),
    )
    await create_record(node.store, SEEDER, accord, now=node.clock())
    path = f"{PAGES}/accords/{accord.id}"
    form = {"form": form_token((await client.get(path)).text)}
    files = {"file": (name, data, media)}
    answer = await client.post(f"{path}/file", data=form, files=files, headers=ORIGIN)
    assert answer.status_code == 422
    assert says in answer.text
    foreign = await client.post(f"{path}/file", data=form, files=files)
    assert foreign.status_code == 403


async def test_group_should_have_tasks_members_and_minutes(
    node: Node, client: httpx.AsyncClient
) -> None:
    today = today_at(node)
    accord = Accord(
        id="urn:ngsi-ld:Accord:test:a",
        title={"en": "A"},
        kind="contract",
        parties=(GRONINGEN, BUSAN),
    )
    await create_record(node.store, SEEDER, accord, now=node.clock())
    await send(client, f"/accords/{accord.id}", "group", keeper=GRONINGEN)
    group = await only(node, WorkingGroup)
    assert isinstance(group, WorkingGroup)
    path = f"/working-groups/{group.id}"
    refused = await send(client, path, "task", 422, title="")
    assert "Write what is to be done." in refused.text
    late = (today - timedelta(days=2)).isoformat()
    shown = await send(client, path, "task", title="Count buses", owner=BUSAN, due=late)
    assert "2 days late" in shown.text
    group = await only(node, WorkingGroup)
    assert isinstance(group, WorkingGroup)
    done = await send(client, path, "finish", key=group.tasks[0].key)
    assert "2 days late" not in done.text
    await send(client, path, "finish", key=group.tasks[0].key, undo="yes")
    await send(client, path, "member", party=UTRECHT, role="Chair")
    await send(client, path, "next", next=(today + timedelta(days=3)).isoformat())
    said = await send(client, path, "minutes", on=today.isoformat(), text="We met.")
    assert "We met." in said.text
    csv = await client.get(f"{PAGES}{path}?format=csv")
    assert "Count buses" in csv.text
    page = await client.get(PAGES + path)
    brought = await client.post(
        f"{PAGES}{path}/file",
        data={"form": form_token(page.text), "on": today.isoformat()},
        files={"file": ("minutes.txt", b"We met again.", "text/plain")},
        headers=ORIGIN,
    )
    assert brought.status_code == 303, brought.text
    ended = await send(client, path, "end")
    assert "The working group has ended." in ended.text


@pytest.mark.parametrize("lang", ["nl", "ko"])
async def test_pages_should_be_there_in_each_language(client: httpx.AsyncClient, lang: str) -> None:
    for page, word in (
        ("cooperations", {"nl": "Samenwerking over de grens", "ko": "국제 협력"}),
        ("accords", {"nl": "Overeenkomsten met partners", "ko": "파트너와의 협약"}),
    ):
        answer = await client.get(f"/{lang}/collective/{page}")
        assert answer.status_code == 200
        assert word[lang] in answer.text
