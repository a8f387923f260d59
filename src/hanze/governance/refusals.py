"""What is refused where a request names it: what may be read, looked at from the other side (pure).

Only what is closed whatever an entity says is refused. What is closed to some entities (by scope, by
source, by data subject) is left out where it is, and evaluated as if it were not there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from hanze.governance.reasons import Reason
from hanze.ngsild.query.access import Access, Part, fixed_view, is_fixed
from hanze.ngsild.terms import DEFAULT_VOCAB

__all__ = ["Refusals"]

_URN: Final = re.compile(r"urn:ngsi-ld:([^:]+):.+", re.DOTALL)


class Refusals:
    """Finds the part of an access that closes what is named.

    Args:
        access: What may be read.
    """

    def __init__(self, access: Access) -> None:
        self._access = Access(access.parts, rest=access.rest)
        self._of_all = tuple(part for part in access.parts if not part.types)
        by_type: dict[str, list[Part]] = defaultdict(list)
        for part in access.parts:
            for name in part.types or ():
                by_type[name].append(part)
        self._by_type = {name: (*own, *self._of_all) for name, own in by_type.items()}
        self._named: dict[str, list[str]] = defaultdict(list)
        for name in self._by_type:
            self._named[_local_name(name)].append(name)

    def of_dataset(self, dataset: str) -> Part | None:
        """Say whether a dataset (id) is closed as a whole; `None`: some of it may be read."""
        part = next((part for part in self._access.parts if part.dataset == dataset), None)
        if part is None:
            return None if self._access.is_everything else _UNTOLD
        return None if part.allowed else part

    def of_type(self, name: str) -> Part | None:
        """Say what closes all entities of a type (IRI); `None`: some may be read."""
        return self._closing(self._parts(name))

    def of_id(self, entity_id: str) -> Part | None:
        """Say what closes all entities of the type that an id tells; `None`: some may be read.

        Where the id tells none that a dataset is about, nothing closes it but what closes all.
        """
        types = self.types_of((entity_id,))
        if not types:
            return _closed_by(self._of_all)
        closing = [self.of_type(name) for name in types]
        return None if None in closing else closing[0]

    def of_attribute(self, name: str, types: Sequence[str]) -> Part | None:
        """Say what closes an attribute (IRI); `None`: it may be read of some entities.

        Args:
            types: IRIs of those that the request names; of any of them it is refused. Where it names
                none, it is refused as soon as the attribute is closed of one.
        """
        if types:
            closing = (self._closing_of(name, self._parts(one)) for one in types)
            return next((part for part in closing if part is not None), None)
        return self._closing_of(name, self._access.parts)

    def of_scope(self, scope: str, types: Sequence[str]) -> Part | None:
        """Say what closes a scope to all entities in it; `None`: some may be read.

        Args:
            types: As for `of_attribute`.
        """
        parts = {one: None for name in types for one in self._parts(name)}
        for part in parts if types else self._access.parts:
            if part.scopes and not part.allowed and not part.attributes and part.when is None:
                levels = scope.strip("/").split("/")
                if any(_is_below(levels, one.strip("/").split("/")) for one in part.scopes):
                    return part
        return None

    def is_readable(self, entity_id: str) -> bool:
        """Tell whether all entities of the type that an id tells may be read, as entities."""
        found = _URN.fullmatch(entity_id)
        if found is None:
            names: Iterable[frozenset[str]] = (frozenset((name,)) for name in self._by_type)
            return all(self._is_open(one) for one in (frozenset[str](), *names))
        types = self.types_of((entity_id,)) or [DEFAULT_VOCAB + found[1]]
        return all(self._is_open(frozenset((name,))) for name in types)

    def _is_open(self, types: frozenset[str]) -> bool:
        return is_fixed(self._access, types) and fixed_view(self._access, types) is not None

    def types_of(self, ids: Sequence[str]) -> Sequence[str]:
        """Return the types (IRIs) of datasets that ids tell; none where one of them tells none."""
        found = [_URN.fullmatch(one) for one in ids]
        types = [() if one is None else self._named.get(one[1], ()) for one in found]
        return [name for some in types for name in some] if all(types) else ()

    def _parts(self, name: str) -> Sequence[Part]:
        return self._by_type.get(name, self._of_all)

    def _closing(self, parts: Sequence[Part]) -> Part | None:
        closed = _closed_by(parts)
        if closed is not None:
            return closed
        if self._access.rest or any(part.allowed for part in parts):
            return None
        return next(iter(parts), _NOBODY_S)

    def _closing_of(self, name: str, parts: Sequence[Part]) -> Part | None:
        about = [part for part in parts if name in part.attributes]
        closed = next((part for part in about if part.is_fixed() and not part.allowed), None)
        if closed is not None:
            return closed
        whole = (part for part in parts if not part.attributes)
        if self._access.rest or any(part.allowed for part in (*about, *whole)):
            return None
        return next((part for part in (*about, *parts) if not part.allowed), _NOT_READABLE)


#: What no dataset covers is closed by none.
_NOBODY_S: Final = Part(dataset="", reason=Reason.UNCLASSIFIED.value)
_UNTOLD: Final = Part(dataset="", reason=Reason.NO_PERMISSION.value)
_NOT_READABLE: Final = Part(dataset="", reason=Reason.ATTRIBUTE_NOT_READABLE.value)


def _closed_by(parts: Iterable[Part]) -> Part | None:
    return next(
        (part for part in parts if part.is_fixed() and not part.attributes and not part.allowed),
        None,
    )


def _local_name(iri: str) -> str:
    return re.split(r"[/#:]", iri)[-1]


def _is_below(levels: Sequence[str], above: Sequence[str]) -> bool:
    return len(levels) >= len(above) and list(levels[: len(above)]) == list(above)
