"""Who runs which urban platform: with parts that others may use again, and where to try them."""

import csv
import io
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.exports import harmless
from hanze.collaboration.records.offers import Platform
from hanze.collaboration.records.record import text_of
from hanze.web.api.collective.records import Language, Named, named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]


class WhichPlatforms(Taken, frozen=True):
    """Which ones.

    Attributes:
        reusable: Only those with parts that others may use again.
        test: Only those with a test environment.
        language: Of names in the table.
    """

    reusable: bool = False
    test: bool = False
    language: Language = "en"


class Part(Answer, frozen=True):
    """A part of a platform."""

    name: str
    reusable: bool
    open_source: bool
    url: str | None = None
    standards: tuple[str, ...] = ()


class PlatformInUse(Answer, frozen=True):
    """A platform, who runs it, and of which day that is."""

    id: str
    title: Mapping[str, str]
    date: str
    operators: list[Named]
    source_city: Named | None = None
    product: str | None = None
    parts: list[Part] = []
    standards: list[Named] = []
    test_environment: str | None = None
    in_use_since: str | None = None
    website: str | None = None


class Inventory(Answer, frozen=True):
    """All platforms that are left."""

    total: int
    platforms: list[PlatformInUse]


async def list_platforms(ask: Ask) -> Inventory:
    """List who runs which platform, with its reusable parts and its test environment."""
    wanted = ask.parameters(WhichPlatforms)
    collective = await ask.node.collective.refresh(ask.now)
    found = [_platform(held, collective) for held in _chosen(collective, wanted)]
    return Inventory(total=len(found), platforms=found)


async def platforms_csv(ask: Ask) -> Response:
    """Download the inventory of platforms as CSV: a row for each part, or one for a platform."""
    wanted = ask.parameters(WhichPlatforms)
    collective = await ask.node.collective.refresh(ask.now)
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(
        (
            *("platform", "operators", "product", "part", "reusable", "openSource", "standards"),
            *("testEnvironment", "website", "sourceCity", "date", "id"),
        )
    )
    for held in _chosen(collective, wanted):
        table.writerows(_rows(_platform(held, collective), wanted.language))
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="platforms.csv"'},
    )


def _chosen(collective: Collective, wanted: WhichPlatforms) -> list[Held[Platform]]:
    return sorted(
        (
            held
            for held in collective.of(Platform)
            if (not wanted.reusable or any(part.reusable for part in held.record.parts))
            and (not wanted.test or held.record.test_environment)
        ),
        key=lambda held: (text_of(held.record.title, wanted.language).casefold(), held.record.id),
    )


def _platform(held: Held[Platform], collective: Collective) -> PlatformInUse:
    record = held.record
    return PlatformInUse(
        id=record.id,
        title=record.title,
        date=held.date,
        operators=[named(one, collective) for one in record.operators],
        source_city=named_if(held.city, collective),
        product=record.product,
        parts=[
            Part(
                name=part.name,
                reusable=part.reusable,
                open_source=part.open_source,
                url=part.url,
                standards=part.standards,
            )
            for part in record.parts
        ],
        standards=[named(one, collective) for one in record.standards],
        test_environment=record.test_environment,
        in_use_since=record.in_use_since.isoformat() if record.in_use_since else None,
        website=record.website,
    )


def _rows(platform: PlatformInUse, language: str) -> Sequence[Sequence[str]]:
    names = "; ".join(_name(one, language) for one in platform.operators)
    before = (harmless(text_of(platform.title, language)), names, harmless(platform.product or ""))
    city = _name(platform.source_city, language) if platform.source_city else ""
    after = (
        platform.test_environment or "",
        platform.website or "",
        city,
        platform.date,
        platform.id,
    )
    parts = platform.parts or [Part(name="", reusable=False, open_source=False)]
    return [
        (
            *before,
            harmless(part.name),
            "yes" if part.reusable else "no",
            "yes" if part.open_source else "no",
            "; ".join(part.standards),
            *after,
        )
        for part in parts
    ]


def _name(one: Named, language: str) -> str:
    return harmless(text_of(one.title, language) or one.id)


ROUTES = (
    ApiRoute("GET", "/platforms", list_platforms, Inventory, WhichPlatforms),
    ApiRoute(
        "GET", "/platforms.csv", platforms_csv, parameters=WhichPlatforms, media=("text/csv",)
    ),
)
