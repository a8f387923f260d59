"""What strangers and hostile nodes try with records of cooperation across borders."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import cast

import pytest
from msgspec.structs import replace

from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.document_names import named_documents
from hanze.collaboration.documents import DocumentNotFound, document, keep_document
from hanze.collaboration.gatherings.attending import gathering_of
from hanze.collaboration.records.cooperation import (
    Accord,
    CooperationStep,
    Document,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.entities import InvalidRecord, read_record, write_record
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.collaboration.records.missions import TravelPermission
from hanze.collaboration.records.record import Record
from hanze.collaboration.writing import create_record
from hanze.identity.allowance import TooOften
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.render import concise
from hanze.ngsild.terms import HANZE_CONTEXT_URL
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from tests.cooperating_world import BUSAN, GRONINGEN, UTRECHT, an_accord, places, signature_of
from tests.fairs_world import STAND, a_permission, a_stand, a_story
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


def _told_for_another(day: date) -> list[Record]:
    """What Busan's node could say in Groningen's name, in every kind of its own word."""
    accord = an_accord()
    own = signature_of(GRONINGEN, digest_of(accord), day)
    day_id = "urn:ngsi-ld:MatchmakingDay:test:one"
    return [
        replace(own, id=f"{own.id}-forged"),
        # Of Busan itself, but for Groningen; and Groningen's own, withdrawn.
        replace(own, id=f"{own.id}-other", source_city=BUSAN),
        replace(own, withdrawn_on=day),
        CooperationStep(
            id="urn:ngsi-ld:CooperationStep:test:forged",
            title={"en": "Step"},
            source_city=GRONINGEN,
            cooperation="urn:ngsi-ld:Cooperation:test:one",
            step="contacts",
        ),
        Participation(
            id="urn:ngsi-ld:Participation:test:forged",
            title={"en": "Guest"},
            source_city=GRONINGEN,
            day=day_id,
            party=GRONINGEN,
            side="home",
        ),
        Participation(
            id="urn:ngsi-ld:Participation:test:other",
            title={"en": "Guest"},
            source_city=BUSAN,
            day=day_id,
            party=GRONINGEN,
            side="home",
        ),
        a_story(GRONINGEN, "forged"),
        a_story(GRONINGEN, "other", source_city=BUSAN),
        MatchmakingDay(
            id=day_id,
            title={"en": "Day"},
            source_city=BUSAN,
            organiser=BUSAN,
            on=day,
            timezone="Asia/Seoul",
        ),
        a_stand(source_city=BUSAN),
        # The accord itself, as Busan would rather have it.
        an_accord(terms={"en": "Groningen pays."}),
    ]


async def test_word_of_another_should_not_count_when_a_node_tells_it() -> None:
    day = date(2026, 11, 1)
    accord = an_accord()
    signatures = [signature_of(one, digest_of(accord), day) for one in (GRONINGEN, BUSAN)]
    async with league_of(CITIES) as league:
        node, client = league.nodes["groningen"], league.client("groningen")
        await put_records(node, [*places(), accord], AT)
        forged = [*places(), signatures[1], *_told_for_another(day)]
        await put_records(league.nodes["busan"], forged, AT)
        await league.compare()
        collective = await node.collective.refresh(node.clock())
        held = collective.get(accord.id, Accord)
        assert held.home is None
        assert held.record.terms == accord.terms
        state = accord_state(collective, held.record, day)
        assert (state.state, state.signed) == ("partly-signed", (BUSAN,))
        await put_records(node, [signatures[0]], AT)
        collective = await node.collective.refresh(node.clock())
        assert accord_state(collective, accord, day).state == "in-force"
        found = gathering_of(collective, "urn:ngsi-ld:MatchmakingDay:test:one")
        assert [one.record.id for one in found.several] == []
        fair = await client.get(f"/api/v1/fairs/{STAND}")
        assert fair.status_code == 200, fair.text
        assert "forged" not in fair.text
        assert "Story of other" not in fair.text
        for record_id in ("CooperationStep:test:forged", "Participation:test:forged"):
            assert collective.find(f"urn:ngsi-ld:{record_id}") is None


async def test_signature_of_a_party_without_a_node_should_not_count_when_any_node_tells_it() -> (
    None
):
    day = date(2026, 11, 1)
    accord = an_accord(parties=(GRONINGEN, UTRECHT))
    own, other = (signature_of(one, digest_of(accord), day) for one in (GRONINGEN, UTRECHT))
    async with league_of(CITIES) as league:
        node = league.nodes["groningen"]
        await put_records(node, [*places(), accord, own], AT)
        await put_records(league.nodes["busan"], [*places(), other], AT)
        await league.compare()
        collective = await node.collective.refresh(node.clock())
        assert collective.find(other.id) is not None
        assert accord_state(collective, accord, day).missing == (UTRECHT,)
        # The node that keeps the accord may carry it: Busan reads Groningen's word of both.
        await put_records(node, [other], AT)
        await league.compare()
        for name in CITIES:
            there = league.nodes[name]
            collective = await there.collective.refresh(there.clock())
            assert accord_state(collective, accord, day).state == "in-force"


async def test_signature_should_stay_when_every_operation_tries_to_be_rid_of_it() -> None:
    day = date(2026, 11, 1)
    accord = an_accord()
    own = signature_of(GRONINGEN, digest_of(accord), day)
    at = f"/ngsi-ld/v1/entities/{own.id}"
    other = {**concise(write_record(own), HANZE), "digest": "0" * 64}
    # An array without a type, and one that takes the type away with it.
    tries: list[tuple[str, str, object]] = [
        ("DELETE", at, None),
        ("DELETE", f"{at}/attrs/signedOn", None),
        ("DELETE", f"{at}/attrs/party", None),
        ("PATCH", at, {"digest": "0" * 64}),
        ("PATCH", f"{at}/attrs", {"party": {"type": "Relationship", "object": BUSAN}}),
        ("PATCH", f"{at}/attrs/digest", {"type": "Property", "value": "0" * 64}),
        ("PATCH", at, {"expiresAt": "2030-01-01T00:00:00Z"}),
        ("PUT", at, other),
        ("PUT", at, {"id": own.id, "type": "Bench"}),
        ("POST", f"{at}/attrs", {"type": "Accord"}),
        ("POST", "/ngsi-ld/v1/entityOperations/delete", [own.id]),
        ("POST", "/ngsi-ld/v1/entityOperations/upsert", [other]),
        ("POST", "/ngsi-ld/v1/entityOperations/update", [other]),
        ("POST", "/ngsi-ld/v1/entityOperations/merge", [other]),
        ("DELETE", "/ngsi-ld/v1/entities?type=AccordSignature", None),
    ]
    async with node_in_memory() as node, client_of(node) as client:
        for record in (*places(), accord, own):
            await create_record(node.store, WRITER, record, now=node.clock())
        rel = "http://www.w3.org/ns/json-ld#context"
        client.headers["link"] = f'<{HANZE_CONTEXT_URL}>; rel="{rel}"; type="application/ld+json"'
        for method, path, body in tries:
            answer = await client.request(method, path, json=body)
            collective = await node.collective.refresh(node.clock())
            kept = collective.find(own.id)
            assert kept is not None, (method, path, answer.text)
            assert kept.record == own, (method, path, answer.text)
            assert answer.status_code >= 400 or "Operations" in path, (method, path, answer.text)
