"""The register of sensors in public space: where they are, whose, what for, and on which ground.

Nothing is typed in for it: a dataset that is measured in public space says whose its sensors are
and why, the entities that it covers say where they stand, and the source that they come from says
who runs it. The register is public also for what is measured with closed data: who walks past a
sensor may know that it is there. Of those it tells the place and the type, and no value.

What is about a person (a dataset with a data subject), and what is confidential, is in no register.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.broker.ports import Store
from hanze.errors import NotFound
from hanze.governance.erasing import is_covered, parts_of
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import AttributeKind, Entity, JsonValue
from hanze.ngsild.query.access import Access, Part, Seen, seen_of
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.terms import NGSI_LD

__all__ = [
    "Sensor",
    "SensorNotRegistered",
    "SensorPage",
    "SensorRegister",
    "SourceTold",
    "measured_in_public",
]

_LOCATION: Final = NGSI_LD + "location"
#: Local names of what everybody may know of an entity itself: each vocabulary has them.
_TOLD: Final = {"name": "name", "title": "name", "source": "source", "dataProvider": "provider"}
#: Local names of types that no sensor has: they are what a map is drawn from.
_GROUND: Final = frozenset(
    [
        "City",
        "Municipality",
        "District",
        "Neighbourhood",
        "AdministrativeArea",
        "Park",
        "Garden",
        "GreenArea",
        "GreenSpace",
        "Forest",
        "WaterBody",
        "Water",
        "Waterway",
        "River",
        "Canal",
        "Lake",
        "Harbour",
        "Sea",
        "Road",
        "RoadSegment",
        "Street",
    ]
)


class SensorNotRegistered(NotFound):
    """No sensor in public space has this id: another entity may have it, which is not told."""

    def __init__(self, sensor_id: str) -> None:
        super().__init__(f"The register has no sensor {sensor_id[:200]}")
        self.sensor_id = sensor_id


class SourceTold(msgspec.Struct, frozen=True):
    """What a source says of itself: its manifest.

    Attributes:
        owner: Who runs it.
        purpose: What its data is used for, in words.
        personal: Whether it tells something about persons.
        license: URL.
    """

    owner: str
    purpose: str
    personal: bool
    license: str = ""


class Sensor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An entry of the register.

    Attributes:
        id: Of the entity.
        types: IRIs.
        name: Text, or texts by language; only where it is open.
        location: GeoJSON geometry.
        datasets: Ids of the datasets that it measures for.
        title: Of the first of these, by language.
        description: Of the same.
        observes: IRIs of what it measures; only where that is open.
        observed_at: DateTime text of the latest value; only where that is open.
        owner: Id of the organisation that answers for it.
        provider: Who runs it, in words.
        purposes: IRIs of DPV purposes.
        purpose: In words, where the source has some.
        legal_basis: IRI.
        personal: Whether personal data is processed.
        categories: IRIs of DPV personal data categories.
        open: Whether everybody may read what it measures.
        license: URL, of open data.
        non_publication: The decision that its data is not open.
        contact: E-mail address or URL.
        source: Address of the source.
        project: Id of the project under which it measures.
        activity: Id of the processing activity.
        retention_days: After so many days values are erased.
        review_at: Date text: when it is decided anew whether it stays.
    """

    id: str
    types: tuple[str, ...]
    name: str | dict[str, str] = ""
    location: dict[str, object] | None = None
    datasets: tuple[str, ...]
    title: dict[str, str] = {}
    description: dict[str, str] = {}
    observes: tuple[str, ...] = ()
    observed_at: str | None = None
    owner: str = ""
    provider: str = ""
    purposes: tuple[str, ...] = ()
    purpose: str = ""
    legal_basis: str | None = None
    personal: bool
    categories: tuple[str, ...] = ()
    open: bool
    license: str | None = None
    non_publication: NonPublication | None = None
    contact: str | None = None
    source: str = ""
    project: str | None = None
    activity: str | None = None
    retention_days: int | None = None
    review_at: str | None = None


class SensorPage(msgspec.Struct, frozen=True):
    """Some entries of the register.

    Attributes:
        total: How many there are in all.
    """

    sensors: tuple[Sensor, ...]
    total: int


def measured_in_public(rules: Rules, tenant: str) -> list[Dataset]:
    """List the datasets of a tenant whose sensors everybody may know of."""
    return [
        one
        for one in rules.datasets.values()
        if one.public_space
        and one.access_rights is not None
        and not one.confidential
        and not one.subject
        and one.tenant in ("*", tenant)
    ]


@dataclass(frozen=True, slots=True)
class SensorRegister:
    """The register of one node.

    Attributes:
        store: Has the entities.
        sources: What sources say of themselves, by the address that entities have as `source`.
        others: IRIs of types that no sensor has: records of the collective.
    """

    store: Store
    sources: Mapping[str, SourceTold]
    others: Collection[str] = frozenset()

    async def list(
        self,
        rules: Rules,
        tenant: str,
        *,
        dataset: str | None = None,
        limit: int,
        offset: int = 0,
        now: str,
    ) -> SensorPage:
        """Return a page of the register.

        Args:
            dataset: Only those that measure for this one.
            now: DateTime text.
        """
        chosen = measured_in_public(rules, tenant)
        wanted = [one for one in chosen if dataset is None or one.id == dataset]
        types = self._types(tenant, wanted)
        if not types:
            return SensorPage((), 0)
        query = EntityQuery(
            types=tuple(frozenset((name,)) for name in sorted(types)),
            access=Access(tuple(part for one in wanted for part in _whole(one))),
            limit=limit,
            offset=offset,
            count=True,
        )
        found = await self.store.search(tenant, query, now)
        made = (
            self._sensor(rules, tenant, chosen, entity, now)
            for stored in found.entities
            if (entity := unexpired(self.store.load(stored), now)) is not None
        )
        return SensorPage(tuple(one for one in made if one is not None), found.count or 0)

    def find(self, rules: Rules, tenant: str, sensor_id: str, *, now: str) -> Sensor:
        """Return one entry.

        Raises:
            SensorNotRegistered: The entity does not exist, or is no sensor in public space.
        """
        stored = self.store.stored(tenant, sensor_id)
        entity = None if stored is None else unexpired(self.store.load(stored), now)
        chosen = measured_in_public(rules, tenant)
        sensor = None
        if entity is not None and self._may_be(entity.types):
            sensor = self._sensor(rules, tenant, chosen, entity, now)
        if sensor is None:
            raise SensorNotRegistered(sensor_id)
        return sensor

    def _types(self, tenant: str, datasets: Iterable[Dataset]) -> set[str]:
        """Name the types that sensors of some datasets have."""
        found: set[str] = set()
        for one in datasets:
            if one.types:
                found.update(one.types)
                continue
            for item in self.store.summary(tenant):
                placed = any(name.name == _LOCATION and name.count for name in item.attributes)
                if placed and self._may_be(item.types):
                    found.update(item.types)
        return found

    def _may_be(self, types: Iterable[str]) -> bool:
        return not any(name in self.others or _local(name) in _GROUND for name in types)

    def _sensor(
        self, rules: Rules, tenant: str, chosen: Sequence[Dataset], entity: Entity, now: str
    ) -> Sensor | None:
        """Make the entry of an entity; `None`: no dataset says that it stands in public space."""
        covering = [one for one in chosen if is_covered(one, entity)]
        if not covering:
            return None
        seen = seen_of(self.store.gate.access(ANONYMOUS.in_tenant(tenant), now), entity)
        told = _told(entity, seen)
        source = str(told.get("source") or "")
        by_source = self.sources.get(source)
        first = covering[0]
        return Sensor(
            id=entity.id,
            types=entity.types,
            name=told.get("name") or "",  # type: ignore[arg-type]  # a text, or texts by language
            location=_place(entity, rules, tenant, seen),
            datasets=tuple(one.id for one in covering),
            title=first.title,
            description=first.description,
            observes=_observed(entity, seen),
            observed_at=_latest(entity, seen),
            owner=next((one.owner for one in covering if one.owner), rules.own),
            provider=str(told.get("provider") or (by_source.owner if by_source else "")),
            purposes=tuple(dict.fromkeys(name for one in covering for name in one.purposes)),
            purpose=by_source.purpose if by_source else "",
            legal_basis=next((one.legal_basis for one in covering if one.legal_basis), None),
            personal=any(one.personal for one in covering)
            or (by_source is not None and by_source.personal),
            categories=tuple(dict.fromkeys(name for one in covering for name in one.categories)),
            open=seen is not None and all(_is_open(one) for one in covering),
            license=next((one.license for one in covering if one.license), None),
            non_publication=next(
                (one.non_publication for one in covering if one.non_publication), None
            ),
            contact=next((one.contact for one in covering if one.contact), None),
            source=source,
            project=next((one.project for one in covering if one.project), None),
            activity=next((one.activity for one in covering if one.activity), None),
            retention_days=min(
                (one.retention_days for one in covering if one.retention_days is not None),
                default=None,
            ),
            review_at=_review(rules, covering),
        )


def _whole(dataset: Dataset) -> Iterable[Part]:
    """Select the entities that a dataset says anything about."""
    for part in parts_of(dataset):
        yield msgspec.structs.replace(part, attributes=(), allowed=True)


def _is_open(dataset: Dataset) -> bool:
    return dataset.access_rights is AccessRights.PUBLIC


def _review(rules: Rules, covering: Sequence[Dataset]) -> str | None:
    """Say when it is decided anew: about the project, or about not opening the data."""
    projects = (rules.projects.get(one.project) for one in covering if one.project)
    dates = [one.review_by for one in projects if one is not None and one.review_by]
    dates += [one.non_publication.review_at for one in covering if one.non_publication]
    return min(dates, default=None)


def _told(entity: Entity, seen: Seen | None) -> dict[str, JsonValue]:
    """Read what everybody may know of an entity itself: its name, and whence it is."""
    found: dict[str, JsonValue] = {}
    if seen is None:
        return found
    for iri, instances in entity.attributes.items():
        member = _TOLD.get(_local(iri))
        if member is None or not seen.shows(iri):
            continue
        value = instances[0].value
        if isinstance(value, str):
            found.setdefault(member, value)
        elif isinstance(value, Mapping):
            texts: dict[str, JsonValue] = {
                key: text for key, text in value.items() if isinstance(text, str)
            }
            found.setdefault(member, texts)
    return found


def _observed(entity: Entity, seen: Seen | None) -> tuple[str, ...]:
    """Name what is measured: what has a time, among what everybody may see."""
    if seen is None:
        return ()
    return tuple(
        sorted(
            name
            for name, instances in entity.attributes.items()
            if seen.shows(name) and any(one.observed_at for one in instances)
        )
    )


def _latest(entity: Entity, seen: Seen | None) -> str | None:
    times = [
        one.observed_at
        for name in _observed(entity, seen)
        for one in entity.attributes[name]
        if one.observed_at
    ]
    return max(times, default=None)


def _place(
    entity: Entity, rules: Rules, tenant: str, seen: Seen | None
) -> dict[str, object] | None:
    """Say where a sensor stands, unless somebody closed just that."""
    hidden = seen is not None and not seen.shows(_LOCATION)
    for dataset in rules.datasets.values():
        names_it = _LOCATION in dataset.attributes and dataset.tenant in ("*", tenant)
        if names_it and not _is_open(dataset) and is_covered(dataset, entity):
            hidden = True
    if hidden:
        return None
    for one in entity.attributes.get(_LOCATION, ()):
        if one.kind is AttributeKind.GEO_PROPERTY and isinstance(one.value, Mapping):
            return dict(one.value)
    return None


def _local(iri: str) -> str:
    return iri.rstrip("/#:").replace("#", "/").replace(":", "/").rpartition("/")[2]
