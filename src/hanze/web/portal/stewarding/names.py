"""How pages call what records of governance name by ids and IRIs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from babel.dates import format_date

from hanze.collaboration.records.record import text_of
from hanze.governance.purposes import curie_of, purpose_label
from hanze.governance.records.dataset import Dataset
from hanze.web.portal.site import Visit

__all__ = ["OFTEN", "SOON", "Called", "Namer"]

#: What ends or is reviewed within so many days is told before.
SOON: Final = timedelta(days=60)
#: Purposes that forms propose, as DPV abbreviates them.
OFTEN: Final = (
    "dpv:AcademicResearch",
    "dpv:ScientificResearch",
    "dpv:CommercialResearch",
    "dpv:ServiceProvision",
    "dpv:ImprovePublicServices",
    "dpv:ProtectionOfPublicSecurity",
    "dpv:FraudPreventionAndDetection",
    "sector-health:HomeCareManagement",
    "sector-health:PatientRemoteMonitoring",
    "sector-health:HealthcareScientificResearch",
)


@dataclass(frozen=True, slots=True)
class Called:
    """A name, and its language where that is not the page's.

    Attributes:
        id: What it names.
    """

    id: str
    text: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Namer:
    """Names things in the language of a visit."""

    visit: Visit

    @property
    def today(self) -> date:
        """The day of the visit, as the node's records have it."""
        return date.fromisoformat(self.visit.now[:10])

    def organisation(self, organisation_id: str) -> Called:
        """Name an organisation by its record in the collective, else by its id."""
        held = self.visit.site.node.collective.find(organisation_id)
        title = getattr(held.record, "title", None) if held is not None else None
        if not isinstance(title, dict) or not title:
            return Called(organisation_id, organisation_id)
        return Called(organisation_id, text_of(title, self.visit.language.code))

    def purpose(self, iri: str) -> Called:
        """Name a purpose: in words of the language where there are, else in DPV's English."""
        term = self.visit.language.term("purpose", curie_of(iri))
        return Called(iri, term) if term else Called(iri, purpose_label(iri), "en")

    def often(self) -> tuple[Called, ...]:
        """Give purposes that are often used, by the names under which forms take them."""
        names = (self.visit.language.term("purpose", one) for one in OFTEN)
        return tuple(Called(one, name or one) for one, name in zip(OFTEN, names, strict=True))

    def purposes(self, iris: Iterable[str]) -> tuple[Called, ...]:
        return tuple(map(self.purpose, iris))

    def type(self, iri: str) -> str:
        return self.visit.language.words("type", iri)

    def dataset(self, dataset: Dataset) -> Called:
        """Name a dataset: one that was made of a type, and has no other title, as that type."""
        own = dataset.title.get(self.visit.language.code)
        if own:
            return Called(dataset.id, own)
        if dataset.types and len({self.type(iri) for iri in dataset.types}) == 1:
            return Called(dataset.id, self.type(dataset.types[0]))
        return Called(dataset.id, next(iter(dataset.title.values())), next(iter(dataset.title)))

    def text(self, texts: dict[str, str]) -> Called | None:
        """Choose a text by language."""
        code = self.visit.language.code
        if code in texts:
            return Called("", texts[code])
        return next((Called("", text, lang) for lang, text in texts.items()), None)

    def day(self, text: str) -> str:
        """Write a day, or the day of a moment."""
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            return text
        return str(format_date(day, "long", self.visit.language.locale))

    def is_soon(self, text: str) -> bool:
        """Tell whether a day, or the day of a moment, is near or past."""
        try:
            return date.fromisoformat(text[:10]) <= self.today + SOON
        except ValueError:
            return False

    def dataset_path(self, dataset_id: str) -> str:
        return f"/{self.visit.language.code}/datasets/{quote(dataset_id, safe=':')}"

    def agreement_path(self, agreement_id: str) -> str:
        return f"/{self.visit.language.code}/agreements/{quote(agreement_id, safe=':')}"
