"""What strangers and hostile nodes try with records of cooperation across borders."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import pytest
from msgspec.structs import replace

from hanze.collaboration.document_names import named_documents
from hanze.collaboration.documents import DocumentNotFound, document, keep_document
from hanze.collaboration.records.cooperation import Document, Minutes, WorkingGroup
from hanze.collaboration.records.entities import InvalidRecord, read_record, write_record
from hanze.collaboration.records.missions import TravelPermission
from hanze.collaboration.records.record import Record
from hanze.collaboration.writing import create_record
from hanze.identity.allowance import TooOften
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.model import JsonValue
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from tests.cooperating_world import BUSAN, GRONINGEN, an_accord, places
from tests.fairs_world import a_permission
from tests.in_process import client_of, node_in_memory
from tests.journeys import JOURNEY, journey
from tests.leagues import league_of, put_records

AT = "2026-11-01T10:00:00Z"
CITIES = {"groningen": "Groningen", "busan": "Busan"}
WRITER = Caller(actor="officer", roles=frozenset({"writer"}))
RECEIPT = b"%PDF-1.7 lunch for five"
RECEIPT_SHA = hashlib.sha256(RECEIPT).hexdigest()
TEXT = b"%PDF-1.7 what was agreed on"
TEXT_SHA = hashlib.sha256(TEXT).hexdigest()


def _naming(digest: str, city: str, key: str) -> list[Record]:
    """Records of a city that name a file in every way there is."""
    file = Document(title={"en": "Text"}, sha256=digest)
    return [
        an_accord(id=f"urn:ngsi-ld:Accord:test:{key}", source_city=city, documents=(file,)),
        WorkingGroup(
            id=f"urn:ngsi-ld:WorkingGroup:test:{key}",
            title={"en": "Group"},
            source_city=city,
            minutes=(Minutes(on=a_permission().costs[0].on, document=digest),),  # type: ignore[arg-type]  # it has a day
        ),
    ]


async def _is_open(node: Node, digest: str) -> bool:
    named = named_documents(await node.collective.refresh(node.clock()))
    try:
        document(node.store, ANONYMOUS, digest, named=named)
    except DocumentNotFound:
        return False
    return True


async def test_receipt_should_stay_closed_when_somebody_names_its_hash() -> None:
    async with league_of(CITIES) as league:
        node = league.nodes["groningen"]
        for data in (RECEIPT, TEXT):
            await keep_document(node.store, WRITER, data, "application/pdf", now=AT)
        costs = tuple(replace(one, receipt_document=RECEIPT_SHA) for one in a_permission().costs)
        permission = replace(a_permission(), source_city=GRONINGEN, costs=costs)
        await put_records(node, [*places(), permission], AT)
        # The hash stands in a public record: another node can name it, and so can another tenant.
        await put_records(league.nodes["busan"], [*places(), *_naming(RECEIPT_SHA, BUSAN, "b")], AT)
        await put_records(league.nodes["busan"], _naming(TEXT_SHA, BUSAN, "t"), AT)
        await league.compare()
        collective = await node.collective.refresh(node.clock())
        assert collective.get("urn:ngsi-ld:Accord:test:b", type(an_accord())).home is not None
        assert not await _is_open(node, RECEIPT_SHA)
        assert not await _is_open(node, TEXT_SHA)
        await put_records(node, _naming(RECEIPT_SHA, GRONINGEN, "own"), AT)
        await put_records(node, _naming(TEXT_SHA, GRONINGEN, "text"), AT)
        assert not await _is_open(node, RECEIPT_SHA)
        assert await _is_open(node, TEXT_SHA)


@pytest.mark.parametrize(
    "amount",
    ["NaN", "sNaN", "Infinity", "-Infinity", "1e-999999999999", "1e999999999", "0e99999", "1" * 90],
)
def test_amount_should_be_refused_when_no_page_could_write_it(amount: str) -> None:
    entity = write_record(a_permission())
    for term in ("costs", "rates", "budget"):
        attributes = dict(entity.attributes)
        iri = HANZE.expand_name(term)
        (one,) = attributes[iri]
        lines = cast("Mapping[str, JsonValue] | list[Mapping[str, JsonValue]]", one.value)
        first = lines[0] if isinstance(lines, list) else lines
        name = "rate" if term == "rates" else "amount"
        attributes[iri] = (replace(one, value=[{**first, name: amount}]),)
        with pytest.raises(InvalidRecord):
            read_record(replace(entity, attributes=attributes))


def test_amount_should_be_read_when_it_is_one() -> None:
    permission = a_permission()
    read = read_record(write_record(permission))
    assert isinstance(read, TravelPermission)
    assert read.costs == permission.costs


async def test_pdf_should_wait_when_a_visitor_asks_for_too_many_new_ones() -> None:
    async with node_in_memory() as node, client_of(node) as client:
        for record in journey():
            await create_record(node.store, WRITER, record, now=node.clock())
        with suppress(TooOften):
            while True:
                node.visitors.pdfs.take("127.0.0.1", now=node.clock())
        answer = await client.get(f"/api/v1/missions/{JOURNEY}/report.pdf")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        # A host of one's own choosing, which stands in every link, is none of this node's.
        other = {"host": "attacker.example"}
        answer = await client.get(f"/api/v1/missions/{JOURNEY}/report.pdf", headers=other)
        assert answer.status_code == 421
