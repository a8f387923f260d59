"""Everything that a node has about somebody, as one JSON-LD document that is written while it is read."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
import orjson

from hanze.broker.my_data import my_entities, my_reads
from hanze.governance.receipt import receipt_of
from hanze.governance.records.log import ProcessingRecord
from hanze.identity.caller import Caller
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.render import View, normalized
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node

__all__ = ["export_of"]

_READS: Final = 200
#: Names of Logboek Dataverwerkingen, and of our own requests, as terms of their own.
_TERMS: Final[dict[str, JsonValue]] = {
    "ldv": "https://logius-standaarden.github.io/logboek-dataverwerkingen/#",
    "rights": "https://w3id.org/hanze/rights#",
}


async def export_of(
    node: Node, caller: Caller, subject: str, *, base_url: str, now: str
) -> AsyncIterator[bytes]:
    """Write the data, consents, requests and records of processing of a data subject.

    Args:
        caller: The data subject, or its parent (`residents.subjects_of` says so).
        subject: What data calls the data subject.
        base_url: Of the node.
        now: DateTime text.
    """
    rules, residents = node.governance.rules, node.residents
    yield b'{"@context":%s,"@graph":[' % orjson.dumps([HANZE.reference, _TERMS])
    comma = b""
    async for entity in my_entities(node.store, rules, caller, subject, now=now):
        yield comma + orjson.dumps(normalized(entity, HANZE, View()))
        comma = b",\n"
    for consent in residents.consents.of(caller, now=now):
        if consent.subject == subject:
            dataset = rules.datasets.get(consent.dataset)
            document = receipt_of(consent, dataset, base_url=base_url, own=rules.own, now=now)
            yield comma + orjson.dumps(document)
            comma = b",\n"
    for request in residents.requests.of(caller, now=now):
        if request.subject == subject:
            yield comma + _typed("rights:RightsRequest", "rights", msgspec.to_builtins(request))
            comma = b",\n"
    before: int | None = None
    while True:
        page = await my_reads(
            node.store.log, rules, caller.tenant, subject, before=before, limit=_READS
        )
        for record in page.records:
            yield comma + _read(record)
            comma = b",\n"
        before = page.before
        if before is None:
            break
    # What was noted of this very reading is durable before the last of it goes out.
    await node.store.log.settled()
    yield b"]}"


def _read(record: ProcessingRecord) -> bytes:
    document = msgspec.to_builtins(record)
    document.pop("subject")
    return _typed("ldv:Processing", "ldv", document)


def _typed(kind: str, prefix: str, document: dict[str, JsonValue]) -> bytes:
    members = {f"{prefix}:{name}": value for name, value in document.items() if name != "id"}
    named = {"@id": document["id"]} if "id" in document else {}
    return orjson.dumps({**named, "@type": kind, **members})
