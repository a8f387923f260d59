"""What names a record exactly: ids, codes, and the titles of those that others name."""

from collections.abc import Collection, Iterator
from typing import Final

from hanze.collaboration.index.reading import codes_of
from hanze.collaboration.records.offers import Platform, Standard
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record

__all__ = ["Names"]

#: Those by whose names people look for what names them: "Utrecht", "FIWARE".
_NAMED: Final = (Municipality, Region, Country, Organization, Standard, Platform)


class Names:
    """Ids of records by what names them, in lower case."""

    def __init__(self) -> None:
        self._by_code: dict[str, dict[str, None]] = {}
        self._by_title: dict[str, dict[str, None]] = {}
        self._of: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def put(self, record: Record) -> None:
        """Take a record in, in place of what it was."""
        self.drop(record.id)
        codes = tuple(dict.fromkeys(codes_of(record)))
        titles = tuple(_titles(record))
        self._of[record.id] = (codes, titles)
        for kept, names in ((self._by_code, codes), (self._by_title, titles)):
            for name in names:
                kept.setdefault(name, {})[record.id] = None

    def drop(self, record_id: str) -> None:
        """Take a record out."""
        codes, titles = self._of.pop(record_id, ((), ()))
        for kept, names in ((self._by_code, codes), (self._by_title, titles)):
            for name in names:
                ids = kept[name]
                del ids[record_id]
                if not ids:
                    del kept[name]

    def by_code(self, text: str) -> Collection[str]:
        """Ids of the records of an id, the end of an id, or a code."""
        return self._by_code.get(text.casefold(), {}).keys()

    def by_title(self, text: str) -> Collection[str]:
        """Ids of the places, organisations, standards and platforms of a title."""
        return self._by_title.get(text.casefold(), {}).keys()


def _titles(record: Record) -> Iterator[str]:
    if isinstance(record, _NAMED):
        yield from dict.fromkeys(
            " ".join(title.casefold().split()) for title in record.title.values()
        )
