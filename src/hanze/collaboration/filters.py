"""What of all records is shown: values that make an address, so that each selection can be shared."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import msgspec

from hanze.collaboration.records.record import PROVENANCES
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import InvalidInput

__all__ = ["UNKNOWN", "Filters"]

#: The value of a filter, and of a facet, for records that do not say.
UNKNOWN: Final = "unknown"

#: Name in the address → field; those that may be given several times.
_SEVERAL: Final = {
    "type": "types",
    "theme": "themes",
    "city": "cities",
    "region": "regions",
    "country": "countries",
    "stage": "stages",
    "status": "statuses",
    "provenance": "provenances",
}
_LONGEST: Final = 5_000
_MOST_VALUES: Final = 100


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which records; of one field any of the values, of several fields all.

    Attributes:
        text: What is looked for, as `Search.find` takes it.
        types: Names of record types.
        themes: Ids of themes, or of concepts of the vocabulary; what is below is included.
        cities: Ids of those whose records they are.
        regions: Ids of the regions in which those are.
        countries: Ids of the countries in which those are.
        stages: Of projects.
        statuses: Of what has a status.
        provenances: Of `PROVENANCES`.
        since: The first day.

    "unknown" as a value of themes, cities, regions, countries, stages, statuses or provenances is
    what does not say.
    """

    text: str = ""
    types: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    provenances: tuple[str, ...] = ()
    since: date | None = None

    @classmethod
    def from_parameters(cls, parameters: Iterable[tuple[str, str]]) -> "Filters":
        """Read the parameters of an address; names that are no filter are passed over.

        Raises:
            InvalidInput: A type or provenance does not exist, `since` is no date, or there is too
                much of it.
        """
        text, since = "", None
        several: dict[str, dict[str, None]] = {field: {} for field in _SEVERAL.values()}
        for name, value in parameters:
            given = value.strip()
            if name == "q":
                text = given
            elif name == "since" and given:
                since = _day(given)
            elif name in _SEVERAL and given:
                several[_SEVERAL[name]][given] = None
        _check(text, several)
        found = {field: tuple(values) for field, values in several.items()}
        return msgspec.convert({"text": text, "since": since, **found}, cls)

    def to_parameters(self) -> list[tuple[str, str]]:
        """Write the parameters of an address that `from_parameters` reads as the same."""
        found = [("q", self.text)] if self.text else []
        for name, field in _SEVERAL.items():
            found += [(name, value) for value in getattr(self, field)]
        if self.since is not None:
            found.append(("since", self.since.isoformat()))
        return found

    def values(self, name: str) -> Sequence[str]:
        """The values of a filter by its name in addresses: "type", "theme", "city", ..."""
        given: tuple[str, ...] = getattr(self, _SEVERAL[name])
        return given


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "since must be a date, as in 2026-05-31", field="since", value=text
        ) from None


def _check(text: str, several: dict[str, dict[str, None]]) -> None:
    if len(text) > _LONGEST:
        raise InvalidInput(f"q must have at most {_LONGEST} characters", field="q", value=text)
    for name, field in _SEVERAL.items():
        if len(several[field]) > _MOST_VALUES:
            raise InvalidInput(f"{name} must have at most {_MOST_VALUES} values", field=name)
    for given in several["types"]:
        if given not in RECORD_TYPES:
            raise InvalidInput(
                f"Type {given[:60]} does not exist; there are: {', '.join(RECORD_TYPES)}",
                field="type",
                value=given,
            )
    for given in several["provenances"]:
        if given not in (*PROVENANCES, UNKNOWN):
            raise InvalidInput(
                f"Provenance must be one of {', '.join(PROVENANCES)} or {UNKNOWN}",
                field="provenance",
                value=given,
            )
