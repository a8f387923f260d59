"""A node that is exported and restored answers as before; what is cut off or changed makes nothing."""

import asyncio
import json
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from hanze.connectors.spool import SPOOL
from hanze.connectors.spool_rows import connect_spool
from hanze.node.exporting import export_node, restore_node
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.api.v1_description import described_routes
from hanze.web.app import build_app
from tests.in_process_command import hanze
from tests.running import start_node

CITY = "urn:ngsi-ld:Organization:zwolle:city"
NOW = "2999-01-01T00:00:00Z"
STARTED = "2998-01-01T00:00:00Z"
CONTEXT = "https://w3id.org/hanze/v1.jsonld"
LINK = {
    "link": f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
}
#: Its cursor is of one run of a node, so that who follows it begins again.
UNEQUAL = ("/api/v1/league/records",)

#: Sizes of files, of which blocks are in use or not; and ids that are made for each answer.
_ITS_OWN = re.compile(
    r'"bytes":[0-9]+,|(?<=TypeList:)[0-9a-f-]{36}|(?<=AttributeList:)[0-9a-f-]{36}'
)


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[tuple[Node, httpx.AsyncClient]]:
    node = await open_node(Settings(data=data, server=Server(dev=True)))
    node = replace(node, clock=lambda: NOW, started_at=STARTED, base_url="http://localhost")
    try:
        transport = httpx.ASGITransport(app=build_app(node), raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", timeout=60
        ) as client:
            yield node, client
    finally:
        await close_node(node)


async def ok(answering: Any) -> None:  # an awaitable of httpx
    answer = await answering
    assert answer.status_code < 300, answer.text


async def seed(data: Path) -> None:
    """Fill a node with something of everything."""
    async with opened(data) as (node, client):
        api = "/ngsi-ld/v1"
        for tenant in ({}, {"ngsild-tenant": "deventer"}):
            for number in range(30):
                entity = {
                    "id": f"urn:ngsi-ld:Bin:{number}",
                    "type": "Bin",
                    "level": {"type": "Property", "value": 1.50 + number, "unitCode": "P1"},
                    "name": {"type": "LanguageProperty", "languageMap": {"nl": "bak", "ko": "통"}},
                    "location": {
                        "type": "GeoProperty",
                        "value": {"type": "Point", "coordinates": [6.5, 52.0]},
                    },
                }
                await ok(client.post(f"{api}/entities", json=entity, headers={**LINK, **tenant}))
            await ok(client.delete(f"{api}/entities/urn:ngsi-ld:Bin:3", headers=tenant))
            change = {
                "level": {"type": "Property", "value": 7, "observedAt": "2026-01-01T00:00:00Z"}
            }
            path = f"{api}/entities/urn:ngsi-ld:Bin:4/attrs"
            await ok(client.patch(path, json=change, headers=tenant))
        await ok(client.post(f"{api}/jsonldContexts", json={"@context": {"x": "https://e.org/x"}}))
        subscription = {
            "id": "urn:ngsi-ld:Subscription:1",
            "type": "Subscription",
            "entities": [{"type": "Bin"}],
            "notification": {"endpoint": {"uri": "http://127.0.0.1:9/x"}},
        }
        await ok(client.post(f"{api}/subscriptions", json=subscription))
        registration = {
            "id": "urn:ngsi-ld:ContextSourceRegistration:1",
            "type": "ContextSourceRegistration",
            "information": [{"entities": [{"type": "Elsewhere"}]}],
            "endpoint": "http://127.0.0.1:9",
        }
        await ok(client.post(f"{api}/csourceRegistrations", json=registration))
        await seed_records(client)
        while await node.snapshot_work.prepare_next():
            pass


async def seed_records(client: httpx.AsyncClient) -> None:
    """Add records of other kinds than entities."""
    api = "/ngsi-ld/v1"
    snapshot = {
        "id": "urn:ngsi-ld:Snapshot:1",
        "type": "Snapshot",
        "snapshotQueries": [{"type": "Query", "entities": [{"type": "Bin"}]}],
    }
    await ok(client.post(f"{api}/snapshots", json=snapshot, headers=LINK))
    closed = {
        "types": ["CareSensor"],
        "accessRights": "RESTRICTED",
        "owner": CITY,
        "purposes": ["dpv:AcademicResearch"],
        "nonPublication": {
            "ground": "GDPR",
            "decidedBy": "Council",
            "decidedAt": "2026-01-01",
            "reviewAt": "3999-01-01",
        },
    }
    await ok(client.post("/api/v1/governance/classification", json=closed))
    offer = {
        "targets": ["urn:ngsi-ld:Dataset:own:CareSensor"],
        "assignee": f"{CITY}:lab",
        "purposes": ["dpv:AcademicResearch"],
        "validUntil": "3998-01-01",
    }
    await ok(client.post("/api/v1/governance/agreements", json=offer))
    classified = {"types": ["Bin"], "accessRights": "PUBLIC"}
    await ok(client.post("/api/v1/governance/classification", json=classified))


async def answers(data: Path) -> dict[str, Any]:
    """Ask for everything that can be asked for without naming something."""
    named = [
        path for path, route in described_routes() if route.method == "GET" and "{" not in path
    ]
    api = "/ngsi-ld/v1"
    named += [
        f"{api}/{one}"
        for one in (
            "types",
            "attributes",
            "subscriptions",
            "csourceRegistrations?type=Elsewhere",
            "jsonldContexts?details=true",
        )
    ]
    named += [
        f"{api}/entities?type=Bin&limit=100&options=sysAttrs&count=true",
        f"{api}/entities/urn:ngsi-ld:Bin:4",
        f"{api}/entities/urn:ngsi-ld:Bin:3",
        f"{api}/snapshots/urn:ngsi-ld:Snapshot:1",
        f"{api}/temporal/entities?type=Bin&timerel=after&timeAt=1970-01-01T00:00:00Z&timeproperty=createdAt&options=sysAttrs",
        f"{api}/temporal/entities/urn:ngsi-ld:Bin:3?options=sysAttrs",
        "/en/catalogue",
    ]
    found: dict[str, Any] = {}
    async with opened(data) as (node, client):
        # How much of the history is archived by now differs; what there is of it does not.
        await node.store.history.flush()
        for path in named:
            for tenant in ("", "deventer"):
                headers = {**LINK, **({"ngsild-tenant": tenant} if tenant else {})}
                answer = await client.get(path, headers=headers)
                kept = {
                    name: answer.headers.get(name)
                    for name in ("ngsild-results-count", "link", "etag")
                }
                found[f"{tenant} {path}"] = (
                    answer.status_code,
                    kept,
                    _ITS_OWN.sub("", answer.text),
                )
    return found


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data directory, and its export."""
    folder = tmp_path_factory.mktemp("export")
    data, file = folder / "city", folder / "city.zip"
    asyncio.run(seed(data))
    (data / "hanze.toml").write_text('[portal]\ntitle = "Zwolle"\n')
    spool = connect_spool(data / SPOOL)
    spool.execute(
        "INSERT INTO message (source, received, topic, content_type, body) VALUES (?, 1, 't', '', ?)",
        ("air", b"\x00\xff"),
    )
    spool.close()
    hanze("token", "new", "night", "--data", str(data))
    (data / "secrets" / "webhook").write_text("hidden")
    done = hanze("export", str(file), "--data", str(data), "--json")
    assert done.code == 0, done.err
    return data, file


@pytest.mark.slow
def test_restored_node_should_answer_as_the_one_that_was_exported(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    data, file = city
    fresh = tmp_path / "fresh"
    done = hanze("restore", str(file), "--data", str(fresh), "--json")
    assert done.code == 0, done.err
    assert not [*tmp_path.glob(".fresh-*")]
    verified = hanze("log", "verify", "--data", str(fresh))
    assert verified.code == 0, verified.err
    before, after = asyncio.run(answers(data)), asyncio.run(answers(fresh))
    assert len(before) > 60
    for path, answer in before.items():
        if not path.endswith(UNEQUAL):
            assert after[path] == answer, path
    for one in ("/ngsi-ld/v1/snapshots/urn:ngsi-ld:Snapshot:1", "/api/v1/governance/agreements"):
        assert before[f" {one}"][0] == 200, before[f" {one}"]
    assert len(json.loads(before[" /api/v1/governance/agreements"][2])["agreements"]) == 1
    assert before[" /ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Bin:3?options=sysAttrs"][0] == 200


@pytest.mark.slow
def test_export_of_the_restored_node_should_be_the_same(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    fresh, again = tmp_path / "fresh", tmp_path / "again.zip"
    restore_node(city[1], fresh, progress=lambda _done, _total: None)
    spool = connect_spool(fresh / SPOOL)
    assert spool.execute("SELECT source, body FROM message").fetchall() == [("air", b"\x00\xff")]
    spool.close()
    export_node(fresh, again, keys=False, made_at=NOW, progress=lambda _done, _total: None)
    with zipfile.ZipFile(city[1]) as first, zipfile.ZipFile(again) as second:
        assert first.namelist() == second.namelist()
        for name in first.namelist():
            if not name.endswith((".parquet", "manifest.json")):
                assert first.read(name) == second.read(name), name


def test_export_should_be_open_and_hold_no_usable_secret(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    data, file = city
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as opened_file:
        names = opened_file.namelist()
        lines = opened_file.read("state/entity.jsonl").splitlines()
        entity = next(one for one in map(json.loads, lines) if one["id"] == "urn:ngsi-ld:Bin:4")
        assert entity["body"]["level"]["value"] == 7
        assert "files/secrets/tokens.json" in names
        assert not {"files/secrets/webhook", "files/secrets/signing.json"} & set(names)
        assert {"history/recent.parquet", "state/log.jsonl", "state/context.jsonl"} <= set(names)
        assert opened_file.read("state/journal.jsonl") == b""
    with_keys = tmp_path / "keys.zip"
    assert hanze("export", str(with_keys), "--keys", "--data", str(data)).code == 0
    with zipfile.ZipFile(with_keys) as opened_file:
        assert "files/secrets/webhook" in opened_file.namelist()


def test_restore_should_make_nothing_when_the_file_is_not_whole(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    cut, changed, target = tmp_path / "cut.zip", tmp_path / "changed.zip", tmp_path / "node"
    cut.write_bytes(city[1].read_bytes()[:-200])
    with zipfile.ZipFile(city[1]) as source, zipfile.ZipFile(changed, "w") as out:
        for name in source.namelist():
            content = source.read(name)
            out.writestr(
                name, content.replace(b"Bin:7", b"Bin:8", 1) if "entity" in name else content
            )
    less = tmp_path / "less.zip"
    with zipfile.ZipFile(city[1]) as source, zipfile.ZipFile(less, "w") as out:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                manifest["parts"] = [p for p in manifest["parts"] if "tenant" not in p["name"]]
                content = json.dumps(manifest).encode()
            out.writestr(name, content)
    for file in (cut, changed, less):
        done = hanze("restore", str(file), "--data", str(target))
        assert done.code == 1, done.out
        assert not target.exists()
        assert not [*tmp_path.glob(".node-*")]


def test_export_and_restore_should_leave_alone_what_is_there(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    data, file = city
    again = hanze("export", str(file), "--data", str(data))
    assert again.code == 1
    assert "exists already" in again.err
    over = hanze("restore", str(file), "--data", str(data))
    assert over.code == 1
    assert "exists already" in over.err


def test_export_should_be_accounted_for(city: tuple[Path, Path]) -> None:
    told = (city[0] / "secrets" / "told.json").read_text()
    assert "node.exported" in told


@pytest.mark.slow
def test_export_should_come_over_the_network_for_operators(tmp_path: Path) -> None:
    data, file = tmp_path / "city", tmp_path / "city.zip"
    data.mkdir()
    token = tmp_path / "token"
    made = hanze(
        "token", "new", "night", "--role", "operator", "--role", "writer", "--data", str(data)
    )
    token.write_text(made.out)
    node = start_node(["serve", "--data", str(data), "--port", "0"])
    try:
        asked = ("export", str(file), "--url", node.url)
        nobody = hanze(*asked)
        assert nobody.code != 0
        assert not [*tmp_path.glob("city.zip*")]
        done = hanze(*asked, "--token-file", str(token))
        assert done.code == 0, done.err
    finally:
        node.stop()
    with zipfile.ZipFile(file) as opened_file:
        assert b"node.exported" in opened_file.read("state/log.jsonl")
    assert hanze("restore", str(file), "--data", str(tmp_path / "fresh")).code == 0


def test_restore_should_leave_nothing_when_it_is_interrupted(
    city: tuple[Path, Path], tmp_path: Path
) -> None:
    def interrupted(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_node(city[1], tmp_path / "node", progress=interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_node(city[0], tmp_path / "a.zip", keys=False, made_at=NOW, progress=interrupted)
    assert [*tmp_path.iterdir()] == []
    assert not [*(city[0] / "scratch").glob("*")]
