"""Projects, assessments, activities and hard cases on the command line, over a data directory."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hanze.store.store import Store
from tests.assessing import MOBILITY, PROJECT, prescan_answers
from tests.in_process_command import hanze

ACTIVITY = "urn:ngsi-ld:ProcessingActivity:delft:counting"
CASE = "urn:ngsi-ld:HardCase:delft:light"


def _day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def _run(data: Path, *arguments: str) -> str:
    done = hanze(*arguments, "--data", str(data))
    assert done.code == 0, done.err
    return done.out


def _json(data: Path, *arguments: str) -> Any:
    return json.loads(_run(data, *arguments, "--json"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that a node was once started on."""

    async def start() -> None:
        await (await Store.open(tmp_path / "data")).close()

    asyncio.run(start())
    return tmp_path / "data"


def test_project_should_become_active_when_every_command_did_its_part(
    data: Path, tmp_path: Path
) -> None:
    out = _run(data, "project", "set", PROJECT, "--title", "Sound", "--source", "sound")
    assert "no_assessment, no_security_check" in out
    made = _json(data, "assessment", "new", "prescan", PROJECT)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(prescan_answers()), "utf-8")
    assert "draft" in _run(data, "assessment", "answer", made["id"], str(answers))
    assert "approved" in _run(data, "assessment", "approve", made["id"], "--review-by", _day(90))
    assert "active" in _run(data, "project", "check", PROJECT, "--notes", "All was looked at.")
    assert _json(data, "project", "list")[0]["active"] is True
    assert _json(data, "assessment", "list")[0]["kind"] == "prescan"
    assert _json(data, "project", "show", PROJECT)["reviewBy"] == _day(90)
    activity = tmp_path / "activity.json"
    activity.write_text(
        json.dumps({"title": {"en": "Sound"}, "purposes": [MOBILITY], "project": PROJECT}), "utf-8"
    )
    assert "dpv:ImproveTransport" in _run(data, "activity", "set", ACTIVITY, str(activity))
    assert _json(data, "activity", "list", "--project", PROJECT)[0]["id"] == ACTIVITY
    assert "no_security_check" in _run(data, "project", "uncheck", PROJECT)


def test_case_should_be_published_argued_and_not_decided_too_early(data: Path) -> None:
    new = ("case", "new", CASE, "--kind", "nudging", "--title", "Light", "--question", "May it?")
    assert "open until" in _run(data, *new, "--open-until", _day(3))
    said = _json(data, "case", "argue", CASE, "--text", "No.", "--against")
    assert said["stance"] == "against"
    _run(data, "case", "hide", CASE, said["id"], "--why", "It insults.")
    assert _json(data, "case", "show", CASE)["arguments"][0]["hidden"] == "It insults."
    assert CASE in _run(data, "case", "list")
    decision = ("--allow", "--text", "Yes.", "--administrator", "A", "--council", "C")
    refused = hanze("case", "decide", CASE, *decision, "--data", str(data))
    assert refused.code != 0
    assert "decided after that" in refused.err


def test_questions_should_be_listed_in_a_language(data: Path) -> None:
    assert "Welke soorten persoonsgegevens?" in _run(
        data, "assessment", "questions", "dpia", "--lang", "nl"
    )
