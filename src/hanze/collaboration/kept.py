"""Answers that hold until a record changes, so that who asks the same again has it at once."""

from collections.abc import Callable, Hashable, Iterator
from typing import Final, TypeVar, cast
from weakref import WeakKeyDictionary

from hanze.collaboration.collective import Collective
from hanze.collaboration.records.places import Country, Municipality, Region

__all__ = ["sharing_cities", "while_unchanged"]

T = TypeVar("T")

#: Answers that are kept of a collective.
_MOST: Final = 128

_kept: WeakKeyDictionary[Collective, tuple[int, dict[Hashable, object]]] = WeakKeyDictionary()


def while_unchanged(collective: Collective, key: Hashable, make: Callable[[], T]) -> T:
    """Return what was made for a key at this version of a collective; make it where nothing was.

    Args:
        collective: Up to date.
        key: Names what is made, with all that it depends on besides the records.
        make: Makes it; may run in several threads at once, of which any result is kept.
    """
    version = collective.version
    known, answers = _kept.get(collective, (-1, {}))
    if known != version or len(answers) >= _MOST:
        answers = {}
        _kept[collective] = version, answers
    if key not in answers:
        answers[key] = make()
    return cast(T, answers[key])


def sharing_cities(collective: Collective) -> frozenset[str]:
    """Ids of the places whose records, other than of places, are there."""
    return while_unchanged(collective, "sharing cities", lambda: frozenset(_sharing(collective)))


def _sharing(collective: Collective) -> Iterator[str]:
    for held in collective.every():
        if held.city is not None and not isinstance(held.record, Municipality | Region | Country):
            yield held.city
