"""`hanze serve` and `hanze demo` as processes: starting, refusing, answering, stopping."""

import json
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.in_process_command import hanze
from tests.running import RunningNode, run_hanze, start_node

BIN = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": {"type": "Property", "value": 0.5}}

Serve = Callable[..., RunningNode]

#: Who answers for security, where a node listens beyond loopback.
NAMED = {
    "HANZE_SECURITY__CISO": "K. de Vries",
    "HANZE_SECURITY__CONTACT": "mailto:security@city.example",
    "HANZE_SECURITY__POLICY": "https://city.example/cvd",
}


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start nodes on `tmp_path / "city"`; they are stopped afterwards."""
    started: list[RunningNode] = []

    def start(
        *flags: str, data: Path = tmp_path / "city", environ: Mapping[str, str] | None = None
    ) -> RunningNode:
        node = start_node(["serve", "--data", str(data), "--port", "0", *flags], environ=environ)
        started.append(node)
        return node

    yield start
    for node in started:
        node.stop(signal.SIGKILL)


def _create(node: RunningNode, token: str | None = None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{node.url}/ngsi-ld/v1/entities", json=BIN, headers=headers).status_code


def test_serve_should_keep_entities_over_a_restart(serve: Serve) -> None:
    first = serve("--dev")
    assert _create(first) == 201
    assert first.stop().code == 0
    second = serve("--dev")
    answer = httpx.get(f"{second.url}/ngsi-ld/v1/entities/{BIN['id']}")
    assert answer.json()["level"]["value"] == 0.5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_should_end_with_0_when_stopped(serve: Serve, number: int) -> None:
    finished = serve("--dev").stop(number)
    assert finished.code == 0
    assert finished.out == ""
    assert "Traceback" not in finished.err


@pytest.mark.slow
def test_serve_should_let_only_tokens_write(serve: Serve, tmp_path: Path) -> None:
    node = serve()
    data = ("--data", str(tmp_path / "city"))
    assert httpx.get(f"{node.url}/ngsi-ld/v1/types").status_code == 200
    assert _create(node) == 401
    assert _create(node, "guess") == 401
    # A token works at once, and so does its end.
    secret = hanze("token", "new", "import", *data).out.strip()
    assert _create(node, secret) == 201
    assert hanze("token", "revoke", "import", *data).code == 0
    assert _create(node, secret) == 401


@pytest.mark.slow
def test_serve_should_say_what_to_do_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "demo"):
            done = run_hanze(command, "--data", str(tmp_path), "--port", port)
            assert (done.code, done.out) == (1, "")
            assert f"Port {port}" in done.err
            assert "--port" in done.err
            assert "Traceback" not in done.err


@pytest.mark.slow
def test_serve_should_refuse_a_directory_in_use(serve: Serve, tmp_path: Path) -> None:
    node = serve("--dev")
    done = run_hanze("serve", "--data", str(tmp_path / "city"), "--port", "0")
    assert (done.code, done.out) == (1, "")
    assert str(node.process.pid) in done.err
    assert _create(node) == 201


@pytest.mark.slow
def test_serve_should_not_open_a_node_to_others_without_rules(tmp_path: Path) -> None:
    everywhere = ("serve", "--data", str(tmp_path), "--port", "0", "--host", "0.0.0.0")
    exposed = run_hanze(*everywhere, "--dev")
    assert (exposed.code, exposed.out) == (2, "")
    assert "--dev" in exposed.err
    without = run_hanze(*everywhere)
    assert (without.code, without.out) == (2, "")
    assert "hanze token new" in without.err
    hanze("token", "new", "import", "--data", str(tmp_path))
    unnamed = run_hanze(*everywhere, environ={**NAMED, "HANZE_SECURITY__CISO": ""})
    assert (unnamed.code, unnamed.out) == (2, "")
    assert "security.ciso" in unnamed.err
    assert "security.contact" not in unnamed.err


@pytest.mark.slow
def test_serve_should_listen_beyond_loopback_with_a_token(serve: Serve, tmp_path: Path) -> None:
    hanze("token", "new", "import", "--data", str(tmp_path / "city"))
    node = serve("--host", "0.0.0.0", environ=NAMED)
    port = node.url.rpartition(":")[2]
    assert httpx.get(f"http://127.0.0.1:{port}/ngsi-ld/v1/types").status_code == 200
    told = httpx.get(f"http://127.0.0.1:{port}/.well-known/security.txt")
    assert "Contact: mailto:security@city.example\n" in told.text


@pytest.mark.slow
def test_serve_should_refuse_an_address_of_another_machine(tmp_path: Path) -> None:
    hanze("token", "new", "import", "--data", str(tmp_path))
    done = run_hanze(
        "serve", "--data", str(tmp_path), "--port", "0", "--host", "192.0.2.1", environ=NAMED
    )
    assert done.code == 1
    assert "192.0.2.1" in done.err


def test_serve_should_refuse_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_hanze("serve", "--data", str(tmp_path / "file" / "city"), "--port", "0")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_query_should_show_a_table_or_json(serve: Serve, tmp_path: Path) -> None:
    node = serve("--dev")
    _create(node)
    lines = hanze("query", "Bin", "--url", node.url).out.splitlines()
    assert lines == ["id\ttype\tlevel", "urn:ngsi-ld:Bin:1\tBin\t0.5"]
    assert hanze("query", "Bin", "--q", "level>0.6", "--url", node.url).out == "id\ttype\n"
    refused = hanze("query", "Bin", "--q", "level>>1", "--url", node.url)
    assert (refused.code, refused.out) == (2, "")
    busy = hanze("query", "--data", str(tmp_path / "city"))
    assert busy.code == 1
    assert "--url" in busy.err
    node.stop()
    city = ("--data", str(tmp_path / "city"))
    assert "`hanze doctor`" in hanze("query", *city).err
    assert hanze("classify", "*", "--public", *city).code == 0
    (entity,) = json.loads(hanze("query", *city, "--json").out)
    assert entity["level"] == BIN["level"]


def _instance(number: int) -> dict[str, object]:
    return {"type": "Property", "value": number, "datasetId": f"urn:ngsi-ld:Dataset:{number}"}


@pytest.mark.slow
def test_query_should_read_names_as_imports_do(serve: Serve) -> None:
    node = serve("--dev")
    container = {
        "@context": "https://w3id.org/hanze/v1.jsonld",
        "id": "urn:ngsi-ld:WasteContainer:1",
        "type": "WasteContainer",
        "fillingLevel": {"type": "Property", "value": 0.4},
        "name": {"type": "LanguageProperty", "languageMap": {"nl": "Bak", "en": "Bin"}},
        "lane": [_instance(number) for number in range(2)],
        "weight": [_instance(number) for number in range(9)],
        "dateObserved": {
            "type": "Property",
            "value": {"@type": "DateTime", "@value": "2026-05-04T12:00:00Z"},
        },
        "location": {
            "type": "GeoProperty",
            "value": {"type": "LineString", "coordinates": [[5, 52], [6, 52]]},
        },
    }
    other = container | {"id": "urn:ngsi-ld:WasteContainer:2"}
    other["fillingLevel"] = {"type": "Property", "value": 0.9}
    for body in (container, other):
        made = httpx.post(
            f"{node.url}/ngsi-ld/v1/entities",
            content=json.dumps(body),
            headers={"Content-Type": "application/ld+json"},
        )
        assert made.status_code == 201

    lines = hanze("query", "WasteContainer", "--limit", "1", "--url", node.url).out.splitlines()
    header, row = (line.split("\t") for line in lines)
    assert dict(zip(header, row, strict=True)) == {
        "id": "urn:ngsi-ld:WasteContainer:1",
        "type": "WasteContainer",
        "fillingLevel": "0.4",
        "name": "Bak / Bin",
        "lane": "0 / 1",
        "weight": "9 values",
        "dateObserved": "2026-05-04T12:00:00Z",
        "location": "LineString",
    }
    picked = ("--pick", "fillingLevel", "--order-by", "fillingLevel;desc")
    ordered = hanze("query", "WasteContainer", *picked, "--url", node.url)
    assert [line.split("\t")[0] for line in ordered.out.splitlines()] == [
        "id",
        other["id"],
        container["id"],
    ]


@pytest.mark.slow
def test_query_should_say_which_entities_it_shows(serve: Serve) -> None:
    node = serve("--dev")
    assert "No entity.\n" in hanze("query", "--url", node.url).err
    _create(node)
    httpx.post(f"{node.url}/ngsi-ld/v1/entities", json=BIN | {"id": "urn:ngsi-ld:Bin:2"})
    assert hanze("query", "Bin", "--url", node.url).err == ""
    assert "without TYPE" in hanze("query", "Bim", "--url", node.url).err
    for asked, told in (
        (["--limit", "1"], "1 to 1 of 2;"),
        (["--limit", "0"], "None of 2;"),
        (["--offset", "7"], "2 to 2 of 2;"),
    ):
        assert hanze("query", "Bin", *asked, "--url", node.url).err.startswith(told)


@pytest.mark.slow
def test_backup_should_copy_a_running_node(serve: Serve, tmp_path: Path) -> None:
    node = serve("--dev")
    _create(node)
    copy = tmp_path / "copy"
    done = hanze("backup", str(copy), "--data", str(tmp_path / "city"), "--json")
    assert json.loads(done.out)["bytes"] >= (copy / "hanze.db").stat().st_size
    restored = serve("--dev", data=copy)
    answer = httpx.get(f"{restored.url}/ngsi-ld/v1/entities/{BIN['id']}")
    assert answer.status_code == 200
    again = hanze("backup", str(copy), "--data", str(tmp_path / "city"))
    assert again.code == 1
    assert "exists already" in again.err


def test_doctor_should_see_a_running_node(serve: Serve, tmp_path: Path) -> None:
    node = serve("--dev")
    done = hanze("doctor", "--data", str(tmp_path / "city"), "--json")
    found = {finding["check"]: finding for finding in json.loads(done.out)}
    assert found["database"]["state"] == "ok"
    assert str(node.process.pid) in found["database"]["detail"]


@pytest.mark.slow
def test_doctor_should_not_take_a_port_for_that_of_the_node(serve: Serve, tmp_path: Path) -> None:
    node = serve("--dev")

    def address(port: str) -> str:
        environ = {"HANZE_SERVER__PORT": port}
        done = hanze("doctor", "--data", str(tmp_path / "city"), "--json", environ=environ)
        found = {finding["check"]: finding for finding in json.loads(done.out)}
        return str(found["address"]["detail"])

    assert "is taken, as it should be" in address(node.url.rpartition(":")[2])
    assert "listens elsewhere" in address("0")


@pytest.mark.slow
def test_log_should_be_json_lines_with_a_request_id(serve: Serve) -> None:
    node = serve("--dev")
    with socket.create_connection(("127.0.0.1", int(node.url.rpartition(":")[2]))) as client:
        client.sendall(b"no http at all\r\n\r\n")
        client.recv(100)
    lines = [json.loads(line) for line in node.stop().err.splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
