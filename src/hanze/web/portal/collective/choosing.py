"""What there is to choose from: a theme, a city, a country in the address, a currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.places import Country
from hanze.web.portal.collective.desk import Desk, Link

__all__ = [
    "CURRENCIES",
    "Choice",
    "api_address",
    "choice_of",
    "countries",
    "currency_of",
    "named",
    "path_of",
]

#: Currencies that forms offer, those of the collective's countries first.
CURRENCIES: Final = ("EUR", "KRW", "USD", "GBP")
_KOREA: Final = "urn:ngsi-ld:Country:KR"


@dataclass(frozen=True, slots=True)
class Choice:
    """Ids of what was chosen; "" is all."""

    theme: str = ""
    city: str = ""
    country: str = ""

    def parameters(self) -> dict[str, str]:
        """The same for an address; `Desk.at` leaves out what is empty."""
        return {"theme": self.theme, "city": self.city, "country": self.country}

    def filters(self) -> dict[str, str | None]:
        """The same for a service."""
        return {name: value or None for name, value in self.parameters().items()}


def choice_of(desk: Desk) -> Choice:
    """Read the address."""
    return Choice(*(desk.asked(name) for name in ("theme", "city", "country")))


def countries(desk: Desk) -> list[tuple[str, str]]:
    """Offer the countries that the node knows, by name."""
    return named(desk.link(held.record.id) for held in desk.collective.of(Country))


def named(links: Iterable[Link]) -> list[tuple[str, str]]:
    """Make records the options of a choice, by name."""
    options = [(link.id, link.label.text) for link in links]
    return sorted(options, key=lambda option: option[1].casefold())


def api_address(path: str, **parameters: str) -> str:
    """Write an address below `/api/v1`; parameters that are empty are left out."""
    given = {name: value for name, value in parameters.items() if value}
    return f"/api/v1/{path}" + (f"?{urlencode(given)}" if given else "")


def path_of(page: str, record_id: str, after: str = "") -> str:
    """Write the path of a record's page of one kind, for `Desk.at`."""
    return f"/{page}/{quote(record_id, safe=':')}{after}"


def currency_of(desk: Desk, city: str | None) -> str:
    """Propose a currency: that of a city's country; without a city that of the reader's language."""
    country = country_of(desk.collective, city) if city else None
    korean = country == _KOREA if country else desk.lang == "ko"
    return "KRW" if korean else CURRENCIES[0]
