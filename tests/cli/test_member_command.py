"""`hanze member`: a city takes part as a tenant, and moves to a node of its own with all it has."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from hanze.ngsild.terms import HANZE_CONTEXT_URL, JSON_LD_REL
from tests.in_process_command import hanze
from tests.running import Finished, RunningNode, start_node

CITY = "urn:ngsi-ld:Municipality:NL:GM0293"
OTHER_CITY = "urn:ngsi-ld:Municipality:NL:GM0226"
LINK = f'<{HANZE_CONTEXT_URL}>; rel="{JSON_LD_REL}"; type="application/ld+json"'


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, RunningNode]]:
    """The node of a large city, and that of a small one to be."""
    folder = tmp_path_factory.mktemp("nodes")
    started = [
        start_node(["serve", "--data", str(folder / name), "--port", "0", "--dev"])
        for name in ("large", "small")
    ]
    yield started[0], started[1]
    for node in started:
        node.stop()


def entities_of_westervoort() -> list[dict[str, Any]]:
    """Records and a sensor, with a @context of its own and times of several kinds."""
    return [
        {
            "id": CITY,
            "type": "Municipality",
            "title": {"type": "LanguageProperty", "languageMap": {"nl": "Westervoort"}},
            "cbsCode": {"type": "Property", "value": "GM0293"},
        },
        {
            "id": "urn:ngsi-ld:Demand:westervoort:fietsen",
            "type": "Demand",
            "title": {"type": "LanguageProperty", "languageMap": {"nl": "Fietsen stallen"}},
            "problem": {"type": "LanguageProperty", "languageMap": {"nl": "Te weinig rekken"}},
            "sourceCity": {"type": "Relationship", "object": CITY},
            "budget": {"type": "Property", "value": 25000, "unitCode": "EUR"},
        },
        {
            "id": "urn:ngsi-ld:Thing:westervoort:1",
            "type": "Thing",
            "level": {
                "type": "Property",
                "value": 1.5,
                "observedAt": "2026-01-02T03:04:05Z",
                "accuracy": {"type": "Property", "value": 0.1},
            },
            "place": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [5.9, 52]}},
            "@context": {
                "level": "https://example.org/level",
                "Thing": "https://example.org/Thing",
            },
        },
    ]


def fill(node: RunningNode, tenant: str) -> None:
    with httpx.Client(base_url=node.url, headers={"NGSILD-Tenant": tenant}) as client:
        for entity in entities_of_westervoort():
            own = "@context" in entity
            headers = {"Content-Type": f"application/{'ld+' if own else ''}json"}
            headers |= {} if own else {"Link": LINK}
            answer = client.post(
                "/ngsi-ld/v1/entities", content=orjson.dumps(entity), headers=headers
            )
            assert answer.status_code == 201, answer.text
        patched = client.patch(
            "/ngsi-ld/v1/entities/urn:ngsi-ld:Demand:westervoort:fietsen/attrs",
            json={"budget": {"type": "Property", "value": 30000, "unitCode": "EUR"}},
            headers={"Link": LINK},
        )
        assert patched.status_code == 204, patched.text


def answers(node: RunningNode, tenant: str) -> dict[str, bytes]:
    """What a node says of each entity, with its @context and all times."""
    headers = {"NGSILD-Tenant": tenant, "Accept": "application/ld+json"}
    found: dict[str, bytes] = {}
    with httpx.Client(base_url=node.url, headers=headers) as client:
        for entity in entities_of_westervoort():
            for link in ({}, {"Link": LINK}):
                answer = client.get(
                    f"/ngsi-ld/v1/entities/{entity['id']}",
                    params={"options": "sysAttrs"},
                    headers=link,
                )
                assert answer.status_code == 200, answer.text
                found[f"{entity['id']} {len(link)}"] = answer.content
    return found


def member(node: RunningNode, *arguments: str) -> Finished:
    return hanze("member", *arguments, "--url", node.url)


def test_a_member_should_answer_identically_when_it_has_moved(
    nodes: tuple[RunningNode, RunningNode], tmp_path: Path
) -> None:
    large, small = nodes
    fill(large, "westervoort")
    added = member(large, "add", "westervoort", "--city", CITY, "--since", "2026-01-05", "--json")
    assert (added.code, added.err) == (0, "")
    assert orjson.loads(added.out)["entities"] == 3

    assert member(large, "seal", "westervoort").code == 0
    refused = httpx.patch(
        f"{large.url}/ngsi-ld/v1/entities/urn:ngsi-ld:Thing:westervoort:1/attrs",
        json={"x": {"type": "Property", "value": 1}},
        headers={"NGSILD-Tenant": "westervoort"},
    )
    assert (refused.status_code, "moves out" in refused.text) == (409, True)

    file = tmp_path / "westervoort.jsonl"
    done = member(large, "export", "westervoort", str(file))
    assert (done.code, done.out) == (0, f"Wrote 3 entities of westervoort to {file}.\n")
    header = orjson.loads(file.read_bytes().splitlines()[0])
    assert (header["tenant"], header["city"], header["entities"]) == ("westervoort", CITY, 3)

    moved = member(small, "move-in", str(file), "--json")
    assert (moved.code, moved.err) == (0, "")
    assert orjson.loads(moved.out) == {
        "tenant": "westervoort",
        "city": CITY,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
    }
    assert answers(small, "westervoort") == answers(large, "westervoort")

    again = orjson.loads(member(small, "move-in", str(file), "--json").out)
    assert (again["created"], again["unchanged"]) == (0, 3)
    assert member(large, "seal", "westervoort", "--moved-to", small.url).code == 0
    (told,) = orjson.loads(member(large, "list", "--json").out)["members"]
    assert (told["movedTo"], told["entities"]) == (small.url, 3)
    assert told["city"]["title"] == {"nl": "Westervoort"}
    shown = orjson.loads(
        hanze("record", "list", "--type", "Demand", "--url", small.url, "--json").out
    )
    assert [one["id"] for one in shown["records"]] == ["urn:ngsi-ld:Demand:westervoort:fietsen"]


def test_a_move_should_be_refused_when_its_file_is_damaged(
    nodes: tuple[RunningNode, RunningNode], tmp_path: Path
) -> None:
    large, small = nodes
    fill(large, "duiven")
    assert member(large, "add", "duiven", "--city", OTHER_CITY).code == 0
    file = tmp_path / "export.jsonl"
    assert member(large, "export", "duiven", str(file)).code == 0
    lines = file.read_bytes().splitlines(keepends=True)

    file.write_bytes(b"".join(lines[:-1]))
    short = member(small, "move-in", str(file))
    assert (short.code, "breaks off: 2 of 3" in short.err) == (1, True)

    file.write_bytes(b"".join(lines).replace(b"30000", b'"x"'))
    wrong = member(small, "move-in", str(file))
    assert wrong.code != 0
    assert "budget must be a number" in wrong.err

    (tmp_path / "no.jsonl").write_text("{}\n", "utf-8")
    none = member(small, "move-in", str(tmp_path / "no.jsonl"))
    assert (none.code, "is no export of a member" in none.err) == (1, True)


def test_a_member_should_be_told_apart_when_codes_are_given(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    (tmp_path / "nl.csv").write_text(
        "gm_code,name,pv_code,province,population\nGM0293,Westervoort,PV25,Gelderland,15000\n",
        "utf-8",
    )
    assert hanze("import", "municipalities-nl", str(tmp_path / "nl.csv"), "--data", data).code == 0
    added = hanze("member", "add", "westervoort", "--city", "GM0293", "--data", data)
    assert (added.code, added.out) == (0, f"{CITY} takes part as tenant westervoort.\n")
    unknown = hanze("member", "add", "nobody", "--city", "GM9999", "--data", data)
    assert (unknown.code, "city must be the id or the code of a place" in unknown.err) == (2, True)
    taken = hanze("member", "add", "duiven", "--city", "GM0293", "--data", data)
    assert (taken.code, "is that of" in taken.err) == (2, True)
    assert hanze("member", "remove", "westervoort", "--yes", "--data", data).code == 0
    gone = hanze("member", "list", "--data", data, "--json")
    assert orjson.loads(gone.out)["total"] == 0


def temporal(node: RunningNode, tenant: str) -> dict[str, Any]:
    """The history of each entity: values, and when they were observed and recorded."""
    found = {}
    with httpx.Client(base_url=node.url, headers={"NGSILD-Tenant": tenant, "Link": LINK}) as client:
        for entity in entities_of_westervoort():
            answer = client.get(
                f"/ngsi-ld/v1/temporal/entities/{entity['id']}",
                params={
                    "timeproperty": "modifiedAt",
                    "timerel": "before",
                    "timeAt": "2100-01-01T00:00:00Z",
                },
            )
            assert answer.status_code == 200, answer.text
            found[entity["id"]] = _without_instance_ids(answer.json())
    return found


def _without_instance_ids(value: Any) -> Any:
    """An instance's name is made of where it is kept."""
    if isinstance(value, dict):
        return {n: _without_instance_ids(one) for n, one in value.items() if n != "instanceId"}
    return [_without_instance_ids(one) for one in value] if isinstance(value, list) else value


def test_a_city_should_take_everything_along_when_it_moves_out(
    nodes: tuple[RunningNode, RunningNode], tmp_path: Path
) -> None:
    large, small = nodes
    tenant = {"NGSILD-Tenant": "rheden"}
    fill(large, "rheden")
    city = "urn:ngsi-ld:Municipality:NL:GM0275"
    assert member(large, "add", "rheden", "--city", city).code == 0
    subscription = {
        "id": "urn:ngsi-ld:Subscription:rheden:1",
        "type": "Subscription",
        "entities": [{"type": "Demand"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:9/heard"}},
    }
    path = "/ngsi-ld/v1/subscriptions"
    made = httpx.post(large.url + path, json=subscription, headers=tenant)
    assert made.status_code == 201, made.text

    file = tmp_path / "rheden.hanze"
    left = file.with_name(f".{file.name}.hanze-parts")
    left.mkdir()
    (left / "subscriptions.json").write_text("of a command that was killed")
    out = orjson.loads(member(large, "move-out", "rheden", str(file), "--json").out)
    assert not left.exists()
    assert (out["entities"], out["subscriptions"]) == (3, 1)
    assert out["values"] >= 4
    assert file.stat().st_mode & 0o077 == 0
    closed = httpx.post(
        f"{large.url}/ngsi-ld/v1/entities", json={"id": "urn:x:1", "type": "T"}, headers=tenant
    )
    assert closed.status_code == 409

    told = orjson.loads(member(small, "move-in", str(file), "--json").out)
    assert (told["created"], told["values"], told["subscriptions"]) == (3, out["values"], 1)
    assert answers(small, "rheden") == answers(large, "rheden")
    assert temporal(small, "rheden") == temporal(large, "rheden")
    (kept,) = httpx.get(small.url + path, headers=tenant).json()
    (was,) = httpx.get(large.url + path, headers=tenant).json()
    assert kept == was
    again = orjson.loads(member(small, "move-in", str(file), "--json").out)
    assert (again["unchanged"], again["values"]) == (3, out["values"])
    assert temporal(small, "rheden") == temporal(large, "rheden")

    whole = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as bundle:
        damaged = bundle.getinfo("entities.jsonl").header_offset + 60
    whole[damaged] ^= 0xFF
    file.write_bytes(whole)
    refused = member(small, "move-in", str(file))
    assert (refused.code, "rheden.hanze" in refused.err) == (1, True)
