"""A node whose owners, datasets, agreements, consents and entities change at random.

Every value that is written is a marker of its own, so that one look at whatever comes out of the node
tells whose values are in it.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx
import msgspec

from hanze.governance.agreeing import signed
from hanze.governance.duties import account_of
from hanze.governance.policy import agreed_purposes, permission
from hanze.governance.records.activity import Activity
from hanze.governance.records.agreement import Agreement, Revocation
from hanze.governance.records.consent import Consent, ConsentEnd, ConsentState
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from tests.access_reference import Agreed, Agreeing, Asker, Thing, World, permits, seen
from tests.in_process import client_of

__all__ = ["ATTRIBUTES", "TENANTS", "TYPES", "Trial"]

OWNERS: Final = tuple(f"urn:ngsi-ld:Organisation:{name}" for name in ("oldenzaal", "pyeongtaek"))
READING: Final = tuple(f"urn:ngsi-ld:Organisation:{name}" for name in ("zwolle", "rijssen"))
PURPOSES: Final = tuple(
    f"https://w3id.org/dpv#{name}"
    for name in ("ScientificResearch", "FraudPreventionAndDetection", "Marketing")
)
TYPES: Final = ("Lamp", "Bed", "Watch", "Gate")
ATTRIBUTES: Final = ("note", "label", "size", "location", "near", "source", "who")
SCOPES: Final = ("/north", "/north/home", "/south")
TENANTS: Final = ("", "second")
PEOPLE: Final = ("anna", "boris", "chun")
_SOURCES: Final = ("gate-a", "gate-b")
_MARKER: Final = re.compile(
    r"mk\d{6}|(?<![\d.])7\d{9}(?![\d.]*\d)|(?<![\d:.])5\.1\d{4}7(?!\d)|idm\d{6}"
)
_HOUR_US: Final = 3_600_000_000
_RIGHTS: Final = (None, "NON_PUBLIC", *["RESTRICTED"] * 4, *["PUBLIC"] * 4)
_ALL_OPEN: Final = Agreed(
    id="urn:ngsi-ld:Dataset:tests:all",
    tenant="*",
    types=(),
    scopes=(),
    sources=(),
    attributes=(),
    rights="PUBLIC",
    owner=OWNERS[0],
    purposes=PURPOSES[:1],
    subject="",
    consent=False,
    inputs=(),
)


@dataclass
class Trial:
    """A node, what its reference knows of it, and the markers in it.

    Attributes:
        things: By tenant and id.
        markers: Where each is, or was: tenant, id of the entity, attribute ("" for its id).
        texts: What the log of the process said.
    """

    node: Node
    rng: random.Random
    world: World = field(default_factory=World)
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    markers: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    activities: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: int = 0
    #: How many answers showed all, some, or were refused.
    outcomes: Counter[str] = field(default_factory=Counter)

    # What there is in the beginning

    async def begin(self) -> None:
        """Make those who ask, and entities in both tenants."""
        await self._admit(Asker("anybody"))
        await self._admit(Asker("writer"), roles=("writer",))
        await self._admit(Asker("auditor"), roles=("auditor", "operator"))
        await self._admit(Asker("anna", subject="anna"), roles=("resident",))
        for organisation in (*OWNERS, *READING):
            purposes = tuple(self.rng.sample(PURPOSES, 2))
            name = organisation.rpartition(":")[2]
            asker = Asker(name, organisation, purposes[0], purposes)
            await self._admit(asker, roles=("reader", "writer"))
        for _ in range(16):
            await self.write_new()
        if self.rng.random() < 0.6:
            # What is open but for some: else most questions are refused.
            await self._put(_ALL_OPEN)
        for _ in range(6):
            await self.decide()

    async def close(self) -> None:
        for client in self.clients.values():
            await client.aclose()

    async def _admit(self, asker: Asker, roles: Sequence[str] = ()) -> None:
        activity = f"urn:ngsi-ld:ProcessingActivity:tests:{asker.name}"
        if asker.purpose:
            self.activities[asker.name] = asker.registered
            await self._put_activity(asker, activity)
        client = client_of(self.node)
        if roles:
            grant = Grant(
                roles=tuple(roles),
                organisation=asker.organisation,
                activity=activity if asker.purpose else None,
                purposes=asker.registered,
                subject=asker.subject,
            )
            secret = self.node.tokens.create(asker.name, grant=grant, now=self.node.clock())
            client.headers["authorization"] = f"Bearer {secret}"
            self.secrets[asker.name] = secret
            if asker.purpose:
                client.headers["hanze-purpose"] = asker.purpose
        self.clients[asker.name] = client
        self.askers.append(asker)

    async def _put_activity(self, asker: Asker, activity: str) -> None:
        record = Activity(
            id=activity,
            title={"en": asker.name},
            organisation=asker.organisation or "",
            purposes=asker.registered,
        )
        await self._keep(Change(self.node.governance.activities, record))

    async def _keep(self, *changes: Change[Any]) -> None:
        account = account_of(NODE, "tests.prepared", (), now=self.node.clock())
        await self.node.governance.change(*changes, account=account)

    # What is written

    async def write_new(self) -> None:
        """Write an entity of one type or two, with markers in all that it says."""
        rng, tenant = self.rng, self.rng.choice(TENANTS)
        types = rng.sample(TYPES, rng.choice((1, 1, 1, 2)))
        number = self._next()
        entity_id = f"urn:ngsi-ld:{types[0]}:idm{number:06d}"
        thing = Thing(entity_id, tuple(types), tuple(rng.sample(SCOPES, rng.choice((0, 1, 1)))), {})
        body: dict[str, Any] = {"id": entity_id, "type": types}
        if thing.scopes:
            body["scope"] = list(thing.scopes)
        self.markers[f"idm{number:06d}"] = (tenant, entity_id, "")
        self.things[tenant, entity_id] = thing
        for name in ATTRIBUTES:
            if rng.random() < 0.8:
                body[name] = self._value(tenant, thing, name)
        await self._write(tenant, "POST", "/entities", body)

    async def write_again(self) -> None:
        """Change what an entity says, or where it belongs; refused where that opens anything."""
        rng = self.rng
        tenant, entity_id = rng.choice(list(self.things))
        thing = self.things[tenant, entity_id]
        old = replace(thing, says=dict(thing.says))
        if rng.random() < 0.3:
            thing.scopes = (rng.choice(SCOPES),)
            body: dict[str, Any] = {"scope": list(thing.scopes)}
        else:
            names = rng.sample(ATTRIBUTES, 2)
            body = {name: self._value(tenant, thing, name) for name in names}
        path = f"/entities/{entity_id}/attrs"
        if not await self._write(tenant, "POST", path, body, refusable=True):
            self.things[tenant, entity_id] = old
        assert self._opens(tenant, old, thing) == (self.things[tenant, entity_id] is old)

    def _opens(self, tenant: str, old: Thing, new: Thing) -> bool:
        """Tell whether the writer would see of a thing what was there and hidden."""
        names = old.says.keys() | new.says.keys()
        whole = [replace(one, says={**dict.fromkeys(names, ""), **one.says}) for one in (old, new)]
        before, after = (seen(self.world, self.askers[1], tenant, one, ATTRIBUTES) for one in whole)
        if after is None:
            return False
        return before is None or not before.keys() >= after.keys()

    async def _write(
        self, tenant: str, method: str, path: str, body: object, *, refusable: bool = False
    ) -> bool:
        headers = {"ngsild-tenant": tenant} if tenant else {}
        writer = self.clients["writer"]
        answer = await writer.request(method, API_PATH + path, json=body, headers=headers)
        self.scan(self.askers[1], answer, own=str(body) + path)
        is_refused = refusable and answer.status_code == 403
        assert is_refused or answer.status_code in (201, 204), answer.text
        return not is_refused

    def _value(self, tenant: str, thing: Thing, name: str) -> dict[str, Any]:
        rng, number = self.rng, self._next()
        marker, kind = f"mk{number:06d}", "Property"
        value: object = None
        if name == "size":
            value = 7_000_000_000 + number
            marker = str(value)
        elif name == "location":
            marker = f"5.1{number:04d}7"
            value = {"type": "Point", "coordinates": [float(marker), 52.5]}
            kind = "GeoProperty"
        elif name == "near":
            near = rng.choice(
                [one.id for (where, _), one in self.things.items() if where == tenant]
            )
            thing.says[name] = near
            return {"type": "Relationship", "object": near}
        elif name in ("source", "who"):
            marker = rng.choice(_SOURCES if name == "source" else PEOPLE)
            thing.says[name] = marker
            return {"type": "Property", "value": marker}
        self.markers[marker] = (tenant, thing.id, name)
        thing.says[name] = marker
        return {"type": kind, "value": marker if value is None else value}

    def _next(self) -> int:
        self.numbers += 1
        return self.numbers

    # What is decided

    async def decide(self) -> None:
        """Change a dataset, an agreement or a consent, or make one."""
        await self.rng.choice((self._dataset, self._dataset, self._agreement, self._consent))()

    async def _dataset(self) -> None:
        rng, kept = self.rng, self.node.governance.datasets
        name = f"urn:ngsi-ld:Dataset:tests:{rng.randrange(9)}"
        used = any(name in one.inputs for one in self.world.datasets.values())
        if name in self.world.datasets and not used and rng.random() < 0.4:
            del self.world.datasets[name]
            await self._keep(Change(kept, self.node.governance.rules.datasets[name], gone=True))
            return
        inputs = [one for one in self.world.datasets if one < name]
        narrow = rng.choice(("scopes", "sources", "attributes", "attributes", "types"))
        one = Agreed(
            id=name,
            tenant=rng.choice(("", "", "*", "second")),
            types=tuple(rng.sample(TYPES, rng.choice((0, 1, 1, 2)))),
            scopes=tuple(rng.sample(SCOPES, 1)) if narrow == "scopes" else (),
            sources=tuple(rng.sample(_SOURCES, 1)) if narrow == "sources" else (),
            attributes=tuple(
                rng.sample(ATTRIBUTES, rng.choice((0, 0, 1)) or (narrow == "attributes"))
            ),
            rights=rng.choice(_RIGHTS),
            owner=rng.choice(OWNERS),
            purposes=tuple(rng.sample(PURPOSES, rng.choice((1, 2)))),
            subject=rng.choice(("", "", "who")),
            consent=rng.random() < 0.2,
            inputs=tuple(inputs[:1]) if rng.random() < 0.15 else (),
        )
        deep = any(name in other.inputs for other in self.world.datasets.values())
        if deep or any(self.world.datasets[above].inputs for above in one.inputs):
            one = replace(one, inputs=())
        await self._put(one)
        if one.rights == "RESTRICTED" and rng.random() < 0.7:
            await self._agreement()

    async def _put(self, one: Agreed) -> None:
        self.world.datasets[one.id] = one
        await self._keep(Change(self.node.governance.datasets, _record_of(one)))

    async def _agreement(self) -> None:
        rng, kept = self.rng, self.node.governance.agreements
        closed = [one for one in self.world.datasets.values() if one.rights == "RESTRICTED"]
        if not closed:
            return
        name = f"urn:ngsi-ld:Agreement:tests:{rng.randrange(8)}"
        known = self.world.agreements.get(name)
        if known is not None and not known.revoked and rng.random() < 0.5:
            known.revoked = True
            # Its times are as good as those that it had.
            record = self._written(name, known)
            gone = Revocation(by="owner", at=self.node.clock(), reason="Enough")
            await self._keep(Change(kept, msgspec.structs.replace(record, revocation=gone)))
            return
        dataset = rng.choice(closed)
        consumer = rng.choice(READING)
        parties = (dataset.owner, consumer)
        made = Agreeing(
            dataset=dataset.id,
            owner=dataset.owner,
            consumer=consumer,
            permitted=tuple(rng.sample(PURPOSES, rng.choice((1, 2, 3)))),
            prohibited=tuple(rng.sample(PURPOSES, rng.choice((0, 0, 0, 1)))),
            signed=frozenset(parties if rng.random() < 0.8 else parties[:1]),
            begins=rng.choice((-9, -9, -9, 5)),
            ends=rng.choice((9, 9, 9, -2)),
        )
        self.world.agreements[name] = made
        await self._keep(Change(kept, self._written(name, made)))

    def _written(self, name: str, made: Agreeing) -> Agreement:
        now = parse_datetime(self.node.clock())
        start, before = min(made.begins, made.ends - 1), format_datetime(now - 20 * _HOUR_US)
        permissions = (permission(*made.permitted),)
        record = Agreement(
            id=name,
            targets=(made.dataset,),
            assigner=made.owner,
            assignee=made.consumer,
            permissions=permissions,
            prohibitions=(permission(*made.prohibited),) if made.prohibited else (),
            purposes=agreed_purposes(permissions),
            valid_from=format_datetime(now + start * _HOUR_US),
            valid_until=format_datetime(now + made.ends * _HOUR_US),
            created_at=before,
        )
        for party in sorted(made.signed):
            record = signed(record, party=party, by="someone", now=before)
        return record

    async def _consent(self) -> None:
        rng = self.rng
        asked = [one for one in self.world.datasets.values() if one.consent and one.subject]
        if not asked:
            return
        name = f"urn:ngsi-ld:ConsentRecord:tests:{rng.randrange(8)}"
        known = self.world.consents.get(name)
        if known is not None and not known[-1] and rng.random() < 0.5:
            dataset, subject, purposes, recipients, withdrawn = *known[:-1], True
        else:
            dataset, subject = rng.choice(asked).id, rng.choice(PEOPLE)
            purposes = tuple(rng.sample(PURPOSES, 2))
            recipients = (rng.choice((*OWNERS, *READING, "*")),)
            withdrawn = False
        self.world.consents[name] = (dataset, subject, purposes, recipients, withdrawn)
        now = self.node.clock()
        ended = ConsentEnd(state=ConsentState.WITHDRAWN, at=now, by=subject)
        record = Consent(
            id=name,
            subject=subject,
            dataset=dataset,
            purposes=purposes,
            recipients=recipients,
            given_at="2026-01-01T00:00:00Z",
            given_by=subject,
            end=ended if withdrawn else None,
        )
        await self._keep(Change(self.node.governance.consents, record))

    # What the reference says

    def visible(self, asker: Asker, tenant: str) -> dict[str, dict[str, str]]:
        """Say what somebody sees in a tenant, by id."""
        found = (
            (one.id, seen(self.world, asker, tenant, one, ATTRIBUTES))
            for (where, _), one in self.things.items()
            if where == tenant
        )
        return {name: dict(said) for name, said in found if said is not None}

    def refuses(self, asker: Asker, tenant: str, types: Sequence[str], name: str = "") -> bool:
        """Say whether a type, or an attribute of it, is closed whatever an entity says."""
        return any(self._is_closed(asker, tenant, one, name) for one in types)

    def _is_closed(self, asker: Asker, tenant: str, kind: str, name: str) -> bool:
        about = [
            one
            for one in self.world.datasets.values()
            if one.tenant in ("*", tenant)
            and (not one.types or kind in one.types)
            and (not one.attributes or not name or name in one.attributes)
        ]
        closing = [
            one
            for one in about
            if not one.scopes and not one.sources and bool(name) == bool(one.attributes)
        ]
        return not any(self._could(one, asker) for one in about) or any(
            not self._could(one, asker) for one in closing
        )

    def _could(self, one: Agreed, asker: Asker) -> bool:
        own = bool(asker.subject and one.subject and one.rights)
        return own or permits(self.world, one, asker, None)

    def denied(self, asker: Asker, text: str, *, own: str = "", ids: bool = True) -> Iterator[str]:
        """Find the markers in a text that somebody may not see, and did not say.

        Args:
            own: What the asker said.
            ids: Whether ids count, too: the log tells auditors what was asked for.
        """
        sights = {tenant: self.visible(asker, tenant) for tenant in TENANTS}
        near = " ".join(
            said.get("near", "") for sight in sights.values() for said in sight.values()
        )
        for marker in set(_MARKER.findall(text)):
            place = self.markers.get(marker)
            if place is None or marker in own or not (ids or place[2]):
                continue
            tenant, entity_id, name = place
            sight = sights[tenant].get(entity_id)
            if name == "" and (sight is not None or marker in near):
                continue
            if name and sight is not None and name in sight:
                continue
            yield f"{marker} is {name or 'the id'} of {entity_id} in {tenant!r}"

    def scan(self, asker: Asker, answer: httpx.Response, *, own: str = "") -> None:
        """See that nothing in an answer is closed to who asked."""
        told = f"{answer.headers}\n{answer.text}"
        own = f"{own} {answer.request.url}"
        ids = "/governance/log" not in answer.request.url.path
        leaks = list(self.denied(asker, told, own=own, ids=ids))
        assert not leaks, f"{asker.name} asked {answer.request.url}: {leaks}\n{told[:3000]}"


def _record_of(one: Agreed) -> Dataset:
    return Dataset(
        id=one.id,
        title={"en": one.id},
        tenant=one.tenant,
        types=tuple(map(CORE.expand_name, one.types)),
        scopes=one.scopes,
        sources=one.sources,
        attributes=tuple(map(CORE.expand_name, one.attributes)),
        access_rights=None if one.rights is None else AccessRights(one.rights),
        owner=one.owner,
        purposes=one.purposes,
        subject=CORE.expand_name(one.subject) if one.subject else "",
        personal=bool(one.subject),
        consent=one.consent,
        derived_from=one.inputs,
    )
