"""Temporal evolutions of entities as values (CIM 009, 4.5.6 to 4.5.9, 4.5.19, 4.11, 5.2.20 f.)."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

import msgspec

from hanze.ngsild.model import Attribute, AttributeKind, JsonValue

__all__ = [
    "EARLIEST",
    "LATEST",
    "AggregatedEntity",
    "AggregatedSeries",
    "Aggregation",
    "Bucket",
    "Instance",
    "Method",
    "TemporalEntity",
    "TemporalQuery",
    "TimeProperty",
    "Timerel",
]


#: The first and the last moment that a DateTime can name (4.6.3), in microseconds since 1970. A query
#: for what is after the first one is a query for everything that has the time property at all.
EARLIEST: Final = -62_135_596_800_000_000
LATEST: Final = 253_402_300_799_999_999


class Timerel(Enum):
    """The temporal relations of 4.11."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


class TimeProperty(Enum):
    """The Temporal Properties that a temporal query can be about (4.8, 5.2.21)."""

    OBSERVED_AT = "observedAt"
    CREATED_AT = "createdAt"
    MODIFIED_AT = "modifiedAt"
    DELETED_AT = "deletedAt"


class Method(Enum):
    """The aggregation methods of 4.5.19.1."""

    AVG = "avg"
    DISTINCT_COUNT = "distinctCount"
    MAX = "max"
    MIN = "min"
    STDDEV = "stddev"
    SUM = "sum"
    SUMSQ = "sumsq"
    TOTAL_COUNT = "totalCount"


class TemporalQuery(msgspec.Struct, frozen=True):
    """Which instances of attributes are meant (4.11): before is exclusive, after inclusive.

    Attributes:
        time_at: Microseconds since 1970.
        end_time_at: The same, excluded; there where `timerel` is BETWEEN, and only there.
        timeproperty: What is compared; instances that lack it do not match.
    """

    timerel: Timerel
    time_at: int
    end_time_at: int | None = None
    timeproperty: TimeProperty = TimeProperty.OBSERVED_AT


class Instance(msgspec.Struct, frozen=True, gc=False):
    """One instance of an attribute in its history (4.5.7, 4.5.8).

    Attributes:
        attribute: The value with its members; an NGSI-LD Null where the attribute was deleted.
            `created_at` is when the instance was recorded, `modified_at` when it was last changed.
        instance_id: URI; `None` in what a request sends.
        deleted_at: DateTime text; there when the attribute was deleted at that moment.
    """

    attribute: Attribute
    instance_id: str | None = None
    deleted_at: str | None = None


class TemporalEntity(msgspec.Struct, frozen=True, gc=False):
    """The Temporal Evolution of an entity, or the part of it that was asked for (5.2.20).

    Attributes:
        attributes: By IRI, in the order of the asked time property; instances of several datasets
            stand side by side. The scope is here as a Property under `query.members.SCOPE` (4.5.6).
        deleted_at: DateTime text; there where the entity is gone from the present.
    """

    id: str
    types: tuple[str, ...]
    attributes: Mapping[str, tuple[Instance, ...]]
    created_at: str | None = None
    modified_at: str | None = None
    deleted_at: str | None = None


#: A value of an aggregation, with the start and the end of its period in microseconds since 1970.
Bucket = tuple[JsonValue, int, int]


class Aggregation(msgspec.Struct, frozen=True):
    """What is aggregated, and over which periods (4.5.19, 5.2.44).

    Attributes:
        methods: In the order of the request.
        months: Calendar months of a period; years are twelve of them.
        microseconds: The rest of its length; a period of nothing at all spans the whole range.
    """

    methods: tuple[Method, ...]
    months: int = 0
    microseconds: int = 0


class AggregatedSeries(msgspec.Struct, frozen=True, gc=False):
    """The aggregated values of one attribute, or of one dataset of it.

    Attributes:
        values: In the order of time; equal to a tuple of the same, whatever holds them.
    """

    kind: AttributeKind
    dataset_id: str | None
    values: Mapping[Method, Sequence[Bucket]]


class AggregatedEntity(msgspec.Struct, frozen=True, gc=False):
    """An entity in the aggregated temporal representation (4.5.19).

    Attributes:
        created_at: DateTime text, as the others; `None` where nobody looked.
    """

    id: str
    types: tuple[str, ...]
    attributes: Mapping[str, tuple[AggregatedSeries, ...]]
    created_at: str | None = None
    modified_at: str | None = None
    deleted_at: str | None = None
