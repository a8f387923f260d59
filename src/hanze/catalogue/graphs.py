"""Catalogues as graphs: written as Turtle, read from Turtle or JSON-LD, and looked through (pure).

rdflib is imported when it is first used: who serves JSON-LD alone does without it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import orjson

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

if TYPE_CHECKING:
    from rdflib import Graph

__all__ = ["CatalogueUnreadable", "graph_of", "missing_members", "read_graph", "to_turtle"]

_DEEPEST: Final = 40
_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCT: Final = "http://purl.org/dc/terms/"
_RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

#: What DCAT-AP 3 and DCAT-AP-NL 3 ask of each class; our own table of their mandatory properties.
_MANDATORY: Final[Mapping[str, tuple[str, ...]]] = {
    _DCAT + "Catalog": (
        _DCT + "title",
        _DCT + "description",
        _DCT + "publisher",
        _DCAT + "contactPoint",
        _DCAT + "dataset",
    ),
    _DCAT + "Dataset": (
        _DCT + "title",
        _DCT + "description",
        _DCT + "identifier",
        _DCT + "creator",
        _DCT + "publisher",
        _DCAT + "contactPoint",
        _DCAT + "theme",
        _DCT + "accessRights",
    ),
    _DCAT + "Distribution": (_DCAT + "accessURL", _DCT + "license"),
    _DCAT + "DataService": (
        _DCT + "title",
        _DCT + "description",
        _DCT + "identifier",
        _DCT + "publisher",
        _DCAT + "contactPoint",
        _DCAT + "theme",
        _DCT + "accessRights",
        _DCT + "license",
        _DCAT + "endpointURL",
        _DCAT + "endpointDescription",
    ),
}


class CatalogueUnreadable(InvalidInput):
    """What should be a catalogue is neither JSON-LD nor Turtle, or asks for something elsewhere."""


def graph_of(document: Mapping[str, JsonValue]) -> "Graph":
    """Read a JSON-LD document that we made."""
    return _linked(dict(document))


def to_turtle(document: Mapping[str, JsonValue]) -> str:
    """Write a JSON-LD document that we made as Turtle."""
    return graph_of(document).serialize(format="turtle")


def read_graph(raw: bytes) -> "Graph":
    """Read what another one sent, as Turtle or as JSON-LD that needs nothing else to be fetched.

    Raises:
        CatalogueUnreadable: It is neither.
    """
    from rdflib import Graph  # noqa: PLC0415  # heavy

    begins = raw.lstrip()[:1]
    form = "JSON-LD" if begins in (b"{", b"[") else "Turtle"
    document = _checked(raw) if form == "JSON-LD" else None
    try:
        return Graph().parse(data=raw, format="turtle") if document is None else _linked(document)
    except Exception as error:  # rdflib raises whatever it meets
        raise CatalogueUnreadable(f"The catalogue is no {form}: {str(error)[:200]}") from error


def missing_members(graph: "Graph") -> tuple[tuple[str, str, str], ...]:
    """List which mandatory properties of DCAT-AP and DCAT-AP-NL a catalogue lacks.

    Returns:
        IRI of what lacks it, its class, and the property; sorted.
    """
    from rdflib import URIRef  # noqa: PLC0415  # heavy

    found = [
        (str(subject), kind, name)
        for kind, names in _MANDATORY.items()
        for subject in graph.subjects(URIRef(_RDF_TYPE), URIRef(kind))
        for name in names
        if (subject, URIRef(name), None) not in graph
    ]
    if (None, URIRef(_RDF_TYPE), URIRef(_DCAT + "Catalog")) not in graph:
        found.append(("", _DCAT + "Catalog", _RDF_TYPE))
    return tuple(sorted(found))


def _linked(document: JsonValue) -> "Graph":
    """Read JSON-LD; not with rdflib's own `parse`, which warns of what it calls itself."""
    from rdflib import Graph  # noqa: PLC0415  # heavy
    from rdflib.plugins.parsers.jsonld import to_rdf  # noqa: PLC0415

    graph = Graph()
    to_rdf(document, graph)
    return graph


def _checked(raw: bytes) -> JsonValue:
    """Refuse what names contexts elsewhere: a reader would fetch whatever another one wrote."""
    try:
        document: JsonValue = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise CatalogueUnreadable(f"The catalogue is no JSON: {error}") from error
    waiting: list[tuple[JsonValue, int]] = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise CatalogueUnreadable("The catalogue is nested too deeply")
        if isinstance(value, dict):
            if "@import" in value or _is_elsewhere(value.get("@context")):
                raise CatalogueUnreadable("The catalogue must carry its @context itself")
            waiting += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]
    return document


def _is_elsewhere(context: JsonValue) -> bool:
    if isinstance(context, list):
        return any(map(_is_elsewhere, context))
    return isinstance(context, str)
