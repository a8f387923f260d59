"""What other catalogues list, kept beside our own and never passed on (pure)."""

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

__all__ = ["Elsewhere", "Harvest", "listed_in"]

_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCT: Final = "http://purl.org/dc/terms/"
_FOAF_NAME: Final = "http://xmlns.com/foaf/0.1/name"
_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_NEXT: Final = "http://www.w3.org/ns/hydra/core#next"
_LANGUAGES: Final = frozenset({"nl", "en", "ko"})
_MOST: Final = 5_000
_MOST_TEXT: Final = 2_000
_MOST_WAYS: Final = 20


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A dataset of another catalogue, as that one describes it.

    Attributes:
        id: Its IRI.
        title: By language ("nl", "en", "ko"; "" where none is told); so for `description`.
        publisher: Name or IRI.
        access_rights: Code of the EU authority table, or "".
        license: IRI; "" where none is told.
        modified: Text, as it was told.
        page: Where people read about it.
        access: URLs of its distributions.
    """

    id: str
    title: dict[str, str]
    description: dict[str, str] = {}
    publisher: str = ""
    access_rights: str = ""
    license: str = ""
    modified: str = ""
    page: str = ""
    access: tuple[str, ...] = ()


class Harvest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one catalogue listed when it was read last.

    Attributes:
        id: Its URL.
        name: Of the node or the publisher.
        peer: Id of the member of the league whose it is; "" for others.
        read_at: DateTime text: when what is here was read.
        tried_at: DateTime text of the last attempt.
        problem: Why that failed; "" where it did not.
        datasets: What it listed.
    """

    id: str
    name: str
    peer: str = ""
    read_at: str = ""
    tried_at: str = ""
    problem: str = ""
    datasets: tuple[Elsewhere, ...] = ()


def listed_in(graph: "Graph") -> tuple[str, tuple[Elsewhere, ...], str]:
    """Read what a catalogue lists; nothing in it is trusted to be of any length or form.

    Returns:
        The catalogue's title, its datasets by IRI, and the address of its next page or "".
    """
    from rdflib import URIRef  # noqa: PLC0415  # heavy

    kinds = URIRef(_TYPE)
    titles = [
        next(iter(_texts(graph, one, _DCT + "title").values()), "")
        for one in graph.subjects(kinds, URIRef(_DCAT + "Catalog"))
    ]
    named = [
        one for one in graph.subjects(kinds, URIRef(_DCAT + "Dataset")) if isinstance(one, URIRef)
    ]
    found = [_elsewhere(graph, one) for one in sorted(named)[:_MOST]]
    following = [str(one) for one in graph.objects(None, URIRef(_NEXT))]
    return next(iter(titles), ""), tuple(found), min(following, default="")


def _elsewhere(graph: "Graph", node: "Node") -> Elsewhere:
    from rdflib import URIRef  # noqa: PLC0415  # heavy

    ways = list(graph.objects(node, URIRef(_DCAT + "distribution")))
    publishers = list(graph.objects(node, URIRef(_DCT + "publisher")))
    names = [name for one in publishers for name in _texts(graph, one, _FOAF_NAME).values()]
    licenses = [text for one in ways for text in _iris(graph, one, _DCT + "license")]
    access = [text for one in ways for text in _iris(graph, one, _DCAT + "accessURL")]
    rights = _iris(graph, node, _DCT + "accessRights")
    return Elsewhere(
        id=str(node)[:_MOST_TEXT],
        title=_texts(graph, node, _DCT + "title") or {"": str(node)[:200]},
        description=_texts(graph, node, _DCT + "description"),
        publisher=next(iter(names), next((str(one)[:200] for one in publishers), "")),
        access_rights=rights[0].rpartition("/")[2] if rights else "",
        license=licenses[0] if licenses else "",
        modified=next((str(o)[:40] for o in graph.objects(node, URIRef(_DCT + "modified"))), ""),
        page=next(iter(_addresses(_iris(graph, node, _DCAT + "landingPage"))), ""),
        access=tuple(_addresses(access)[:_MOST_WAYS]),
    )


def _texts(graph: "Graph", node: "Node", name: str) -> dict[str, str]:
    from rdflib import Literal, URIRef  # noqa: PLC0415  # heavy

    found: dict[str, str] = {}
    for one in graph.objects(node, URIRef(name)):
        if isinstance(one, Literal):
            language = (one.language or "").partition("-")[0]
            found[language if language in _LANGUAGES else ""] = str(one)[:_MOST_TEXT]
    return dict(sorted(found.items(), reverse=True))


def _iris(graph: "Graph", node: "Node", name: str) -> list[str]:
    from rdflib import URIRef  # noqa: PLC0415  # heavy

    found = graph.objects(node, URIRef(name))
    return sorted(str(one)[:_MOST_TEXT] for one in found if isinstance(one, URIRef))


def _addresses(texts: list[str]) -> list[str]:
    """Keep what a page may lead to: an address with a script in it leads nowhere good."""
    return [one for one in texts if one.startswith(("https://", "http://"))]
