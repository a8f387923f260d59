"""Files by their hash: kept once, for those who may have them, whole after a backup and an export."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from hanze.collaboration.document_names import named_documents
from hanze.collaboration.documents import (
    LARGEST_DOCUMENT,
    DocumentNamed,
    DocumentNotFound,
    DocumentRefused,
    DocumentsFull,
    DocumentTooLarge,
    document,
    is_kept,
    keep_document,
    kept_documents,
    remove_document,
)
from hanze.collaboration.records.cooperation import (
    CooperationStep,
    Document,
    Minutes,
    WorkingGroup,
)
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.store.backup import copy_store
from hanze.store.store import Store
from tests.collectives import NOW, WRITER, collective_of
from tests.cooperating_world import an_accord

#: More than two pieces.
PDF = b"%PDF-1.7\n" + b"text\x00" * 210_000
SHA = hashlib.sha256(PDF).hexdigest()
AUDITOR = Caller(actor="audit", roles=frozenset({"auditor"}))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    found = await Store.open(None)
    yield found
    await found.close()


async def keep(store: Store, data: bytes = PDF, media: str = "application/pdf") -> str:
    return await keep_document(store, WRITER, data, media, now=NOW)


async def test_document_should_be_given_whole_to_who_may_have_it(store: Store) -> None:
    assert await keep(store) == SHA
    assert await keep(store) == SHA
    ((digest, kept),) = kept_documents(store.registers)
    assert (digest, kept.size, kept.tenants) == (SHA, len(PDF), ("",))
    assert is_kept(store.registers, SHA)
    for caller in (WRITER, AUDITOR):
        assert document(store, caller, SHA).data == PDF
    assert document(store, ANONYMOUS, SHA, named={SHA}).media_type == "application/pdf"


async def test_document_should_be_as_if_it_were_not_there_when_the_caller_may_not(
    store: Store,
) -> None:
    await keep(store)
    for caller in (ANONYMOUS, WRITER.in_tenant("other"), AUDITOR.in_tenant("other")):
        with pytest.raises(DocumentNotFound):
            document(store, caller, SHA)
    with pytest.raises(DocumentNotFound):
        document(store, WRITER, "0" * 64, named={"0" * 64})


async def test_document_should_be_noted_for_each_tenant_that_keeps_it(store: Store) -> None:
    await keep(store)
    other = WRITER.in_tenant("other")
    await keep_document(store, other, PDF, "application/pdf", now=NOW)
    assert document(store, other, SHA).size == len(PDF)


async def test_document_should_be_gone_when_every_tenant_removed_it(store: Store) -> None:
    other = WRITER.in_tenant("other")
    for caller in (WRITER, other):
        await keep_document(store, caller, PDF, "application/pdf", now=NOW)
    with pytest.raises(DocumentNamed, match="urn:ngsi-ld:Accord:x:1"):
        await remove_document(store, WRITER, SHA, named={SHA: "urn:ngsi-ld:Accord:x:1"})
    for stranger in (ANONYMOUS, AUDITOR, WRITER.in_tenant("third")):
        with pytest.raises(DocumentNotFound):
            await remove_document(store, stranger, SHA, named={})
    await remove_document(store, WRITER, SHA, named={})
    with pytest.raises(DocumentNotFound):
        document(store, WRITER, SHA)
    assert document(store, other, SHA).data == PDF
    await remove_document(store, other, SHA, named={})
    assert list(store.registers.items("document")) == []
    assert list(store.registers.items("document-piece")) == []


async def test_document_should_not_be_given_when_its_bytes_are_damaged(store: Store) -> None:
    await keep(store)
    await store.transact(lambda uow: uow.registers.put("document-piece", f"{SHA}/0001", b"x"))
    with pytest.raises(DocumentNotFound):
        document(store, WRITER, SHA)


@pytest.mark.parametrize(
    ("data", "media", "field"),
    [
        (b"", "application/pdf", "data"),
        (b"<html>", "text/html", "mediaType"),
        (b"<svg>", "image/svg+xml", "mediaType"),
        (b"no pdf", "application/pdf", "mediaType"),
        (b"a\x00b", "text/plain", "mediaType"),
        (b"\xff\xfe", "text/plain", "mediaType"),
    ],
)
async def test_document_should_be_refused_when_it_is_not_what_is_kept(
    store: Store, data: bytes, media: str, field: str
) -> None:
    with pytest.raises(DocumentRefused) as caught:
        await keep(store, data, media)
    assert caught.value.field == field
    assert list(kept_documents(store.registers)) == []


async def test_document_should_be_refused_when_there_is_no_room(store: Store) -> None:
    with pytest.raises(DocumentTooLarge):
        await keep(store, b"%PDF-" + bytes(LARGEST_DOCUMENT))
    await keep(store, b"first", "text/plain")
    with pytest.raises(DocumentsFull):
        await keep_document(store, WRITER, b"second", "text/plain", now=NOW, most_bytes=10)
    # What is there takes no more room.
    await keep_document(store, WRITER, b"first", "text/plain", now=NOW, most_bytes=5)


async def test_documents_should_be_full_when_there_are_too_many_small_ones(store: Store) -> None:
    most = 10 * 4_096
    for number in range(10):
        data = f"{number}".encode()
        await keep_document(store, WRITER, data, "text/plain", now=NOW, most_bytes=most)
    with pytest.raises(DocumentsFull):
        await keep_document(store, WRITER, b"one more", "text/plain", now=NOW, most_bytes=most)


async def test_document_should_be_there_after_a_restart_and_in_a_copy(tmp_path: Path) -> None:
    first = await Store.open(tmp_path / "data")
    await keep(first)
    copy_store(tmp_path / "data", tmp_path / "copy")
    await first.close()
    for folder in ("data", "copy"):
        again = await Store.open(tmp_path / folder)
        assert document(again, WRITER, SHA).data == PDF
        await again.close()


async def test_named_documents_should_be_those_of_public_records_and_no_receipts() -> None:
    one, other, third = ("a" * 64, "b" * 64, "c" * 64)
    accord = an_accord(documents=(Document(title={"en": "The text"}, sha256=one),))
    step = CooperationStep(
        id="urn:ngsi-ld:CooperationStep:test:a",
        title={"en": "Step"},
        cooperation="urn:ngsi-ld:Cooperation:test:a",
        step="agenda",
        documents=(Document(title={"en": "Plan"}, sha256=other),),
    )
    group = WorkingGroup(
        id="urn:ngsi-ld:WorkingGroup:test:a",
        title={"en": "Group"},
        minutes=(Minutes(on=date(2026, 1, 1), document=third),),
    )
    async with collective_of(accord, step, group) as collective:
        named = named_documents(collective)
    assert {name: found.title["en"] for name, found in named.items()} == {
        one: "The text",
        other: "Plan",
        third: "Group",
    }
    assert named[one].record == accord.id
