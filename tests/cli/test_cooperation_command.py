"""`hanze cooperation`, `hanze accord` and `hanze document` on a data directory."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.classified import classify_directory
from tests.in_process_command import hanze

pytestmark = pytest.mark.slow

GRONINGEN = "urn:ngsi-ld:Municipality:NL:GM0014"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"


@pytest.fixture
def where(tmp_path: Path) -> tuple[str, str]:
    data = tmp_path / "data"
    classify_directory(data)
    for place, name in ((GRONINGEN, "Groningen"), (BUSAN, "Busan")):
        file = tmp_path / "place.json"
        file.write_bytes(orjson.dumps({"id": place, "title": {"en": name}}))
        assert hanze("record", "add", "Municipality", str(file), "--data", str(data)).code == 0
    return "--data", str(data)


def told(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def said(*arguments: str) -> str:
    answer = hanze(*arguments)
    assert answer.code == 0, answer.err
    return answer.out


def test_cooperation_should_be_started_answered_and_followed(
    where: tuple[str, str], tmp_path: Path
) -> None:
    since = ("--since", "2026-01-01", "--months", "0,0,1,1,600")
    refused = hanze("cooperation", "start", GRONINGEN, BUSAN, *since, *where)
    assert refused.code != 0
    assert "five numbers" in refused.err
    since = ("--since", "2026-01-01", "--months", "0,0,1,1,100")
    made = told("cooperation", "start", GRONINGEN, BUSAN, "--goal", "Buses", *since, *where)
    assert "late 2026-01-01" in said("cooperation", "show", made["id"], *where)
    told("cooperation", "answer", made["id"], *where)
    step = made["steps"][3]["sides"][0]["records"][0]["id"]
    shown = said(
        *("cooperation", "step", step, "--progress", "Planned", "--done-on", "2026-02-01"), *where
    )
    assert "done 2026-02-01" in shown
    file = tmp_path / "plan.txt"
    file.write_bytes(b"Our plan")
    attached = told("document", "attach", step, str(file), "--title", "Plan", *where)
    (record,) = attached["steps"][3]["sides"][0]["records"]
    assert record["documents"][0]["title"] == {"en": "Plan"}
    assert hanze("document", "attach", "urn:ngsi-ld:Demand:a", str(file), *where).code != 0
    assert hanze("document", "remove", record["documents"][0]["sha256"], *where).code == 2
    file.write_bytes(b"Our receipt")
    receipt = told("document", "keep", str(file), *where)["sha256"]
    assert told("document", "remove", receipt, *where) == {"sha256": receipt, "removed": True}
    listed = said("cooperation", "list", "--late", *where).splitlines()
    assert listed[0].split("\t") == ["title", "status", "done", "next step", "late", "id"]
    assert "Groningen" in listed[1]
    due = said("cooperation", "reminders", *where).splitlines()
    assert [one.split("\t")[1] for one in due[1:]] == ["late"] * 3
    assert said("cooperation", "solutions", made["id"], *where).startswith("fits")


def test_accord_should_be_signed_and_carried_out(where: tuple[str, str]) -> None:
    parties = ("--party", GRONINGEN, "--party", BUSAN)
    made = told(
        "accord", "draft", "contract", "Buses", *parties, "--terms", "nl=Wij bouwen", *where
    )
    assert made["terms"] == {"nl": "Wij bouwen"}
    more = ("--title", "Buses together", "--valid-until", "2030-01-01")
    made = told("accord", "change", made["id"], *more, *where)
    assert (made["title"], made["terms"]) == ({"en": "Buses together"}, {"nl": "Wij bouwen"})
    said("accord", "offer", made["id"], *where)
    said("accord", "sign", made["id"], GRONINGEN, "--on", "2026-02-01", *where)
    shown = said("accord", "sign", made["id"], BUSAN, "--office", "Mayor", *where)
    assert shown.startswith("Buses together (contract): in-force")
    assert "in-force" in said("accord", "list", "--state", "in-force", *where)
    group = told("accord", "group", made["id"], BUSAN, *where)
    due = ("--due", "2026-03-01")
    found = told("accord", "task", group["id"], "Count", *due, *where)
    assert said("accord", "groups", "--late", *where).splitlines()[1].split("\t")[1:3] == ["1", "1"]
    key = found["tasks"][0]["key"]
    assert "done" in said("accord", "done", group["id"], key, "2026-02-20", *where)
    renewed = told("accord", "renew", made["id"], GRONINGEN, *where)
    assert renewed["previous"] == made["id"]
    assert "withdrawn" in said("accord", "withdraw", made["id"], BUSAN, *where)
    assert "ended" in said("accord", "end", made["id"], *where)
    assert said("accord", "show", made["id"], *where).splitlines()[-1] == made["digest"]


def test_document_should_be_kept_and_given_back(where: tuple[str, str], tmp_path: Path) -> None:
    file, copy = tmp_path / "minutes.txt", tmp_path / "copy.txt"
    file.write_text("We met.")
    digest = said("document", "keep", str(file), *where).strip()
    assert hanze("document", "get", digest, str(copy), *where).code == 0
    assert copy.read_text() == "We met."
    assert hanze("document", "get", digest, str(copy), *where).code != 0
    page = tmp_path / "page.html"
    page.write_text("<html>")
    refused = hanze("document", "keep", str(page), *where)
    assert refused.code != 0
    assert "mediaType must be one of" in refused.err
