"""The auditor's page: records, the state of the log, files."""

import re

import httpx
import pytest

from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord
from hanze.node.node import Node

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
async def logged(empty_node: Node) -> Node:
    """A node with a record of each kind, and enough others for two pages."""
    moment = "2026-03-01T11:30:00Z"
    refused = DecisionRecord(
        at=moment,
        trace_id=_TRACE,
        actor="<b>mallory</b>",
        organisation="urn:ngsi-ld:Organization:x:1",
        action="read",
        datasets=("urn:ngsi-ld:Dataset:x:care",),
        decision=False,
        reason="no_agreement",
    )
    steps = [AuditRecord(at=moment, actor="ann", name=f"step.{number}") for number in range(60)]
    pseudonym = empty_node.store.log.pseudonym("", "urn:ngsi-ld:Person:ann")
    empty_node.store.log.stage(
        [*steps, refused, ProcessingRecord(at=moment, name="read", subject=pseudonym)]
    )
    await empty_node.store.log.settled()
    return empty_node


@pytest.mark.usefixtures("logged")
async def test_page_should_show_records_and_lead_to_their_trace(empty: httpx.AsyncClient) -> None:
    page = (await empty.get("/en/log", params={"reason": "any"})).text
    assert "&lt;b&gt;mallory&lt;/b&gt;" in page
    assert "<b>mallory" not in page
    assert "no_agreement" in page
    assert f"/en/log?trace={_TRACE}" in page
    assert "step.1" not in page
    traced = (await empty.get("/nl/log", params={"trace": _TRACE})).text
    assert "geweigerd" in traced


async def test_page_should_find_a_person_by_name_and_show_the_pseudonym(
    logged: Node, empty: httpx.AsyncClient
) -> None:
    asked = {"subject": "urn:ngsi-ld:Person:ann"}
    page = (await empty.get("/en/log", params=asked)).text
    pseudonym = logged.store.log.known_pseudonym("", "urn:ngsi-ld:Person:ann")
    assert f"<code>{pseudonym}</code>" in page


@pytest.mark.usefixtures("logged")
async def test_pages_should_follow_each_other(empty: httpx.AsyncClient) -> None:
    asked = {"actor": "ann", "since": "2026-03-01T12:00", "until": "2026-03-01T13:00"}
    first = (await empty.get("/en/log", params=asked)).text
    found = re.search(r'class="utrecht-link more" href="([^"#]+)', first)
    assert found is not None
    second = (await empty.get(found[1].replace("&amp;", "&"))).text
    numbers = [re.findall(r'<th scope="row">(\d+)</th>', page) for page in (first, second)]
    assert [len(some) for some in numbers] == [50, 10]
    assert not set(numbers[0]) & set(numbers[1])
    # Times of the form are those of the portal, where it was half past twelve.
    early = (await empty.get("/en/log", params=asked | {"until": "2026-03-01T12:30"})).text
    assert "step." not in early


async def test_page_should_say_what_is_wrong_with_a_search(empty: httpx.AsyncClient) -> None:
    for asked in ({"since": "yesterday"}, {"kind": "secret"}, {"until": "0001-01-01T00:00"}):
        answer = await empty.get("/en/log", params=asked)
        assert answer.status_code == 400, asked
        assert 'id="wrong"' in answer.text
    assert (await empty.get("/en/log/download.pdf")).status_code == 400


@pytest.mark.usefixtures("logged")
async def test_files_should_hold_what_the_search_finds(empty: httpx.AsyncClient) -> None:
    lines = (await empty.get("/ko/log/download.jsonl", params={"kind": "decision"})).text
    assert len(lines.splitlines()) == 1
    table = await empty.get("/ko/log/download.csv", params={"actor": "ann"})
    assert len(table.text.splitlines()) == 61
    assert table.headers["content-disposition"] == 'attachment; filename="log.csv"'


async def test_form_should_verify_the_log(empty: httpx.AsyncClient) -> None:
    page = (await empty.get("/en/log")).text
    assert "not verified yet" in page
    token = re.search(r'name="form" value="([^"]+)"', page)
    assert token is not None
    sent = {"form": token[1], "do": "verify"}
    answer = await empty.post("/en/log", data=sent, headers={"origin": "http://localhost"})
    assert answer.status_code == 303
    assert "there as they were written" in (await empty.get("/en/log")).text
