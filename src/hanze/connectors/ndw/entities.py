"""Make entities of measurement sites: what a value means is said by the site table alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from hanze.connectors import Expand, Provenance
from hanze.connectors.ndw.decode import Measurement, Value
from hanze.connectors.ndw.site_table import Channel, Site, SiteTable, VehicleLimit
from hanze.ngsild.model import Attribute, AttributeKind, Attributes, Entity, Instances, JsonValue

__all__ = ["SiteEntities", "Tally"]

TYPE = "TrafficFlowObserved"
APART = "UnmatchedMeasurements"

#: Kind in the site table: attribute and unit. H10 is "reciprocal hour": Recommendation 20 has no
#: code for vehicles per hour, and a count has no unit of its own. KMH is "kilometre per hour".
_ATTRIBUTES = {
    "trafficFlow": ("intensity", "H10"),
    "trafficSpeed": ("averageVehicleSpeed", "KMH"),
    "trafficStatusInformation": ("trafficStatus", None),
}

_OPERATORS = {
    "lessThan": ("lt", "<"),
    "lessThanOrEqualTo": ("le", "<="),
    "greaterThan": ("gt", ">"),
    "greaterThanOrEqualTo": ("ge", ">="),
    "equalTo": ("eq", "="),
}

#: What a bound is called in words, and its unit.
_BOUNDS = {"vehicleLength": ("length", "m"), "vehicleHeight": ("height", "m")}


@dataclass(slots=True)
class Tally:
    """Every value of the file is in exactly one of the counters of values.

    Attributes:
        stored: Values that became an attribute instance, by kind.
        no_value: Values that the source marks as none, by reason.
        unmatched: Values that the site table does not explain; kept apart, by reason.
        not_supported: Values of kinds that this connector does not read, by kind.
        joined: Sites that the table describes in the version that was measured.
        apart: Sites of which some values, or all, are kept apart.
        without_location: Joined sites whose table record has no position that can be read.
    """

    stored: Counter[str] = field(default_factory=Counter)
    no_value: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[str] = field(default_factory=Counter)
    not_supported: Counter[str] = field(default_factory=Counter)
    joined: int = 0
    apart: int = 0
    without_location: int = 0

    @property
    def values(self) -> int:
        counters = (self.stored, self.no_value, self.unmatched, self.not_supported)
        return sum(counter.total() for counter in counters)


class SiteEntities:
    """Makes entities of measurements, with the terms of a vocabulary.

    Args:
        table: The sites.
        provenance: What every entity says about where it comes from.
        expand: Makes IRIs of types and attribute names.
    """

    def __init__(self, table: SiteTable, provenance: Provenance, expand: Expand) -> None:
        self.tally = Tally()
        self._table = table
        self._expand = expand
        self._provenance = provenance.attributes(expand)
        self._meanings: dict[tuple[int, Channel], tuple[str, Attributes]] = {}

    def of(self, measurement: Measurement) -> Iterator[Entity]:
        """Yield the entity of a site, and one more for values that the table does not explain."""
        site, reason = self._find(measurement)
        apart: list[tuple[Value, str]] = []
        if site is None:
            apart = [(value, reason) for value in measurement.values]
        else:
            self.tally.joined += 1
            yield self._joined(site, measurement, apart)
        if apart or site is None:
            self.tally.apart += 1
            self.tally.unmatched.update(why for _, why in apart)
            yield self._kept_apart(measurement, apart, reason or apart[0][1])

    def _find(self, measurement: Measurement) -> tuple[Site | None, str]:
        """The site as it was when it was measured: indexes change meaning between versions."""
        site = self._table.sites.get(measurement.site_id)
        if site is None:
            return None, "siteNotInTable"
        versions = site.version, measurement.site_version
        if None not in versions and site.version != measurement.site_version:
            return None, "siteVersionDiffers"
        return site, ""

    def _joined(
        self, site: Site, measurement: Measurement, apart: list[tuple[Value, str]]
    ) -> Entity:
        """One entity for the site; values that the table does not explain go to `apart`."""
        found: dict[str, dict[str, Attribute]] = {}
        for value in measurement.values:
            channel = site.channels.get(value.index) if value.index is not None else None
            reason = _mismatch(channel, value)
            if value.reason == "notSupported":
                self.tally.not_supported[value.kind] += 1
            elif channel is None or reason:
                apart.append((value, reason))
            elif value.value is None:
                self.tally.no_value[value.reason or "missing"] += 1
            elif (observed_at := value.observed_at or measurement.observed_at) is None:
                self.tally.no_value["noTime"] += 1
            else:
                self._place(found, channel, value, observed_at)
        attributes: dict[str, Instances] = {
            self._expand(name): tuple(instances.values()) for name, instances in found.items()
        }
        attributes |= self._about(site, measurement.observed_at)
        return Entity(
            id=_identifier(TYPE, site.id), types=(self._expand(TYPE),), attributes=attributes
        )

    def _place(
        self,
        found: dict[str, dict[str, Attribute]],
        channel: Channel,
        value: Value,
        observed_at: str,
    ) -> None:
        name, unit = _ATTRIBUTES[channel.kind]
        dataset_id, meaning = self._meaning(value.index or 0, channel)
        if value.inputs is not None:
            inputs = Attribute(kind=AttributeKind.PROPERTY, value=value.inputs)
            meaning = {**meaning, self._expand("numberOfInputValues"): (inputs,)}
        instances = found.setdefault(name, {})
        if dataset_id in instances:  # the same index twice: the file's last word counts
            self.tally.stored[channel.kind] -= 1
            self.tally.no_value["repeated"] += 1
        instances[dataset_id] = Attribute(
            kind=AttributeKind.PROPERTY,
            value=value.value,
            dataset_id=dataset_id,
            observed_at=observed_at,
            unit_code=unit,
            attributes=meaning,
        )
        self.tally.stored[channel.kind] += 1

    def _meaning(self, index: int, channel: Channel) -> tuple[str, Attributes]:
        """The datasetId of a channel, and the sub-attributes that say what it measures."""
        known = self._meanings.get((index, channel))
        if known is None:
            members: dict[str, JsonValue] = {"vehicleClass": _class_text(channel)}
            lane = channel.lane or ""
            if lane.removeprefix("lane").isdigit():
                members["laneId"] = int(lane.removeprefix("lane"))
            elif lane:
                members["lane"] = lane
            members["index"] = index
            attributes = {self._expand(name): _property(text) for name, text in members.items()}
            if channel.period_s is not None:
                attributes[self._expand("measurementPeriod")] = _property(channel.period_s, "SEC")
            known = self._meanings[index, channel] = (_dataset_id(index, channel), attributes)
        return known

    def _about(self, site: Site, observed_at: str | None) -> dict[str, Instances]:
        """What the table says about the site itself."""
        members: dict[str, JsonValue] = {
            "name": site.name,
            "numberOfLanes": site.lanes,
            "measurementSide": site.side,
            "measurementEquipment": site.equipment,
            "siteVersion": site.version,
        }
        attributes = {
            self._expand(name): _property(value)
            for name, value in members.items()
            if value is not None
        }
        if site.location is None:
            self.tally.without_location += 1
        else:
            geometry = Attribute(kind=AttributeKind.GEO_PROPERTY, value=site.location)
            attributes[self._expand("location")] = (geometry,)
        return attributes | self._dated(observed_at) | self._provenance

    def _dated(self, observed_at: str | None) -> dict[str, Instances]:
        if observed_at is None:
            return {}
        date: Mapping[str, JsonValue] = {"@type": "DateTime", "@value": observed_at}
        return {self._expand("dateObserved"): _property(date, observed_at=observed_at)}

    def _kept_apart(
        self, measurement: Measurement, values: list[tuple[Value, str]], reason: str
    ) -> Entity:
        """Values nobody can explain, as they came: no lane, no class, no unit is guessed."""
        rows: list[JsonValue] = [_row(value, why) for value, why in values]
        json = Attribute(
            kind=AttributeKind.JSON_PROPERTY,
            value={"measurements": rows},
            observed_at=measurement.observed_at,
        )
        members: dict[str, JsonValue] = {
            "reason": reason,
            "siteVersion": measurement.site_version,
        }
        attributes = {self._expand(name): _property(text) for name, text in members.items() if text}
        attributes[self._expand("measurements")] = (json,)
        return Entity(
            id=_identifier(APART, measurement.site_id),
            types=(self._expand(APART),),
            attributes=attributes | self._dated(measurement.observed_at) | self._provenance,
        )


def _mismatch(channel: Channel | None, value: Value) -> str:
    if channel is None:
        return "indexNotInTable"
    return "" if channel.kind == value.kind or not value.kind else "kindDiffersFromTable"


def _row(value: Value, why: str) -> JsonValue:
    members: dict[str, JsonValue] = {
        "index": value.index,
        "kind": value.kind,
        "value": value.value,
        "noValue": value.reason,
        "reason": why,
    }
    return {name: member for name, member in members.items() if member is not None}


def _property(
    value: JsonValue, unit_code: str | None = None, observed_at: str | None = None
) -> Instances:
    return (
        Attribute(
            kind=AttributeKind.PROPERTY,
            value=value,
            unit_code=unit_code,
            observed_at=observed_at,
        ),
    )


def _identifier(entity_type: str, site_id: str) -> str:
    return f"urn:ngsi-ld:{entity_type}:ndw:{quote(site_id, safe='-._~')}"


def _dataset_id(index: int, channel: Channel) -> str:
    """The same for the same lane and class at every site, so that sites can be compared."""
    parts = [*channel.vehicle_types, *(_bound_key(limit) for limit in channel.limits)]
    key = ":".join((channel.lane or "site", "-".join(parts) or "unspecified"))
    suffix = f":index{index}" if channel.twin else ""
    return f"urn:ngsi-ld:Dataset:ndw:{quote(key, safe=':-._~')}{suffix}"


def _bound_key(limit: VehicleLimit) -> str:
    name, _ = _BOUNDS.get(limit.quantity, (limit.quantity, ""))
    operator, _ = _OPERATORS.get(limit.operator, (limit.operator, ""))
    return f"{name}-{operator}{limit.value}"


def _class_text(channel: Channel) -> str:
    """A vehicle class in words, e.g. "length >= 5.6 m and length <= 12.2 m"."""
    texts = list(channel.vehicle_types)
    for limit in channel.limits:
        name, unit = _BOUNDS.get(limit.quantity, (limit.quantity, ""))
        _, sign = _OPERATORS.get(limit.operator, ("", limit.operator))
        texts.append(f"{name} {sign} {limit.value} {unit}".strip())
    return " and ".join(texts) or "unspecified"
