"""When an attribute said something: stretches of recorded time (pure)."""

from collections.abc import Iterable, Sequence

import msgspec

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.model import Instance

__all__ = ["Span", "is_within", "spans_of"]


class Span(msgspec.Struct, frozen=True):
    """A stretch of time.

    Attributes:
        start: Microseconds since 1970; `None`: from the beginning.
        end: Where it is over; `None`: it is not.
    """

    start: int | None
    end: int | None

    def has(self, moment: int) -> bool:
        """Tell whether a moment (microseconds since 1970) is in it."""
        return (self.start is None or self.start <= moment) and (
            self.end is None or moment < self.end
        )


def spans_of(instances: Iterable[Instance], value: str) -> tuple[Span, ...]:
    """Say when an attribute said a value and nothing else, by when its instances were recorded.

    What was before the first instance is unknown: where that says the value, it is taken to have
    said it before.

    Returns:
        In the order of time; one span without bounds where it never said anything else.
    """
    ordered = sorted(((_recorded(one), one) for one in _dated(instances)), key=lambda pair: pair[0])
    found: list[Span] = []
    for place, (start, one) in enumerate(ordered):
        if one.deleted_at is not None or _said(one) != {value}:
            continue
        end = ordered[place + 1][0] if place + 1 < len(ordered) else None
        first = None if place == 0 else start
        if found and found[-1].end == start:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(first, end))
    return tuple(found)


def is_within(instance: Instance, spans: Sequence[Span]) -> bool:
    """Tell whether an instance was recorded in one of some spans."""
    recorded = _recorded(instance)
    return any(span.has(recorded) for span in spans)


def _dated(instances: Iterable[Instance]) -> Iterable[Instance]:
    return (one for one in instances if one.deleted_at or one.attribute.created_at)


def _recorded(instance: Instance) -> int:
    moment = instance.deleted_at or instance.attribute.created_at
    return parse_datetime(moment) if moment else 0


def _said(instance: Instance) -> set[str]:
    value = instance.attribute.value
    several = value if isinstance(value, list) else [value]
    return {one for one in several if isinstance(one, str)}
