"""One visit to the pages of the collective: its records, and how they are named, linked and shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.index.rows import theme_concept
from hanze.collaboration.kept import sharing_cities
from hanze.collaboration.members import tenant_of
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.search import Matched, Search
from hanze.collaboration.vocabulary.concept import THEMES
from hanze.identity.caller import Caller
from hanze.web.portal.collective.menu import GROUPS, MENU
from hanze.web.portal.collective.wording import Said, Wording
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.site import Visit

__all__ = ["Badge", "Card", "Desk", "KeptBy", "Link", "Unheard"]

#: Theme of the vocabulary → colour of the style sheet and the maps.
_COLOURS: Mapping[str, str] = {
    "circular-economy": "green",
    "mobility": "traffic",
    "energy": "light",
    "built-environment": "place",
    "health": "air",
    "safety": "parking",
    "water": "water",
}
#: Fields that say in one text what a record is about, the most telling first.
_TELLING = (
    *("problem", "what_it_does", "practice", "question", "tested", "text", "description"),
    *("goal", "terms", "progress", "highlights", "wishes", "conditions"),
)
#: Of which a list tells days and figures.
_FIGURES = (
    *("deadline", "closes", "trl", "budget", "price", "population", "starts", "ends", "on"),
    *("due", "signed_on", "places_left", "participants"),
)
_EXCERPT = 220
_CONTACT = "urn:ngsi-ld:Contact:"


@dataclass(frozen=True, slots=True)
class Link:
    """A record by its name.

    Attributes:
        label: Its title, else the last part of its id.
        href: Of its page; "" where the node does not hold it.
        kind: What it is, in words; "" likewise.
        id: Of the record.
    """

    label: Said
    href: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class KeptBy:
    """The node of the league that keeps a record.

    Attributes:
        node: Its name.
        record: Address of the record's page there.
        since: The moment since when nothing is heard of the node, in words; "" while it is heard.
    """

    node: str
    record: str
    since: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """A node of which nothing is heard, since when, in words."""

    node: str
    since: str


@dataclass(frozen=True, slots=True)
class Badge:
    """Where a record stands.

    Attributes:
        label: In words.
        tone: "going", "good", "bad", "waiting" or "": a colour beside the words.
    """

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """A record in a list."""

    id: str
    href: str
    kind: str
    kind_name: str
    title: Said
    text: Said
    city: Link | None
    date: str
    provenance: str
    provenance_label: str
    badge: Badge | None
    themes: tuple[Link, ...]
    colour: str
    facts: tuple[tuple[str, str], ...]
    matches: tuple[Matched, ...]
    held: Held[Record]


_TONES: Mapping[str, str] = {
    code: tone
    for tone, codes in {
        "bad": "stopped dropped withdrawn declined dissolved failed cancelled refused",
        "good": "evaluated replicated scaled fulfilled answered realised adopted awarded accepted "
        "worked available joined reviewed completed done approved published used",
        "going": "pilot running open tendering forming bundled active confirmed offered given",
    }.items()
    for code in codes.split()
}


class Desk(Wording):
    """What every page of the collective works with.

    Attributes:
        visit: The request.
        collective: All records, up to date.
        search: Its index, up to date with it.
        lang: Code of the page's language.
        today: The day of the visit, in the display zone.
    """

    def __init__(self, visit: Visit, collective: Collective, search: Search) -> None:
        super().__init__(visit.speaker)
        self.visit = visit
        self.collective = collective
        self.search = search
        self.lang = visit.language.code
        self.today: date = visit.speaker.formats.now.astimezone(visit.site.zone).date()

    @classmethod
    async def of(cls, visit: Visit) -> "Desk":
        """Make the desk of a visit; its records are as they are now."""
        node = visit.site.node
        collective = await node.collective.refresh(visit.now)
        return cls(visit, collective, await node.search.refresh(collective))

    # Addresses

    def at(self, path: str, **parameters: str) -> str:
        """Write the address of a page of the collective; parameters that are empty are left out."""
        given = {name: value for name, value in parameters.items() if value}
        return f"/{self.lang}/collective{path}" + (f"?{urlencode(given)}" if given else "")

    def path(self, record_id: str) -> str:
        """Write the address of a record's page."""
        return self.at(f"/record/{quote(record_id, safe=':')}")

    def asked(self, name: str) -> str:
        """Return a parameter of the address; "" when it is not there."""
        return self.visit.request.query_params.get(name, "").strip()[:2_000]

    # Names

    def title(self, record: Record) -> Said:
        return self.text(record.title) or Said(record.id.rsplit(":", 1)[-1])

    def link(self, record_id: str) -> Link:
        """Name a record by its id, and link it where it is here."""
        held = self.collective.find(record_id)
        if held is None and record_id.startswith(_CONTACT):
            # The end of an id may be a name: of somebody who is not to be named here.
            return Link(Said(self.visit.language.texts.gettext("not shown")), "", "", "")
        if held is None:
            return Link(Said(record_id.rsplit(":", 1)[-1]), "", "", record_id)
        kind = self.kind(type(held.record).__name__)
        return Link(self.title(held.record), self.path(record_id), kind, record_id)

    def name(self, record_id: str) -> str:
        """Name a record by its id, as plain text."""
        return self.link(record_id).label.text

    def colour(self, record: Record) -> str:
        """Choose a colour by the first theme: a part of the class `theme-…`."""
        if isinstance(record, Theme):
            return _COLOURS.get(record.notation or "", "other")
        for theme in record.themes:
            return _COLOURS.get(theme_concept(theme, self.collective), "other")
        return "place" if isinstance(record, Municipality | Region | Country) else "other"

    # Records

    def card(self, held: Held[Record], matches: Sequence[Matched] = ()) -> Card:
        """Make a record ready for a list."""
        record = held.record
        name = type(record).__name__
        telling = (self.text(getattr(record, field, {})) for field in _TELLING)
        provenance = record.provenance or ("simulated" if record.simulated else "unknown")
        return Card(
            id=record.id,
            href=self.path(record.id),
            kind=name,
            kind_name=self.kind(name),
            title=self.title(record),
            text=next((said for said in telling if said), Said("")).cut(_EXCERPT),
            city=self.link(held.city) if held.city and held.city != record.id else None,
            date=held.date,
            provenance=provenance,
            provenance_label=self.code("provenance", provenance),
            badge=self.badge(record),
            themes=tuple(self.link(theme) for theme in record.themes),
            colour=self.colour(record),
            facts=tuple(self._facts(record)),
            # A word and what it is about may read alike: told once.
            matches=tuple({one.text: one for one in reversed(matches)}.values())[::-1],
            held=held,
        )

    def cards(self, several: Iterable[Held[Record]]) -> list[Card]:
        return [self.card(held) for held in several]

    def badge(self, record: Record) -> Badge | None:
        """Say in which stage, status or decision a record is; `None` for types without."""
        for field in ("stage", "status", "decision", "outcome"):
            value = getattr(record, field, None)
            if isinstance(value, str):
                said = self.code(field, value, type(record).__name__)
                return Badge(said, _TONES.get(value, "waiting"))
        return None

    def _facts(self, record: Record) -> Iterable[tuple[str, str]]:
        """Choose the few figures that a list shows."""
        known = getattr(record, "days_known", True)
        for field in _FIGURES:
            value = getattr(record, field, None)
            label = self.field(field, type(record).__name__)
            if isinstance(value, date):
                yield label, self.day(value) if known else self.month(value)
            elif isinstance(value, int):
                yield label, self.number(value)
            elif isinstance(value, Money):
                yield label, self.money(value)

    # Other nodes

    @cached_property
    def unheard(self) -> list[Unheard]:
        """The nodes whose part is not fresh, of those that have one here."""
        parts = self.collective.parts(self.visit.now)
        return [
            Unheard(part.source.name, self._moment(part.stale_since))
            for part in parts
            if part.stale_since is not None and part.records
        ]

    def home(self, held: Held[Record]) -> KeptBy | None:
        """Say which other node keeps a record; `None` for what lives here."""
        home = held.home
        if home is None:
            return None
        stale = {one.node: one.since for one in self.unheard}
        return KeptBy(home.name, home.url + self.path(held.record.id), stale.get(home.name, ""))

    def _moment(self, text: str) -> str:
        moment = parse_moment(text)
        return self.visit.speaker.formats.moment(moment) if moment is not None else text

    # Choices of a form or filter

    @cached_property
    def themes(self) -> list[Link]:
        """The themes, those of the strategy in its order, then the cities' own."""
        order = {name: number for number, name in enumerate(THEMES)}

        def rank(held: Held[Theme]) -> tuple[int, str]:
            return order.get(held.record.notation or "", len(order)), held.record.id

        return [self.link(held.record.id) for held in sorted(self.collective.of(Theme), key=rank)]

    @cached_property
    def active_cities(self) -> list[Link]:
        """The cities that shared something, by name."""
        active = sharing_cities(self.collective)
        found = (self.collective.find(city) for city in active)
        named = [self.link(one.record.id) for one in found if one and _is_city(one.record)]
        return sorted(named, key=lambda link: link.label.text.casefold())

    @cached_property
    def cities(self) -> list[Link]:
        """All cities: those that shared something first, then the others, by name."""
        active = {link.id for link in self.active_cities}
        others = [
            self.link(held.record.id)
            for held in self.collective.of(Municipality)
            if held.record.id not in active
        ]
        return [*self.active_cities, *sorted(others, key=lambda link: link.label.text.casefold())]

    def options(self, term: str, values: Iterable[str]) -> list[tuple[str, str]]:
        """Make codes of a field the options of a choice."""
        return [(value, self.code(term, value)) for value in values]

    # Writing

    @property
    def may_write(self) -> bool:
        return self.visit.may_write

    def writer(self, tenant: str = "") -> Caller:
        """The visitor, as the writer in a tenant: that of the record (`Held.tenant`)."""
        return self.visit.caller.in_tenant(tenant)

    def tenant_of(self, city: str | None) -> str:
        """Say in which tenant new records of a city live."""
        registers = self.visit.site.node.store.registers
        return (tenant_of(registers, city) if city is not None else None) or ""

    def page(
        self, template: str, *, menu: str = "", status: int = 200, **values: object
    ) -> HTMLResponse:
        """Render a template of `templates/collective/`.

        Args:
            template: Its file name.
            menu: Key of the entry of `MENU` that is the present one.
            status: Of the answer.
            values: For the template, which has `desk` as well.
        """
        return self.visit.page(
            f"collective/{template}",
            status=status,
            desk=self,
            menu=MENU,
            menu_groups=GROUPS,
            menu_key=menu,
            simulated=False,
            **values,
        )


def _is_city(record: Record) -> bool:
    return isinstance(record, Municipality)
