"""Who runs which urban platform, with parts that others may use again, and the standards."""

from dataclasses import dataclass

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.records.offers import Platform, PlatformPart, Standard
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to

__all__ = ["show", "standards"]


@dataclass(frozen=True, slots=True)
class _Platform:
    """A platform."""

    card: Card
    operators: tuple[Link, ...]
    product: str
    parts: tuple[PlatformPart, ...]
    standards: tuple[Link, ...]
    test: str
    website: str
    since: str


@dataclass(frozen=True, slots=True)
class _Standard:
    """A standard, and how often it is named."""

    card: Card
    identifier: str
    body: str
    open: bool | None
    mandatory: tuple[Link, ...]
    website: str
    uses: tuple[tuple[str, str, int], ...]


async def show(desk: Desk) -> Response:
    """List the platforms by name; those with reusable parts or a test environment on request."""
    reusable, test = desk.asked("reusable") == "yes", desk.asked("test") == "yes"
    found = [
        held
        for held in desk.collective.of(Platform)
        if (not reusable or any(part.reusable for part in held.record.parts))
        and (not test or held.record.test_environment)
    ]
    found.sort(key=lambda held: (desk.title(held.record).text.casefold(), held.record.id))
    query = f"language={desk.lang}" + "&reusable=true" * reusable + "&test=true" * test
    return desk.page(
        "platforms.html",
        menu="platforms",
        rows=[_platform(desk, held) for held in found],
        reusable=reusable,
        test=test,
        downloads=[
            ("CSV", f"/api/v1/platforms.csv?{query}"),
            ("JSON", f"/api/v1/platforms?{query}"),
        ],
    )


def _platform(desk: Desk, held: Held[Platform]) -> _Platform:
    one = held.record
    return _Platform(
        card=desk.card(held),
        operators=tuple(desk.link(each) for each in one.operators),
        product=one.product or "",
        parts=one.parts,
        standards=tuple(desk.link(each) for each in one.standards),
        test=one.test_environment or "",
        website=one.website or "",
        since=desk.day(one.in_use_since) if one.in_use_since else "",
    )


async def standards(desk: Desk) -> Response:
    """List the standards, those that are named most first."""
    text, only_open = desk.asked("q").casefold(), desk.asked("open") == "yes"
    rows = [_standard(desk, held) for held in desk.collective.of(Standard)]
    found = [
        row
        for row in rows
        if (not only_open or row.open)
        and (not text or text in f"{row.identifier} {row.card.title.text} {row.body}".casefold())
    ]
    found.sort(key=lambda row: (-sum(n for _, _, n in row.uses), row.identifier.casefold()))
    here = min(page_asked(desk.asked("page")), max(-(-len(found) // PAGE_SIZE), 1))

    def address(page: str) -> str:
        only = "yes" if only_open else ""
        return desk.at("/standards", q=desk.asked("q"), open=only, page=page)

    return desk.page(
        "standards.html",
        menu="standards",
        rows=found[(here - 1) * PAGE_SIZE : here * PAGE_SIZE],
        total=len(found),
        text=desk.asked("q"),
        only_open=only_open,
        here=here,
        pages=pages_to(len(found), here, address),
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=Standard&language={desk.lang}"),
            ("JSON", "/api/v1/records.json?type=Standard"),
        ],
    )


def _standard(desk: Desk, held: Held[Standard]) -> _Standard:
    one = held.record
    counts: dict[str, int] = {}
    for reference in desk.collective.referring(one.id):
        source = desk.collective.find(reference.source)
        if source is not None:
            name = type(source.record).__name__
            counts[name] = counts.get(name, 0) + 1
    return _Standard(
        card=desk.card(held),
        identifier=one.identifier,
        body=one.standards_body or "",
        open=one.open_standard,
        mandatory=tuple(desk.link(each) for each in one.mandatory_in),
        website=one.website or "",
        uses=tuple(
            (name, desk.kinds(name), number)
            for name, number in sorted(counts.items(), key=lambda item: -item[1])
        ),
    )
