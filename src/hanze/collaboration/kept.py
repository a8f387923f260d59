"""Answers that hold until a record changes, so that who asks the same again has it at once."""

from collections.abc import Callable, Hashable
from typing import Final, TypeVar, cast
from weakref import WeakKeyDictionary

from hanze.collaboration.collective import Collective

__all__ = ["while_unchanged"]

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
