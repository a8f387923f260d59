"""Words, links and places over time: how long each value held."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hanze.ngsild.model import Attribute
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.moments import moment_of
from hanze.web.portal.history.past import Known, Past
from hanze.web.portal.history.selection import Span

__all__ = ["Spell", "Spells", "read_spells"]

#: As many values are read of one attribute, the last ones.
_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Spell:
    """A value, from when it was first seen until another came.

    Attributes:
        start: Microseconds since 1970.
        end: `None` where it still held at the end of the time asked for.
        instance: As it was first seen.
        seen: How often it came, one time after the other.
    """

    start: int
    end: int | None
    instance: Attribute
    seen: int


@dataclass(frozen=True, slots=True)
class Spells:
    """What an attribute held in a time, the datasets one after the other, each by time.

    Attributes:
        known: The attribute.
        several: Spells of all datasets.
        cut: There are more, before these.
    """

    known: Known
    several: tuple[Spell, ...]
    cut: bool


async def read_spells(
    past: Past, known: Known, datasets: Iterable[str | None], span: Span
) -> Spells:
    """Read how long each value held."""
    wanted = list(datasets)
    read = await past.instances([known], wanted, span, most=_MOST)
    instances = read.get(known.name, ())
    cut = len(instances) > _MOST
    by_dataset: dict[str | None, list[tuple[int, Attribute | None]]] = {key: [] for key in wanted}
    for one in instances[-_MOST:]:
        at = moment_of(one, known.time)
        if at is not None and one.attribute.dataset_id in by_dataset:
            value = one.attribute if one.deleted_at is None else None
            by_dataset[one.attribute.dataset_id].append((at, value))
    if known.gone_since is not None:
        for values in by_dataset.values():
            values.append((parse_datetime(known.gone_since), None))
    found = tuple(spell for values in by_dataset.values() for spell in _spells(values))
    return Spells(known, found, cut)


def _spells(values: Sequence[tuple[int, Attribute | None]]) -> Iterator[Spell]:
    """Join what follows each other unchanged; `None` is when there was no value any more."""
    held: Spell | None = None
    for at, value in sorted(values, key=lambda item: item[0]):
        if held is not None and value is not None and value.value == held.instance.value:
            held = Spell(held.start, None, held.instance, held.seen + 1)
            continue
        if held is not None:
            yield Spell(held.start, at, held.instance, held.seen)
        held = None if value is None else Spell(at, None, value, 1)
    if held is not None:
        yield held
