"""Where a connector's entities go: a store that this process opened, or a running node.

A sink writes what differs from what is there, and nothing else: an import that is repeated changes
nothing, and a value that is older than the one that is there does not take its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import httpx
import orjson
from msgspec import structs

from hanze.broker.batch import BatchResult, create_entities, update_entities
from hanze.broker.consumption import find_stored, query_entities
from hanze.broker.ports import Store
from hanze.errors import Denied, Unavailable
from hanze.identity.caller import NODE, Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, AttributeKind, Attributes, Entity, Fragment, Instances
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.stored import dump
from hanze.ngsild.terms import API_PATH, JSON_LD_REL
from hanze.transport.answers import detail_of, reason_of

__all__ = [
    "Comparison",
    "DrySink",
    "HttpSink",
    "LocalSink",
    "NodeRefused",
    "Sink",
    "SinkReport",
    "WritingDenied",
    "compare",
]

#: Entities that one query names: they stand in the URL, which proxies cut at 8 KB.
_IDS = 50
#: Updated entities of which a report keeps what changed.
_NAMED = 100
#: Entities that are read at a time.
_PAGE = 500

_JSON = {"Content-Type": "application/json"}


@dataclass(slots=True)
class SinkReport:
    """What became of entities.

    Attributes:
        created: New ones.
        updated: Those of which something changed.
        unchanged: Those that were there already, just so.
        older: Attribute instances that were left alone, because a newer value is there.
        failed: Id and reason.
        changed: Of the first updated ones: id, and the terms of what differed.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    @property
    def stored(self) -> int:
        return self.created + self.updated

    def add(self, other: "SinkReport") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.older += other.older
        self.failed += other.failed
        self.changed += other.changed[: _NAMED - len(self.changed)]


class Sink(Protocol):
    """Takes entities in batches, in which no id occurs twice."""

    async def upsert(self, entities: Sequence[Entity]) -> SinkReport: ...

    async def present(self, types: Sequence[str]) -> list[Entity]:
        """Return what is there of these types (terms), in the default tenant and in its own."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an entity brings to one that exists.

    Attributes:
        changes: What differs; `None` if nothing does.
        older: Instances left out because the one that is there was observed later.
    """

    changes: Fragment | None
    older: int


def compare(present: Entity, entity: Entity) -> Comparison:
    """Tell what of an entity is not there yet; what only the present one has stays (5.6.3)."""
    changed: dict[str, Instances] = {}
    older = 0
    for name, instances in entity.attributes.items():
        known = {known.dataset_id: known for known in present.attributes.get(name, ())}
        fresh = []
        for instance in instances:
            there = known.get(instance.dataset_id)
            if there is None:
                fresh.append(instance)
                continue
            told = _in_more_languages(there, instance)
            if _same(there, told):
                continue
            if _is_later(there.observed_at, instance.observed_at):
                older += 1
            else:
                fresh.append(told)
        if fresh:
            changed[name] = tuple(fresh)
    types = tuple(name for name in entity.types if name not in present.types)
    if not changed and not types:
        return Comparison(None, older)
    return Comparison(Fragment(id=entity.id, types=types, attributes=changed), older)


def _in_more_languages(present: Attribute, told: Attribute) -> Attribute:
    """Keep a text in languages that the source does not know: another source told them."""
    kinds = {present.kind, told.kind}
    if kinds != {AttributeKind.LANGUAGE_PROPERTY}:
        return told
    here, there = present.value, told.value
    if not isinstance(here, Mapping) or not isinstance(there, Mapping):
        return told
    return structs.replace(told, value={**here, **there})


def _is_later(one: str | None, other: str | None) -> bool:
    """Compare DateTimes as text; without the Z, one with decimals comes after one without."""
    if one is None or other is None:
        return False
    return one.removesuffix("Z") > other.removesuffix("Z")


def _same(one: Attribute, other: Attribute) -> bool:
    """Compare instances without the times at which the node wrote them."""
    if one.attributes or other.attributes:
        if not _same_attributes(one.attributes, other.attributes):
            return False
        one, other = (structs.replace(instance, attributes={}) for instance in (one, other))
    if one.created_at is not None or one.modified_at is not None:
        one = structs.replace(one, created_at=None, modified_at=None)
    return one == other


def _same_attributes(one: Attributes, other: Attributes) -> bool:
    return one.keys() == other.keys() and all(
        len(one[name]) == len(other[name]) and all(map(_same, one[name], other[name]))
        for name in one
    )


class DrySink:
    """Takes everything and stores nothing: what would happen on an empty node."""

    async def upsert(self, entities: Sequence[Entity]) -> SinkReport:
        return SinkReport(created=len(entities))

    async def present(self, types: Sequence[str]) -> list[Entity]:  # noqa: ARG002  # the protocol's
        return []


class LocalSink:
    """Writes into a store that this process opened.

    Args:
        store: Where to.
        caller: The connector, and the tenant.
        context: Under which new entities are stored.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self, store: Store, caller: Caller, context: Context, clock: Callable[[], str]
    ) -> None:
        self._store = store
        self._caller = caller
        self._context = context
        self._clock = clock

    async def upsert(self, entities: Sequence[Entity]) -> SinkReport:
        report = SinkReport()
        fresh: list[Entity] = []
        changes: list[Fragment] = []
        now = self._clock()
        # What is there is compared with, and shown to nobody.
        inside = NODE.in_tenant(self._caller.tenant)
        for entity in entities:
            stored = find_stored(self._store, inside, entity.id, now=now)
            if stored is None:
                fresh.append(entity)
            else:
                found = compare(self._store.load(stored), entity)
                _note(found, report, changes, self._context)
        pairs = [(entity, self._context) for entity in fresh]
        _record(report, await create_entities(self._store, self._caller, pairs, now=now))
        _record(report, await update_entities(self._store, self._caller, changes, now=now))
        return report

    async def present(self, types: Sequence[str]) -> list[Entity]:
        wanted = tuple(frozenset((self._context.expand_name(name),)) for name in types)
        found: list[Entity] = []
        for tenant in dict.fromkeys(("", self._caller.tenant)):
            inside = NODE.in_tenant(tenant)
            query, more = EntityQuery(types=wanted, limit=_PAGE), self._store.tenant_exists(tenant)
            while more:
                page = await query_entities(
                    self._store, inside, query, local=True, now=self._clock()
                )
                found += [self._store.load(stored) for stored in page.entities]
                more = page.more
                query = replace(query, offset=query.offset + _PAGE)
        return found


def _note(found: Comparison, report: SinkReport, changes: list[Fragment], context: Context) -> None:
    report.older += found.older
    if found.changes is None:
        report.unchanged += 1
        return
    changes.append(found.changes)
    if len(report.changed) < _NAMED:
        terms = tuple(map(context.compact_name, found.changes.attributes))
        report.changed.append((found.changes.id or "", terms))


def _record(report: SinkReport, result: BatchResult) -> None:
    report.created += len(result.created)
    report.updated += len(result.updated)
    report.failed += [(entity_id or "", str(error)) for entity_id, error in result.errors]


class NodeRefused(Unavailable):
    """A node does not take what it was sent."""


class WritingDenied(Denied):
    """A node asks for a token, or for another one."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"The node at {url} does not let this client write; "
            "`hanze token new` on the node makes a token for --token-file"
        )


class HttpSink:
    """Writes to a running node through its API.

    Args:
        client: An open client; its time-outs count.
        url: Address of the node, without path.
        context: A context that the node knows under its URL.
        token: For nodes on which not everyone may write.
        tenant: "" is the default tenant.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        context: Context,
        *,
        token: str | None = None,
        tenant: str = "",
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._context = context
        self._headers = {
            "Link": f'<{context.link}>; rel="{JSON_LD_REL}"; type="application/ld+json"',
        }
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if tenant:
            self._headers["NGSILD-Tenant"] = tenant

    async def upsert(self, entities: Sequence[Entity]) -> SinkReport:
        report = SinkReport()
        present = await self._present(entities)
        fresh: list[Entity] = []
        changes: list[Fragment] = []
        for entity in entities:
            if entity.id in present:
                found = compare(present[entity.id], entity)
                _note(found, report, changes, self._context)
            else:
                fresh.append(entity)
        bodies = [self._body(entity) for entity in fresh]
        report.created += await self._batch("create", bodies, report)
        bodies = [self._body(_as_entity(change, present)) for change in changes]
        report.updated += await self._batch("update", bodies, report)
        return report

    async def present(self, types: Sequence[str]) -> list[Entity]:
        found: list[Entity] = []
        own = self._headers.get("NGSILD-Tenant", "")
        for tenant in dict.fromkeys(("", own)):
            offset, more = 0, True
            while more:
                parameters = {
                    "type": ",".join(types),
                    "limit": str(_PAGE),
                    "offset": str(offset),
                    "local": "true",
                }
                answer = await self._send("GET", "entities", parameters=parameters, tenant=tenant)
                if answer.status_code == httpx.codes.NOT_FOUND:
                    break  # the tenant arises with its first entity (5.5.10)
                if answer.status_code != httpx.codes.OK:
                    raise NodeRefused(detail_of(answer))
                page = orjson.loads(answer.content)
                found += [parse_entity(json, self._context) for json in page]
                offset, more = offset + _PAGE, len(page) == _PAGE
        return found

    async def _present(self, entities: Sequence[Entity]) -> dict[str, Entity]:
        """What the node has of these entities."""
        found: dict[str, Entity] = {}
        for start in range(0, len(entities), _IDS):
            some = entities[start : start + _IDS]
            parameters = {
                "id": ",".join(entity.id for entity in some),
                "limit": str(len(some)),
                "local": "true",
            }
            answer = await self._send("GET", "entities", parameters=parameters)
            if answer.status_code == httpx.codes.NOT_FOUND:
                return {}  # the tenant arises with its first entity (5.5.10)
            if answer.status_code != httpx.codes.OK:
                raise NodeRefused(detail_of(answer))
            for json in orjson.loads(answer.content):
                entity = parse_entity(json, self._context)
                found[entity.id] = entity
        return found

    def _body(self, entity: Entity) -> bytes:
        return dump(entity, self._context)[1]

    async def _batch(self, operation: str, bodies: Sequence[bytes], report: SinkReport) -> int:
        """Send entities; answer how many were taken."""
        if not bodies:
            return 0
        body = b"[" + b",".join(bodies) + b"]"
        answer = await self._send("POST", f"entityOperations/{operation}", body=body)
        if answer.status_code in (httpx.codes.CREATED, httpx.codes.NO_CONTENT):
            return len(bodies)
        if answer.status_code != httpx.codes.MULTI_STATUS:
            raise NodeRefused(detail_of(answer))
        errors = orjson.loads(answer.content).get("errors", [])
        for error in errors:
            problem = error.get("error", {})
            reason = problem.get("detail") or problem.get("title") or "refused"
            report.failed.append((str(error.get("entityId", "")), str(reason)))
        return len(bodies) - len(errors)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, str] | None = None,
        body: bytes | None = None,
        tenant: str | None = None,
    ) -> httpx.Response:
        headers = self._headers if body is None else self._headers | _JSON
        if tenant is not None:
            headers = {k: v for k, v in headers.items() if k != "NGSILD-Tenant"}
            headers |= {"NGSILD-Tenant": tenant} if tenant else {}
        try:
            answer = await self._client.request(
                method,
                f"{self._url}{API_PATH}/{path}",
                content=body,
                params=parameters,
                headers=headers,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"No node answers at {self._url} ({reason_of(error)})") from error
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise WritingDenied(self._url)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unavailable(detail_of(answer))
        return answer


def _as_entity(change: Fragment, present: dict[str, Entity]) -> Entity:
    """Changes in the form of an entity: a batch update names the type again."""
    entity = present[change.id or ""]
    return Entity(id=entity.id, types=entity.types + change.types, attributes=change.attributes)
