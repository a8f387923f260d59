"""Countries as records: importers name them, and whichever comes first makes them."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import Label

__all__ = ["SOUTH_KOREA", "THE_NETHERLANDS", "country_id", "country_of"]

#: In the languages of the collective; others are known as their source calls them.
_NAMES: Final[Mapping[str, Label]] = {
    "NL": {"nl": "Nederland", "en": "Netherlands", "ko": "네덜란드"},
    "KR": {"nl": "Zuid-Korea", "en": "South Korea", "ko": "대한민국"},
}


def country_id(code: str) -> str:
    """Return the id of a country's record by its ISO 3166-1 code."""
    return f"urn:ngsi-ld:Country:{code}"


def country_of(code: str, name: str) -> Country:
    """Make the record of a country.

    Args:
        code: ISO 3166-1 alpha-2.
        name: In English, as the source calls it.
    """
    return Country(id=country_id(code), title=_NAMES.get(code, {"en": name}), iso_code=code)


THE_NETHERLANDS: Final = country_of("NL", "Netherlands")
SOUTH_KOREA: Final = country_of("KR", "South Korea")
