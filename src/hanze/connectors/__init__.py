"""Connectors: one folder per source, all alike.

A connector reads a source and yields entities; it knows neither the other connectors nor where the
entities go (`hanze.connectors.sink`). What all of them speak about stands here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue

__all__ = ["DamagedInput", "Expand", "Intake", "Provenance", "Refusals", "WrongInput"]


class WrongInput(InvalidInput):
    """The input is not what the connector reads: another format, or the files are swapped."""


class DamagedInput(InvalidInput):
    """The input breaks off or cannot be read from some place on.

    Args:
        detail: What is wrong.
        line: Line of the file, from 1, where the reader knows it.
        record: Number of the record, from 1: the first one that could not be read.
    """

    def __init__(self, detail: str, *, line: int | None = None, record: int | None = None) -> None:
        where = [
            f"{name} {number}"
            for name, number in (("line", line), ("record", record))
            if number is not None
        ]
        super().__init__(f"{detail} (at {', '.join(where)})" if where else detail)
        self.line = line
        self.record = record


class Expand(Protocol):
    """Makes an IRI of a type or attribute name: `Context.expand_name`."""

    def __call__(self, term: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the values come from and what one may do with them; every entity says so.

    Attributes:
        source: Address of the source.
        provider: Name of who provides the data.
        license: Address of the licence.
    """

    source: str
    provider: str
    license: str

    def attributes(self, expand: Expand) -> dict[str, tuple[Attribute, ...]]:
        """The attributes that carry this on an entity, by IRI; empty texts are left out."""
        members = {
            "source": self.source,
            "dataProvider": self.provider,
            "license": self.license,
        }
        return {
            expand(term): (Attribute(kind=AttributeKind.PROPERTY, value=text),)
            for term, text in members.items()
            if text
        }


@dataclass(slots=True)
class Refusals:
    """Records that were left out, with the reason: all counted, the first ones kept.

    Attributes:
        keep: How many are kept with their reason.
    """

    keep: int = 20
    count: int = 0
    first: list[dict[str, JsonValue]] = field(default_factory=list)

    def add(self, reason: str, *, line: int | None = None, record: int | None = None) -> None:
        self.count += 1
        if len(self.first) < self.keep:
            place = {"line": line, "record": record}
            self.first.append(
                {k: v for k, v in place.items() if v is not None} | {"reason": reason}
            )


class Intake(Protocol):
    """One run over a source.

    Attributes:
        size: Bytes to read, for a progress bar.
        position: Bytes read so far.
        refusals: Records that could not be used.
    """

    size: int
    refusals: Refusals

    @property
    def position(self) -> int: ...

    def entities(self) -> Iterator[Entity]:
        """Yield what the source holds, streaming.

        Raises:
            WrongInput: Before the first entity.
            DamagedInput: After the entities that could be read.
        """
        ...

    def details(self) -> Mapping[str, JsonValue]:
        """What the report says about this source, once the entities are read."""
        ...
