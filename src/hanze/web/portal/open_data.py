"""The catalogue for people: what the node offers and what others do, with licences and downloads."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.catalogue.dcat import dataset_iri
from hanze.catalogue.downloads import Download, downloads
from hanze.catalogue.harvested import Elsewhere, Harvest
from hanze.catalogue.offers import Offer
from hanze.governance.algorithms import text_of
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer
from hanze.web.portal.translation import type_words

__all__ = ["show_catalogue"]

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class _Row:
    """An offer for a page.

    Attributes:
        iri: Names it in the catalogue that programs read.
        ways: To its data.
    """

    offer: Offer
    iri: str
    title: Called
    description: Called
    conditions: Called | None
    path: str
    ways: tuple[Download, ...]


@dataclass(frozen=True, slots=True)
class _Other:
    """What another catalogue lists, for a page.

    Attributes:
        read: When, in words; "" while it was never read.
    """

    harvest: Harvest
    read: str
    datasets: tuple[tuple[Elsewhere, Called], ...]


async def show_catalogue(visit: Visit) -> Response:
    """Show what the node offers, and what the catalogues of others list."""
    node = visit.site.node
    await node.collective.refresh(visit.now)
    namer = Namer(visit)
    found = node.catalogue.offers(visit.caller.tenant, type_words, visit.now)
    rows = sorted((_row(visit, namer, one) for one in found), key=lambda row: row.title.text)
    return visit.page(
        "catalogue/catalogue.html",
        simulated=False,
        rows=rows[:_MOST],
        total=len(rows),
        others=[_other(visit, one) for one in node.catalogue.harvests.listed()],
        publisher=node.catalogue.publisher(visit.base_url),
    )


def _row(visit: Visit, namer: Namer, offer: Offer) -> _Row:
    dataset = offer.dataset
    return _Row(
        offer=offer,
        iri=dataset_iri(visit.base_url, offer.id),
        title=_text(visit, dict(offer.title)),
        description=_text(visit, dict(offer.description)),
        conditions=namer.text(dataset.conditions),
        path=namer.dataset_path(dataset.id),
        ways=downloads(offer, ""),
    )


def _other(visit: Visit, harvest: Harvest) -> _Other:
    moment = parse_moment(harvest.read_at) if harvest.read_at else None
    listed = [(one, _text(visit, one.title)) for one in harvest.datasets[:_MOST]]
    return _Other(harvest, visit.speaker.formats.full(moment) if moment else "", tuple(listed))


def _text(visit: Visit, texts: dict[str, str]) -> Called:
    code = visit.language.code
    if texts.get(code):
        return Called("", texts[code])
    text = text_of(texts, code) or next(iter(texts.values()), "")
    language = next((lang for lang, one in texts.items() if one == text), "")
    return Called("", text, language)
