"""Temporal evolutions as JSON (CIM 009, 4.5.6 to 4.5.9, 4.5.19).

An attribute is always an array of its instances, also of a single one: readers need not tell. The
series of the other two representations are objects; where an attribute has several datasets, or
changed its kind, an array of them, each but the default one with its `datasetId`.

An evolution may have very many instances, so renderers yield the bytes of the JSON in pieces, each
of little work: other requests get their turn between.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Final

from msgspec.structs import replace

from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, Attribute, AttributeKind, JsonValue, is_deletion
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.concise import concise_instance
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.normalized import (
    compact_value,
    normalized_instance,
    one_or_list,
)
from hanze.ngsild.representation.stored import encode
from hanze.ngsild.representation.temporal_members import SERIES_MEMBERS, WRAPPED
from hanze.ngsild.representation.view import PLAIN, View, shown
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    AggregatedSeries,
    Instance,
    TemporalEntity,
    TimeProperty,
)
from hanze.ngsild.temporal.moments import text_of

__all__ = ["TemporalView", "aggregated", "instances", "shown_names", "temporal_values"]

_SCOPE_TERM: Final = "scope"
#: Instances in one piece: about 1 ms of work.
_SLICE: Final = 256

#: The name of a member, and the pieces of its value.
_Member = tuple[str, Iterable[bytes]]
#: Values of one dataset and kind, with their times.
_Group = tuple[AttributeKind, str | None]


@dataclass(frozen=True, slots=True)
class TemporalView:
    """How evolutions are to be shown.

    Attributes:
        context: Names are compacted with it.
        view: System attributes, languages; datasets are chosen before.
        timeproperty: What values are paired with.
        projection: Which members of the entity are shown.
    """

    context: Context
    view: View = PLAIN
    timeproperty: TimeProperty = TimeProperty.OBSERVED_AT
    projection: Projection | None = None

    def shows(self, name: str) -> bool:
        """Tell whether a member of the entity is shown (4.21)."""
        return shown_names(self.projection, name)

    def term(self, name: str) -> str:
        """Give the name of an attribute; that of the scope is a member of the entity."""
        return _SCOPE_TERM if name == SCOPE else self.context.compact_name(name)


def shown_names(projection: Projection | None, name: str) -> bool:
    """Tell whether pick and omit leave a member of an entity (4.21)."""
    if projection is None:
        return True
    picked = projection.pick is None or any(term.name == name for term in projection.pick)
    return picked and not any(term.name == name for term in projection.omit)


def instances(entity: TemporalEntity, view: TemporalView, *, concise: bool) -> Iterator[bytes]:
    """Render an evolution instance by instance (4.5.6 to 4.5.8), normalized or concise."""
    attributes = (
        (view.term(name), _array(_instance(one, view, concise=concise) for one in evolution))
        for name, evolution in entity.attributes.items()
        if view.shows(name)
    )
    return _object(chain(_head(entity, view), attributes, _moments(entity, view)))


def temporal_values(entity: TemporalEntity, view: TemporalView) -> Iterator[bytes]:
    """Render values with their times alone (4.5.9); instances that lack the time are left out."""
    attributes = (
        (view.term(name), _one_or_several([_pairs(*group, view) for group in groups]))
        for name, evolution in entity.attributes.items()
        if view.shows(name) and (groups := _groups(evolution, view).items())
    )
    return _object(chain(_head(entity, view), attributes, _moments(entity, view)))


def aggregated(entity: AggregatedEntity, view: TemporalView) -> Iterator[bytes]:
    """Render aggregated values (4.5.19)."""
    attributes = (
        (view.term(name), _one_or_several([_aggregated(one) for one in series]))
        for name, series in entity.attributes.items()
        if view.shows(name)
    )
    return _object(chain(_head(entity, view), attributes, _moments(entity, view)))


def _head(entity: TemporalEntity | AggregatedEntity, view: TemporalView) -> Iterator[_Member]:
    if view.shows(ID):
        yield "id", (encode(entity.id),)
    if view.shows(TYPE):
        types = [view.context.compact_name(iri) for iri in entity.types]
        yield "type", (encode(one_or_list(types)),)


def _moments(entity: TemporalEntity | AggregatedEntity, view: TemporalView) -> Iterator[_Member]:
    if not view.view.sys_attrs:
        return
    for term, moment in (
        ("createdAt", entity.created_at),
        ("modifiedAt", entity.modified_at),
        ("deletedAt", entity.deleted_at),
    ):
        if moment is not None:
            yield term, (encode(moment),)


def _object(members: Iterable[_Member]) -> Iterator[bytes]:
    start = b"{"
    for name, pieces in members:
        yield start + encode(name) + b":"
        yield from pieces
        start = b","
    yield b"}" if start == b"," else b"{}"


def _array(items: Iterable[JsonValue]) -> Iterator[bytes]:
    start, rest = b"[", iter(items)
    while some := list(islice(rest, _SLICE)):
        yield start + encode(some)[1:-1]
        start = b","
    yield b"]" if start == b"," else b"[]"


def _one_or_several(series: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    if len(series) == 1:
        yield from series[0]
        return
    start = b"["
    for pieces in series:
        yield start
        yield from pieces
        start = b","
    yield b"]"


def _instance(one: Instance, view: TemporalView, *, concise: bool) -> JsonValue:
    render = concise_instance if concise else normalized_instance
    sys_attrs = view.view.sys_attrs
    members = render(_visible(one.attribute, view), view.context, sys_attrs=sys_attrs)
    if sys_attrs and one.deleted_at is not None:
        members["deletedAt"] = one.deleted_at
    if one.instance_id is not None:
        members["instanceId"] = one.instance_id
    return members


def _visible(attribute: Attribute, view: TemporalView) -> Attribute:
    """Choose the language; a deletion is written as its kind has it (4.6.5)."""
    if attribute.value == NULL or is_deletion(attribute):
        is_map = attribute.kind is AttributeKind.LANGUAGE_PROPERTY
        return replace(attribute, value={"@none": NULL} if is_map else NULL)
    if view.view.languages is None:
        return attribute
    return shown((attribute,), View(languages=view.view.languages))[0]


def _groups(
    evolution: Iterable[Instance], view: TemporalView
) -> dict[_Group, list[tuple[Attribute, str]]]:
    groups: dict[_Group, list[tuple[Attribute, str]]] = {}
    for one in evolution:
        moment = text_of(one, view.timeproperty)
        if moment is not None:
            attribute = _visible(one.attribute, view)
            group = attribute.kind or AttributeKind.PROPERTY, attribute.dataset_id
            groups.setdefault(group, []).append((attribute, moment))
    return groups


def _pairs(
    group: _Group, timed: Iterable[tuple[Attribute, str]], view: TemporalView
) -> Iterator[bytes]:
    kind, dataset_id = group
    pairs = ([_value(attribute, kind, view.context), moment] for attribute, moment in timed)
    return _object(chain(_labels(kind, dataset_id), [(SERIES_MEMBERS[kind], _array(pairs))]))


def _value(attribute: Attribute, kind: AttributeKind, context: Context) -> JsonValue:
    if kind is AttributeKind.LIST_RELATIONSHIP and isinstance(attribute.value, list | tuple):
        # Here the targets are URIs alone, without objects around them.
        return attribute.value
    value = compact_value(attribute, context)
    return {RULES[kind].member: value} if kind in WRAPPED else value


def _aggregated(series: AggregatedSeries) -> Iterator[bytes]:
    methods = (
        (
            method.value,
            _array([value, _edge(start), _edge(end)] for value, start, end in buckets),
        )
        for method, buckets in series.values.items()
    )
    return _object(chain(_labels(series.kind, series.dataset_id), methods))


# The series of an answer mostly share their periods, and each ends where another one starts.
_edge = lru_cache(maxsize=8192)(format_datetime)


def _labels(kind: AttributeKind, dataset_id: str | None) -> Iterator[_Member]:
    yield "type", (encode(kind.value),)
    if dataset_id is not None:
        yield "datasetId", (encode(dataset_id),)
