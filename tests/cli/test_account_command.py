"""`hanze account`, `hanze client` and `hanze token`: beside a running node, and after kill -9."""

import json
import re
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.in_process_command import hanze
from tests.running import Finished, start_node

BOUND = (
    "--organisation",
    "urn:ngsi-ld:Organization:zwolle:care",
    "--activity",
    "urn:ngsi-ld:ProcessingActivity:zwolle:falls",
    "--purpose",
    "dpv:ServiceProvision",
)


def run(data: Path, *arguments: str) -> Finished:
    return hanze(*arguments, "--data", str(data))


def test_commands_should_list_what_they_made_and_no_secret(tmp_path: Path) -> None:
    link = run(tmp_path, "account", "new", "ans", "--role", "steward").out.strip()
    assert re.fullmatch(r"http://localhost:1026/en/set-up/[\w-]{43}", link)
    secret = run(tmp_path, "client", "new", "care", *BOUND).out.strip()
    accounts = json.loads(run(tmp_path, "account", "list", "--json").out)
    assert accounts[0]["state"] == "waiting"
    assert accounts[0]["roles"] == ["reader", "steward"]
    clients = json.loads(run(tmp_path, "client", "list", "--json").out)
    assert clients[0]["purposes"] == ["https://w3id.org/dpv#ServiceProvision"]
    token = run(tmp_path, "token", "new", "t", "--role", "auditor", *BOUND).out.strip()
    assert json.loads(run(tmp_path, "token", "list", "--json").out)[0]["activity"] == BOUND[3]
    kept = "".join(one.read_text() for one in (tmp_path / "secrets").glob("*.json"))
    for one in (link.rpartition("/")[2], secret, token):
        assert one not in kept


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "new", "a b"),
        ("account", "new", "ans", "--role", "developer"),
        ("account", "new", "ans", "--purpose", "dpv:ServiceProvision"),
        ("account", "new", "ans", "--elsewhere", "1"),
        ("account", "revoke", "nobody"),
        ("client", "revoke", "nobody"),
        ("client", "new", "../x"),
    ],
)
def test_command_should_fail_when_it_is_asked_wrongly(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert run(tmp_path, *arguments).code != 0


@pytest.mark.slow
def test_commands_should_work_at_once_beside_a_running_node_and_survive_a_kill(
    tmp_path: Path,
) -> None:
    serve = ["serve", "--data", str(tmp_path), "--port", "0"]
    node = start_node(serve)
    fetching = {"grant_type": "client_credentials"}
    secret = run(tmp_path, "client", "new", "care", "--role", "writer").out.strip()
    answer = httpx.post(f"{node.url}/oauth2/token", data=fetching, auth=("care", secret))
    assert answer.status_code == 200, answer.text
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    me = f"{node.url}/api/v1/identity/me"
    assert httpx.get(me, headers=headers).json()["actor"] == "care"
    said = node.stop(signal.SIGKILL)
    assert "/en/set-up/" in said.err

    node = start_node(serve)
    again = httpx.post(f"{node.url}/oauth2/token", data=fetching, auth=("care", secret))
    assert again.status_code == 200
    headers = {"authorization": f"Bearer {again.json()['access_token']}"}
    me = f"{node.url}/api/v1/identity/me"
    assert httpx.get(me, headers=headers).status_code == 200
    run(tmp_path, "client", "revoke", "care")
    assert httpx.get(me, headers=headers).status_code == 401
    # What commands did is in the log of the node.
    auditor = run(tmp_path, "token", "new", "a", "--role", "auditor").out.strip()
    asking = {"authorization": f"Bearer {auditor}"}
    for _ in range(40):
        found = httpx.get(f"{node.url}/api/v1/governance/log", headers=asking, timeout=10)
        if "client.revoked" in found.text:
            break
        time.sleep(0.5)
    assert "client.made" in found.text, found.text
    assert "client.revoked" in found.text
    node.stop()
    waiting = tmp_path / "secrets" / "told.json"
    assert json.loads(waiting.read_text()) == []


@pytest.mark.slow
def test_first_link_should_be_told_until_somebody_used_it(tmp_path: Path) -> None:
    serve = ["serve", "--data", str(tmp_path), "--port", "0"]
    first = start_node(serve).stop().err
    node = start_node(serve)
    with httpx.Client(base_url=node.url, headers={"origin": node.url}) as client:
        said = re.search(r"/en/set-up/[\w-]{43}", first)
        assert said is not None
        assert client.get(said[0]).status_code == 403, "another start makes another link"
        accounts = json.loads(run(tmp_path, "account", "list", "--json").out)
        assert [one["name"] for one in accounts] == ["operator"]
        link = run(tmp_path, "account", "link", "operator").out.strip()
        path = "/en/set-up/" + link.rpartition("/")[2]
        token = re.search(r'name="form" value="([0-9a-f]{64})"', client.get(path).text)
        assert token is not None
        password = "kastanje fiets regenton"  # noqa: S105  # of a test
        given = {"form": token[1], "password": password, "again": password}
        assert client.post(path, data=given).status_code == 303
        assert client.get("/en/account").status_code == 200
    node.stop()
    assert "/en/set-up/" not in start_node(serve).stop().err
