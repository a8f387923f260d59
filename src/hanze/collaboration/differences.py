"""What differs between the place where something was proven and the place to which it goes.

Figures are compared as the records give them; what one of the two does not tell is unknown, and
stays so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hanze.collaboration.records.places import Municipality, Residents
from hanze.collaboration.records.projects import Difference
from hanze.collaboration.records.record import Label

__all__ = ["ALIKE", "MEASURES", "Compared", "DistrictFacts", "compare_places", "differences_of"]

#: What is compared, by language.
MEASURES: Final[Mapping[str, Label]] = {
    "population": {"en": "Residents", "nl": "Inwoners", "ko": "인구"},
    "density": {
        "en": "Residents per square kilometre",
        "nl": "Inwoners per vierkante kilometer",
        "ko": "제곱킬로미터당 인구",
    },
    "infrastructure": {"en": "What is there", "nl": "Wat er is", "ko": "갖추어진 기반 시설"},
    "needed": {"en": "What it needs", "nl": "Wat ervoor nodig is", "ko": "필요한 기반 시설"},
    "regulations": {"en": "Local rules", "nl": "Lokale regels", "ko": "지역 규정"},
    "under-18": {
        "en": "Share of residents under 18",
        "nl": "Deel van de inwoners onder de 18",
        "ko": "18세 미만 인구 비율",
    },
    "over-65": {
        "en": "Share of residents over 65",
        "nl": "Deel van de inwoners boven de 65",
        "ko": "65세 이상 인구 비율",
    },
    "median-income": {
        "en": "Median income of a household in a year",
        "nl": "Mediaan inkomen van een huishouden per jaar",
        "ko": "가구 중위 소득(연간)",
    },
    "higher-education": {
        "en": "Share of adults with higher education",
        "nl": "Deel van de volwassenen met een hogere opleiding",
        "ko": "고등교육을 받은 성인 비율",
    },
    "languages": {"en": "Languages spoken", "nl": "Gesproken talen", "ko": "사용하는 언어"},
}

#: Two figures of which the smaller is at least this part of the larger are alike.
ALIKE: Final = 0.8
_SQUARE_KILOMETRE: Final = "KMK"


@dataclass(frozen=True, slots=True)
class DistrictFacts:
    """What the node knows of a part of a city (an entity of type District).

    Attributes:
        id: Of the entity.
        name: By language; empty where it has none.
        population: Number of residents.
        area_km2: Square kilometres.
    """

    id: str
    name: dict[str, str]
    population: int | None = None
    area_km2: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One aspect of two places.

    Attributes:
        aspect: One of `DIFFERENCE_ASPECTS`.
        measure: Of `MEASURES`, what is compared.
        there: Where it was proven, in figures or words; "" where it is unknown.
        here: Where it goes.
        alike: `None` where one of the two is unknown.
    """

    aspect: str
    measure: str
    there: str
    here: str
    alike: bool | None


def compare_places(
    there: Municipality | None,
    here: Municipality,
    *,
    district: DistrictFacts | None = None,
    needs: Sequence[str] = (),
) -> tuple[Compared, ...]:
    """Compare where something was proven with where it goes.

    Args:
        there: `None` where it is not known; then nothing of it is.
        here: The city that it goes to.
        district: The part of that city, where it goes to one: its size and density count then.
        needs: Infrastructure that the solution needs; what of it is there and here is compared.
    """
    population = district.population if district is not None else here.population
    density = _density(population, district.area_km2) if district is not None else _of_city(here)
    old = there.residents if there is not None else None
    new = here.residents
    return (
        _figures("size", "population", there.population if there else None, population),
        _figures("density", "density", _of_city(there) if there else None, density),
        *_infrastructure(there, here, needs),
        _words("regulation", "regulations", there.regulations if there else (), here.regulations),
        _residents("age", "under-18", old, new, lambda one: one.under_18),
        _residents("age", "over-65", old, new, lambda one: one.over_65),
        _income(old, new),
        _residents("education", "higher-education", old, new, lambda one: one.higher_education),
        _words(
            "language",
            "languages",
            old.languages if old is not None else (),
            new.languages if new is not None else (),
        ),
    )


def differences_of(compared: Sequence[Compared]) -> tuple[Difference, ...]:
    """Write comparisons as a replication keeps them; those that are alike are left out."""
    return tuple(
        Difference(aspect=one.aspect, there=one.there, here=one.here, note=MEASURES[one.measure])
        for one in compared
        if one.alike is not True and (one.there or one.here)
    )


def _of_city(place: Municipality) -> float | None:
    area = place.area
    square_km = area.value if area is not None and area.unit == _SQUARE_KILOMETRE else None
    return _density(place.population, square_km)


def _density(population: int | None, square_km: float | None) -> float | None:
    """Residents per square kilometre."""
    return population / square_km if population is not None and square_km else None


def _figures(
    aspect: str, measure: str, there: float | None, here: float | None, unit: str = ""
) -> Compared:
    alike = None
    if there is not None and here is not None:
        low, high = sorted((there, here))
        alike = high == low or (low > 0 and low / high >= ALIKE)
    return Compared(aspect, measure, _figure(there, unit), _figure(here, unit), alike)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    text = f"{value:.2f}" if value < 1 else f"{value:.0f}"
    return f"{text} {unit}".rstrip()


def _residents(
    aspect: str,
    measure: str,
    there: Residents | None,
    here: Residents | None,
    share: Callable[[Residents], float | None],
) -> Compared:
    old = share(there) if there is not None else None
    new = share(here) if here is not None else None
    return _figures(aspect, measure, old, new)


def _income(there: Residents | None, here: Residents | None) -> Compared:
    """Incomes are compared in one currency only: no rate is guessed."""
    old = there.median_income if there is not None else None
    new = here.median_income if here is not None else None
    if old is not None and new is not None and old.currency == new.currency:
        return _figures(
            "income", "median-income", float(old.amount), float(new.amount), old.currency
        )
    return Compared(
        "income",
        "median-income",
        _figure(float(old.amount), old.currency) if old is not None else "",
        _figure(float(new.amount), new.currency) if new is not None else "",
        None,
    )


def _infrastructure(
    there: Municipality | None, here: Municipality, needs: Sequence[str]
) -> tuple[Compared, ...]:
    """Compare what the solution needs, one by one; without needs what there is as a whole.

    It was proven there, so what it needs was there.
    """
    old = there.infrastructure if there is not None else ()
    if not needs:
        return (_words("infrastructure", "infrastructure", old, here.infrastructure),)
    has = {word.casefold() for word in here.infrastructure}
    return tuple(
        Compared(
            "infrastructure",
            "needed",
            need,
            need if need.casefold() in has else "",
            # A list may be incomplete: that something is not on it does not say that it is not there.
            True if need.casefold() in has else None,
        )
        for need in needs
    )


def _words(aspect: str, measure: str, there: Sequence[str], here: Sequence[str]) -> Compared:
    alike = None
    if there and here:
        alike = {word.casefold() for word in there} == {word.casefold() for word in here}
    return Compared(aspect, measure, ", ".join(there), ", ".join(here), alike)
