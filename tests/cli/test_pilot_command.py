"""`hanze pilot`: signing for the host, and checking abroad with files alone."""

import asyncio
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hanze.broker.batch import create_entities
from hanze.cli.main import main
from hanze.collaboration.pilots import signing_keys
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

_NOW = "2026-11-22T10:00:00Z"
_PILOT = PilotRecord(
    id="urn:ngsi-ld:PilotRecord:test:1",
    title={"en": "Poles"},
    tested={"en": "Twelve poles", "ko": "가로등 열두 개"},
    result={"en": "Less energy"},
    outcome="worked",
    city="urn:ngsi-ld:Municipality:NL:GM0518",
    starts=date(2025, 1, 1),
)


@dataclass(frozen=True, slots=True)
class _Done:
    code: object
    out: str
    err: str


class _Hanze:
    """Runs commands in this process: starting python takes longer than most of them."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> _Done:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = self._capsys.readouterr()
        return _Done(ended.value.code, told.out, told.err)


@pytest.fixture
def run_hanze(capsys: pytest.CaptureFixture[str]) -> _Hanze:
    return _Hanze(capsys)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "node"
    data.mkdir()
    asyncio.run(_fill(data))
    return data


async def _fill(data: Path) -> None:
    store = await Store.open(data, rules=CollectiveRules())
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    result = await create_entities(store, caller, [(write_record(_PILOT), HANZE)], now=_NOW)
    await store.close()
    assert result.errors == []


async def _keys(data: Path) -> list[dict[str, str]]:
    store = await Store.open(data)
    found = [key.jwk for key in signing_keys(store.registers).values()]
    await store.close()
    return found


def test_pilot_should_be_signed_and_checked_offline(
    run_hanze: _Hanze, data: Path, tmp_path: Path
) -> None:
    done = run_hanze("pilot", "sign", _PILOT.id, "--data", str(data))
    assert done.code == 0, done.err
    token, keys = tmp_path / "pilot.jwt", tmp_path / "jwks.json"
    token.write_text(done.out)
    keys.write_text(json.dumps({"keys": asyncio.run(_keys(data))}))
    checked = run_hanze("pilot", "verify", str(token), "--jwks", str(keys))
    assert (checked.code, checked.out.split(":")[0]) == (0, "Valid"), checked.err
    told = run_hanze("pilot", "verify", str(token), "--jwks", str(keys), "--json")
    claims = json.loads(told.out)["claims"]
    assert claims["pilot"]["tested"]["ko"] == "가로등 열두 개"

    shown = run_hanze("query", "--id", _PILOT.id, "--data", str(data), "--json")
    (entity,) = json.loads(shown.out)
    record = tmp_path / "pilot.json"
    record.write_text(json.dumps(entity))
    assert run_hanze("pilot", "verify", str(record), "--jwks", str(keys)).code == 0
    entity["outcome"] = {"type": "Property", "value": "failed"}
    record.write_text(json.dumps(entity))
    forged = run_hanze("pilot", "verify", str(record), "--jwks", str(keys))
    assert forged.code == 1
    assert "in outcome" in forged.out

    again = run_hanze("pilot", "sign", _PILOT.id, "--data", str(data))
    assert again.code != 0
    assert "signed already" in again.err


def test_new_key_should_leave_the_old_one_published(run_hanze: _Hanze, tmp_path: Path) -> None:
    first = run_hanze("pilot", "rotate-key", "--data", str(tmp_path)).out.strip()
    second = run_hanze("pilot", "rotate-key", "--data", str(tmp_path), "--json")
    kept = json.loads((tmp_path / "secrets" / "signing.json").read_bytes())
    assert [one["kid"] for one in kept] == [first, json.loads(second.out)["kid"]]
    assert kept[0]["d"] is None


def test_what_cannot_be_read_should_be_told(run_hanze: _Hanze, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text('{"keys": []}')
    gone = run_hanze("pilot", "verify", str(tmp_path / "gone"), "--jwks", str(keys))
    assert (gone.code, "cannot be read" in gone.err) == (1, True)
    junk = tmp_path / "junk"
    junk.write_text("no token")
    assert run_hanze("pilot", "verify", str(junk), "--jwks", str(keys)).code == 1
    wrong = run_hanze("pilot", "verify", str(junk), "--jwks", str(junk))
    assert (wrong.code, "Key Set" in wrong.err) == (2, True)
