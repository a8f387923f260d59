"""`hanze contact` and `hanze waiting` on a data directory."""

from pathlib import Path

import orjson
import pytest

from tests.classified import classify_directory
from tests.in_process_command import hanze

pytestmark = pytest.mark.slow

_ID = "urn:ngsi-ld:Contact:almere:desk-7"


def test_contact_should_be_asked_and_erased(tmp_path: Path) -> None:
    data = tmp_path / "data"
    classify_directory(data)
    where = ("--data", str(data))
    file = tmp_path / "contact.json"
    said = {"id": _ID, "title": {"en": "Jan"}, "person": True, "consentOn": "2026-01-02"}
    file.write_bytes(orjson.dumps(said))
    added = hanze("record", "add", "Contact", str(file), *where)
    assert added.code == 0, added.err
    link = hanze("contact", "ask", _ID, *where).out.strip()
    key = link.rpartition("/")[2]
    assert orjson.loads(hanze("contact", "show", key, *where).out)["title"] == {"en": "Jan"}
    told = hanze("contact", "answer", key, "--yes", *where)
    assert told.out == "Everybody sees the contact.\n", told.err
    assert hanze("contact", "answer", key, "--no", *where).out == "The contact is erased.\n"
    assert hanze("record", "show", _ID, *where).code == 2


def test_waiting_should_be_for_residents(tmp_path: Path) -> None:
    data = tmp_path / "data"
    classify_directory(data)
    where = ("--data", str(data))
    assert "sign in" in hanze("waiting", "list", *where).err
    assert hanze("waiting", "decide", "urn:x:1", "--yes", *where).code == 2
