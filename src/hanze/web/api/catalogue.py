"""`/api/v1/catalogue`: what the node offers, as DCAT-AP and DCAT-AP-NL describe it; and what others do.

Whoever asks for Turtle gets that, everybody else JSON-LD.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hanze.catalogue.dcat import Page, catalogue, dataset_iri
from hanze.catalogue.graphs import graph_of, missing_members, to_turtle
from hanze.catalogue.harvested import Harvest
from hanze.catalogue.offers import Offer, Words
from hanze.errors import NotFound
from hanze.ngsild.model import JsonValue
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

_LD: Final = "application/ld+json"
_TURTLE: Final = "text/turtle"
_MEDIA: Final[Mapping[str, str]] = {"jsonld": _LD, "ttl": _TURTLE}


class OfferNotFound(NotFound):
    """The catalogue lists no dataset of this id."""

    def __init__(self, offer_id: str) -> None:
        super().__init__(f"The catalogue does not list {offer_id[:200]}")


class CatalogueParameters(Taken, frozen=True):
    """Which part of the catalogue."""

    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200


class HarvestGiven(Taken, frozen=True):
    """Which catalogue is read; without an address, all that are known are read again."""

    url: Annotated[str, Meta(max_length=2_000)] = ""


class HarvestWhich(Taken, frozen=True):
    """Which catalogue is read no longer."""

    url: Annotated[str, Meta(max_length=2_000)]


class HarvestList(Answer, frozen=True):
    """What other catalogues list, each with when it was read."""

    catalogues: tuple[Harvest, ...]


class MissingMember(Answer, frozen=True):
    """A mandatory property that something lacks; `id` and classes as IRIs."""

    id: str
    of: str
    property: str


class CatalogueCheck(Answer, frozen=True):
    """Whether the catalogue says what DCAT-AP 3 and DCAT-AP-NL 3 ask for."""

    valid: bool
    datasets: int
    missing: tuple[MissingMember, ...] = ()


async def show_catalogue(ask: Ask) -> Response:
    """Show what the node offers: open data, and data under agreements (DCAT-AP 3, DCAT-AP-NL 3)."""
    accepted = ask.request.headers.get("accept", "").lower()
    turtle = _TURTLE in accepted and not accepted.startswith(_LD)
    response = await _shown(ask, "ttl" if turtle else "jsonld")
    response.headers["vary"] = "Accept"
    return response


async def catalogue_file(ask: Ask) -> Response:
    """Show the same as a file: `jsonld` or `ttl`."""
    return await _shown(ask, ask.path("ending"))


async def show_offer(ask: Ask) -> Response:
    """Show one dataset of the catalogue."""
    wanted = ask.path("id")
    found = next((one for one in await _offers(ask) if one.id == wanted), None)
    if found is None:
        raise OfferNotFound(wanted)
    publisher = ask.node.catalogue.publisher(ask.base_url)
    document = catalogue((found,), publisher, Page(1, 1))
    accepted = ask.request.headers.get("accept", "").lower()
    response = _answer(document, "ttl" if _TURTLE in accepted else "jsonld")
    response.headers["vary"] = "Accept"
    response.headers["link"] = f'<{dataset_iri(ask.base_url, wanted)}>; rel="canonical"'
    return response


async def check_catalogue(ask: Ask) -> CatalogueCheck:
    """Check that the whole catalogue says what DCAT-AP 3 and DCAT-AP-NL 3 make mandatory."""
    found = await _offers(ask)
    page = Page(1, max(1, len(found)))
    document = catalogue(found, ask.node.catalogue.publisher(ask.base_url), page)
    missing = missing_members(graph_of(document))
    return CatalogueCheck(
        valid=not missing,
        datasets=len(found),
        missing=tuple(MissingMember(id=one, of=of, property=name) for one, of, name in missing),
    )


async def list_harvests(ask: Ask) -> HarvestList:
    """List what the catalogues of others list: whose, and when it was read."""
    return HarvestList(catalogues=ask.node.catalogue.harvests.listed())


async def harvest(ask: Ask) -> HarvestList:
    """Read another catalogue now and from now on, or all again that are known."""
    require_known(ask.caller)
    given = await ask.body(HarvestGiven)
    harvests = ask.node.catalogue.harvests
    if not given.url:
        return HarvestList(catalogues=await harvests.refresh(ask.caller, now=ask.now))
    return HarvestList(catalogues=(await harvests.add(ask.caller, given.url, now=ask.now),))


async def end_harvest(ask: Ask) -> Response:
    """Read a catalogue no longer, and let go of what it listed."""
    require_known(ask.caller)
    url = ask.parameters(HarvestWhich).url
    await ask.node.catalogue.harvests.remove(ask.caller, url, now=ask.now)
    return Response(status_code=204)


async def _shown(ask: Ask, ending: str) -> Response:
    if ending not in _MEDIA:
        raise OfferNotFound(f"catalogue.{ending}")
    asked = ask.parameters(CatalogueParameters)
    publisher = ask.node.catalogue.publisher(ask.base_url)
    page = Page(asked.page, asked.limit)
    return _answer(catalogue(await _offers(ask), publisher, page), ending)


async def _offers(ask: Ask) -> tuple[Offer, ...]:
    await ask.node.collective.refresh(ask.now)
    words: Words = ask.request.app.state.type_words
    found: tuple[Offer, ...] = ask.node.catalogue.offers(ask.caller.tenant, words, ask.now)
    return found


def _answer(document: Mapping[str, JsonValue], ending: str) -> Response:
    body = to_turtle(document).encode() if ending == "ttl" else msgspec.json.encode(document)
    return Response(body, media_type=_MEDIA[ending])


_HARVESTED = "/catalogue/harvested"

ROUTES = (
    ApiRoute("GET", "/catalogue", show_catalogue, None, CatalogueParameters, media=(_LD, _TURTLE)),
    ApiRoute(
        "GET",
        "/catalogue.{ending}",
        catalogue_file,
        None,
        CatalogueParameters,
        media=(_LD, _TURTLE),
    ),
    ApiRoute("GET", "/catalogue/datasets/{id:path}", show_offer, media=(_LD, _TURTLE)),
    ApiRoute("GET", "/catalogue/check", check_catalogue, CatalogueCheck),
    ApiRoute("GET", _HARVESTED, list_harvests, HarvestList),
    ApiRoute("POST", _HARVESTED, harvest, HarvestList, body=HarvestGiven),
    ApiRoute("DELETE", _HARVESTED, end_harvest, parameters=HarvestWhich, status=204),
)
