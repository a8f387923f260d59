"""One overview over all records: filtered, counted by facet, sorted, in pages.

Counts of a facet honour all filters but its own, so that they say what a choice would show. Region
and country follow from the city whose record it is; what is unknown is counted as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.filters import UNKNOWN, Filters
from hanze.collaboration.index.rows import Rows, theme_concept
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record, text_of
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.search import Matched, Search
from hanze.collaboration.vocabulary.concept import THEMES

__all__ = ["FACETS", "SORTS", "FacetValue", "Overview", "Row", "overview", "select"]

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]

FACETS: Final = ("type", "theme", "city", "region", "country", "stage")
SORTS: Final = ("relevance", "date", "title", "city")

#: What is there to be referred to: it is new to nobody.
_REGISTERS: Final = frozenset(
    ("Standard", "Municipality", "Region", "Country", "Theme", "Concept", "Contact")
)
#: Filter → column of codes.
_CODED: Final = {
    "type": "kind",
    "city": "city",
    "stage": "stage",
    "status": "status",
    "provenance": "provenance",
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that a filter may have, and how many records it would show.

    Attributes:
        value: As `Filters` takes it.
        label: Of a place or theme in the language that was asked for; else as `value`.
        count: Of records.
        chosen: Whether the filter has it.
    """

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the overview.

    Attributes:
        held: The record, with its tenant.
        city: Whose it is; `None` where that is unknown or not here.
        date: The day for which it holds.
        provenance: Where it comes from; "unknown" where it does not say.
        matches: Why it is found, where a text was looked for.
    """

    held: Held[Record]
    city: Held[Record] | None
    date: str
    provenance: str
    matches: tuple[Matched, ...] = ()

    @property
    def tenant(self) -> str:
        """Where it lives on this node."""
        return self.held.kept_in


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of what the filters leave.

    Attributes:
        rows: Of the page.
        total: Of all pages.
        facets: By name, the most frequent value first.
        pending: Records that a text cannot find yet, because they are still being read.
    """

    rows: tuple[Row, ...]
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    pending: int


def overview(
    collective: Collective,
    search: Search,
    filters: Filters,
    *,
    language: str = "en",
    sort: str | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Overview:
    """Show a page of the records that the filters leave.

    Args:
        collective: Refreshed.
        search: Refreshed with it.
        filters: Which records.
        language: Of labels, of the order of titles, and of who asks.
        sort: One of `SORTS`; `None` is by relevance where a text is looked for, else by date with
            what registers hold after what people do.
        offset: Records to pass over.
        limit: Records of a page.
    """
    selection = _Selection(collective, search, filters, language)
    mask = selection.mask()
    order = selection.ordered(np.flatnonzero(mask), sort, offset, limit)
    return Overview(
        rows=tuple(selection.row(number) for number in order),
        total=int(np.count_nonzero(mask)),
        facets={name: selection.facet(name) for name in FACETS},
        pending=search.pending,
    )


def select(
    collective: Collective,
    search: Search,
    filters: Filters,
    *,
    language: str = "en",
    sort: str | None = None,
) -> Sequence[Held[Record]]:
    """All records that the filters leave, sorted: what a download has."""
    selection = _Selection(collective, search, filters, language)
    found = np.flatnonzero(selection.mask())
    order = selection.ordered(found, sort, 0, len(found))
    return [held for number in order if (held := search.rows.held[number]) is not None]


class _Places:
    """Region and country of each city, as numbers of the same codes."""

    def __init__(self, collective: Collective, rows: Rows) -> None:
        names = rows.codes["city"].names
        self.names: list[str] = list(names)
        number = {name: place for place, name in enumerate(names)}
        self.of: dict[str, NDArray[np.int32]] = {}
        found = [_region_and_country(collective.find(name)) for name in names]
        for place, which in enumerate(("region", "country")):
            codes = np.zeros(len(names), np.int32)
            for row, pair in enumerate(found):
                name = pair[place]
                if name is not None:
                    if name not in number:
                        number[name] = len(self.names)
                        self.names.append(name)
                    codes[row] = number[name]
            self.of[which] = codes


class _Selection:
    """The rows that filters leave."""

    def __init__(
        self, collective: Collective, search: Search, filters: Filters, language: str
    ) -> None:
        self._collective = collective
        self._search = search
        self._rows = search.rows
        self._filters = filters
        self._language = language
        self._places = _Places(collective, self._rows)
        self._scores: Floats | None = None
        self._masks: dict[str, Mask] = {"alive": self._rows.alive}
        if filters.text.strip():
            self._scores = search.scores(filters.text, language)
            self._masks["text"] = self._scores > 0
        for name in ("type", "theme", "city", "region", "country", "stage", "status", "provenance"):
            if filters.values(name):
                self._masks[name] = self._of_filter(name)
        if filters.since is not None:
            self._masks["since"] = self._rows.column("date") >= filters.since.toordinal()

    def mask(self, without: str = "") -> Mask:
        """Which rows all filters but one leave."""
        masks = [mask for name, mask in self._masks.items() if name != without]
        return reduce(np.logical_and, masks)

    def ordered(self, found: Numbers, sort: str | None, offset: int, limit: int) -> Numbers:
        """Sort rows; return those of a page."""
        usual = sort is None and self._scores is None
        sort = sort or ("relevance" if self._scores is not None else "date")
        dates = self._rows.column("date")[found]
        if sort == "title":
            return self._by_title(found, offset, limit)
        keys: list[Numbers | Floats] = [self._rows.places[found], -dates.astype(np.int64)]
        if sort == "relevance" and self._scores is not None:
            keys.append(-self._scores[found])
        elif sort == "city":
            keys.append(self._rank_of_cities()[self._rows.column("city")[found]])
        if usual:
            kinds = self._rows.codes["kind"].names
            register = np.array([name in _REGISTERS for name in kinds])
            keys.append(register[self._rows.column("kind")[found]].astype(np.int64))
        return found[np.lexsort(keys)][offset : offset + limit]

    def row(self, number: int) -> Row:
        """Show one row."""
        held = self._rows.held[number]
        assert held is not None  # noqa: S101  # rows of a mask are alive
        city = self._collective.find(held.city) if held.city is not None else None
        text = self._filters.text
        return Row(
            held=held,
            city=city,
            date=held.date,
            provenance=held.record.provenance or UNKNOWN,
            matches=self._search.matches(text, self._language, held) if text.strip() else (),
        )

    def facet(self, name: str) -> tuple[FacetValue, ...]:
        """Count the values of a facet among what all other filters leave."""
        mask = self.mask(name)
        counts = self._themes(mask) if name == "theme" else self._counts(name, mask)
        chosen = set(self._filters.values(name))
        for value in chosen:
            counts.setdefault(value, 0)
        if name == "theme":
            chosen |= {theme_concept(value, self._collective) for value in chosen}
        values = (
            FacetValue(value, self._label(name, value), count, value in chosen)
            for value, count in counts.items()
        )
        # What is unknown is told last.
        return tuple(
            sorted(values, key=lambda one: (one.value == UNKNOWN, -one.count, one.label, one.value))
        )

    def _of_filter(self, name: str) -> Mask:
        values = self._filters.values(name)
        if name == "theme":
            return self._of_themes(values)
        names, column = self._coded(name)
        wanted = {"" if value == UNKNOWN else value for value in values}
        known = np.array([one in wanted for one in names], np.bool_)
        return known[column]

    def _of_themes(self, values: Sequence[str]) -> Mask:
        mask = np.zeros(len(self._rows), np.bool_)
        for value in values:
            if value == UNKNOWN:
                mask |= ~self._rows.themed
            else:
                mask[self._rows.themes.of(value).rows] = True
        return mask

    def _coded(self, name: str) -> tuple[Sequence[str], NDArray[np.int32]]:
        """The names of a filter's codes, and its column."""
        if name in ("region", "country"):
            return self._places.names, self._places.of[name][self._rows.column("city")]
        column = _CODED[name]
        return self._rows.codes[column].names, self._rows.column(column)

    def _counts(self, name: str, mask: Mask) -> dict[str, int]:
        names, column = self._coded(name)
        counted = np.bincount(column[mask], minlength=len(names))
        found = {names[int(number)]: int(counted[number]) for number in np.flatnonzero(counted)}
        unknown = found.pop("", 0)
        # A stage is a project's: others do not lack one.
        if unknown and name != "stage":
            found[UNKNOWN] = unknown
        return found

    def _themes(self, mask: Mask) -> dict[str, int]:
        ids = [held.record.id for held in self._collective.of(Theme)]
        known = self._search.vocabulary
        named = {id_: theme_concept(id_, self._collective) for id_ in ids}
        values = [*THEMES, *(name if name in known else id_ for id_, name in named.items())]
        counts = {
            value: int(np.count_nonzero(mask[self._rows.themes.of(value).rows]))
            for value in dict.fromkeys(values)
        }
        counts[UNKNOWN] = int(np.count_nonzero(mask & ~self._rows.themed))
        return {value: count for value, count in counts.items() if count}

    def _label(self, name: str, value: str) -> str:
        if name == "theme" and value in self._search.vocabulary:
            return self._search.vocabulary.label(value, self._language)
        held = self._collective.find(value)
        return text_of(held.record.title, self._language) if held is not None else value

    def _rank_of_cities(self) -> NDArray[np.int64]:
        names = self._rows.codes["city"].names
        labels = [(name == "", self._label("city", name).casefold(), name) for name in names]
        ranks = np.empty(len(names), np.int64)
        ranks[sorted(range(len(names)), key=labels.__getitem__)] = np.arange(len(names))
        return ranks

    def _by_title(self, found: Numbers, offset: int, limit: int) -> Numbers:
        """Sort by the first characters at once, and the page by all of them."""
        first, second = (key[found] for key in self._rows.title_keys(self._language))
        order = np.lexsort([second, first])
        start, end = offset, min(offset + limit, len(order))
        if start >= end:
            return found[:0]
        alike = (np.diff(first[order]) == 0) & (np.diff(second[order]) == 0)
        while start > 0 and alike[start - 1]:
            start -= 1
        while end < len(order) and alike[end - 1]:
            end += 1
        page = found[order[start:end]]
        sorted_page = sorted(page, key=self._title)
        return np.array(sorted_page[offset - start : offset - start + limit], np.int64)

    def _title(self, number: int) -> tuple[bytes, str]:
        held = self._rows.held[number]
        record = held.record if held is not None else None
        if record is None:
            return (b"", "")
        title = text_of(record.title, self._language).casefold()
        return (title.encode("utf-16-be"), record.id)


def _region_and_country(held: Held[Record] | None) -> tuple[str | None, str | None]:
    record = held.record if held is not None else None
    if isinstance(record, Municipality):
        return record.region, record.country
    if isinstance(record, Region):
        return record.id, record.country
    if isinstance(record, Country):
        return None, record.id
    if isinstance(record, Organization):
        return None, record.country
    return None, None
