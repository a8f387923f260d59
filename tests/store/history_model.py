"""A history as lists: what the store's history must be equal to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from hanze.broker.ports import Window
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Attributes, Entity, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.model import TemporalQuery, TimeProperty, Timerel


@dataclass
class Recorded:
    """An instance, with its place in the order of recording."""

    name: str
    attribute: Attribute
    place: int
    recorded: int
    modified: int
    deleted: bool = False

    @property
    def dataset(self) -> str | None:
        return self.attribute.dataset_id

    def moment(self, timeproperty: TimeProperty | None) -> int | None:
        observed = self.attribute.observed_at
        if timeproperty is None:
            return self.recorded if observed is None else parse_datetime(observed)
        if timeproperty is TimeProperty.OBSERVED_AT:
            return None if observed is None else parse_datetime(observed)
        if timeproperty is TimeProperty.CREATED_AT:
            return self.recorded
        if timeproperty is TimeProperty.MODIFIED_AT:
            return self.modified
        return self.recorded if self.deleted else None

    def shown(self) -> str:
        """Everything that a reader sees of it, apart from its id; repr tells 1 from 1.0."""
        attribute = replace(
            self.attribute,
            attributes=bare(self.attribute.attributes),
            created_at=format_datetime(self.recorded),
            modified_at=format_datetime(self.modified),
        )
        return repr((attribute, format_datetime(self.recorded) if self.deleted else None))


@dataclass
class Line:
    """An evolution."""

    types: set[str]
    created: int
    modified: int
    deleted: int | None = None
    instances: list[Recorded] = field(default_factory=list)
    place: int = 0

    def record(
        self, name: str, attribute: Attribute, recorded: int, *, deleted: bool = False
    ) -> None:
        self.instances.append(Recorded(name, attribute, self.place, recorded, recorded, deleted))

    def step(self, before: Entity | None, after: Entity, recorded: int) -> None:
        """Record what a step did."""
        self.place += 1
        old = {} if before is None else before.attributes
        for name, instances in after.attributes.items():
            known = old.get(name, ())
            for instance in instances:
                if not any(instance is one for one in known):
                    self.record(name, instance, recorded)
        for name, instances in old.items():
            left = {one.dataset_id for one in after.attributes.get(name, ())}
            for instance in instances:
                if instance.dataset_id not in left:
                    gone = Attribute(
                        kind=instance.kind,
                        value=null_of(instance.kind),
                        dataset_id=instance.dataset_id,
                    )
                    self.record(name, gone, recorded, deleted=True)
        scope = () if before is None else before.scope
        if scope != after.scope:
            value = list(after.scope) if len(after.scope) > 1 else "".join(after.scope)
            shown = Attribute(
                kind=AttributeKind.PROPERTY,
                value=value if after.scope else NULL,
                observed_at=format_datetime(recorded),
            )
            self.record(SCOPE, shown, recorded, deleted=not after.scope)


def null_of(kind: AttributeKind | None) -> JsonValue:
    if kind is AttributeKind.LANGUAGE_PROPERTY:
        return {"@none": NULL}
    lists = {AttributeKind.LIST_PROPERTY, AttributeKind.LIST_RELATIONSHIP}
    return [NULL] if kind in lists else NULL


def bare(attributes: Attributes) -> Attributes:
    """Sub-attributes are kept without their own moments of creation and change."""
    return {
        name: tuple(
            replace(one, attributes=bare(one.attributes), created_at=None, modified_at=None)
            for one in instances
        )
        for name, instances in attributes.items()
    }


def seen(
    lines: Iterable[Line], window: Window, slot: Callable[[str, str | None], int | None]
) -> tuple[list[list[Recorded]], bool]:
    """Return what a window shows of some evolutions, in order, and whether `most` cut some off.

    Args:
        slot: Ties of datasets in one step are in the order of these numbers.
    """
    timeproperty = None if window.temporal is None else window.temporal.timeproperty
    timed: list[tuple[int, int, int, Recorded, int]] = []
    for number, line in enumerate(lines):
        for one in line.instances:
            moment = one.moment(timeproperty)
            if moment is not None and _is_wanted(one, moment, window):
                timed.append((moment, one.place, slot(one.name, one.dataset) or 0, one, number))
    timed.sort(key=lambda item: item[:3])
    if window.last_n is not None:
        counts: dict[tuple[int, str], int] = {}
        kept = []
        for item in reversed(timed):
            key = (item[4], item[3].name)
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= window.last_n:
                kept.append(item)
        timed = kept[::-1]
    every = sorted({item[4] for item in timed})
    total = len(timed)
    if window.most is not None and len(timed) > window.most:
        if window.last_n is not None:
            edge = timed[-window.most - 1][0]
            later = [item for item in timed if item[0] > edge]
        else:
            edge = timed[window.most][0]
            later = [item for item in timed if item[0] < edge]
        timed = later or [item for item in timed if item[0] == edge]
    shown = [[item[3] for item in timed if item[4] == number] for number in every]
    return shown, len(timed) < total


def _is_wanted(one: Recorded, moment: int, window: Window) -> bool:
    if window.names is not None and one.name not in window.names:
        return False
    if window.datasets is not None and one.dataset not in window.datasets:
        return False
    return window.temporal is None or _is_in(moment, window.temporal)


def _is_in(moment: int, temporal: TemporalQuery) -> bool:
    if temporal.timerel is Timerel.BEFORE:
        return moment < temporal.time_at
    if moment < temporal.time_at:
        return False
    end = temporal.end_time_at
    return temporal.timerel is Timerel.AFTER or end is None or moment < end
