"""How entities are shown: the parameters and headers that choose a representation (6.3.7, 6.4.3.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from hanze.errors import InvalidInput, TooMuch
from hanze.ngsild.context import Context
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.projection import Projection, parse_projection
from hanze.ngsild.representation.view import PLAIN, View
from hanze.web.api.parameters import InvalidRequest, Parameters
from hanze.web.negotiation import Media, accepted_media, preferences

__all__ = [
    "FORMATS",
    "MAX_JOIN_LEVEL",
    "OPTIONS",
    "SHOWING",
    "Format",
    "Join",
    "JoinTooDeep",
    "Showing",
    "showing_of",
]

#: URL parameters that choose what is shown of an entity, and how (6.4.3.2, 6.5.3.1).
SHOWING = frozenset(
    {
        *("attrs", "pick", "omit", "lang", "datasetId", "format", "options", "geometryProperty"),
        *("join", "joinLevel", "containedBy", "entityMap", "entityMapLifetime"),
    }
)
#: Keywords of the options parameter (6.3.7, 6.3.11).
OPTIONS = frozenset({"normalized", "concise", "simplified", "keyValues", "sysAttrs"})

#: How far relationships are followed (5.5.6).
MAX_JOIN_LEVEL = 10


class JoinTooDeep(TooMuch):
    """Linked entities are asked for at a greater depth than the node follows (5.5.6)."""

    def __init__(self, level: int, deepest: int) -> None:
        super().__init__(f"joinLevel is {level}, the most is {deepest}")


class Format(Enum):
    """The representations of 4.5.2 to 4.5.4."""

    NORMALIZED = "normalized"
    CONCISE = "concise"
    SIMPLIFIED = "simplified"


#: What `format` and, deprecated, `options` call them (6.3.7).
FORMATS = {
    "normalized": Format.NORMALIZED,
    "concise": Format.CONCISE,
    "simplified": Format.SIMPLIFIED,
    "keyValues": Format.SIMPLIFIED,
}


class Join(Enum):
    """How linked entities are shown (4.5.23)."""

    INLINE = "inline"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Showing:
    """How entities are shown.

    Attributes:
        context: Names are compacted with it.
        attributes: IRIs of `attrs`; empty shows all.
        geometry_property: IRI of the GeoProperty that becomes a feature's geometry (6.3.15).
        context_in_body: Whether GeoJSON carries its @context (6.3.6).
        join_level: 0 follows no relationship.
        version: NGSI-LD version that the answer is amended to (4.3.6.8).
        is_stored_form: What the store keeps is the answer, under the same @context.
        named: Attributes (IRIs) that the request names to be shown, with the parameter that does.
    """

    context: Context
    media: Media
    format: Format
    view: View
    projection: Projection | None
    attributes: frozenset[str]
    geometry_property: str
    context_in_body: bool
    join: Join | None
    join_level: int
    contained_by: frozenset[str]
    version: str | None
    is_stored_form: bool
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def needed(self) -> frozenset[str] | None:
        """IRIs of the only attributes that an answer is made of; `None` for all."""
        picked = None if self.projection is None else self.projection.pick
        if self.attributes:
            names = self.attributes
        elif picked is not None:
            names = frozenset(term.name for term in picked) - _MEMBERS
        else:
            return None
        return names | {self.geometry_property} if self.media is Media.GEO_JSON else names


#: What `pick` names besides attributes.
_MEMBERS = frozenset({ID, TYPE, SCOPE})


def showing_of(
    parameters: Parameters, context: Context, *, accept: bytes | None, prefer: bytes | None
) -> Showing:
    """Read what the headers and parameters say of the representation.

    Raises:
        NotAcceptable: The Accept header allows none that there is.
        InvalidInput: A parameter is wrong, or contradicts another.
    """
    media = accepted_media(accept, geojson=True)
    preferred = preferences(prefer)
    if "geometryProperty" in parameters and media is not Media.GEO_JSON:
        raise InvalidInput(
            "geometryProperty goes with Accept: application/geo+json only",
            field="geometryProperty",
            clause="5.7.1.4",
        )
    keywords = parameters.options(OPTIONS)
    form = _format(parameters, keywords)
    join, level = _join(parameters)
    view = View(
        sys_attrs="sysAttrs" in keywords,
        languages=parse_languages(parameters["lang"]) if "lang" in parameters else None,
        dataset_ids=parameters.dataset_ids(),
    )
    projection = _projection(parameters, context, level)
    attributes = frozenset(context.expand_name(name) for name in parameters.listed("attrs"))
    return Showing(
        context=context,
        media=media,
        format=form,
        view=view,
        projection=projection,
        attributes=attributes,
        geometry_property=context.expand_name(parameters.get("geometryProperty", "location")),
        context_in_body=preferred.context_in_body,
        join=join,
        join_level=level,
        contained_by=frozenset(parameters.uris("containedBy")),
        version=preferred.version,
        is_stored_form=(
            form is Format.NORMALIZED
            and view == PLAIN
            and projection is None
            and not attributes
            and join is None
            and preferred.version is None
            and media is not Media.GEO_JSON
        ),
        named=_named(parameters, context, attributes, projection),
    )


def _named(
    parameters: Parameters,
    context: Context,
    attributes: Iterable[str],
    projection: Projection | None,
) -> Mapping[str, str]:
    picked = () if projection is None else projection.pick or ()
    named = {term.name: "pick" for term in picked if term.name not in _MEMBERS}
    if "geometryProperty" in parameters:
        named[context.expand_name(parameters["geometryProperty"])] = "geometryProperty"
    return {**named, **dict.fromkeys(attributes, "attrs")}


def _format(parameters: Parameters, keywords: frozenset[str]) -> Format:
    """`format` takes precedence over its deprecated synonym in `options` (6.3.7)."""
    name = parameters.get("format")
    if name is not None:
        if name not in FORMATS:
            raise InvalidRequest(
                "format must be normalized, concise, simplified or keyValues",
                field="format",
                value=name,
                clause="6.3.7",
            )
        return FORMATS[name]
    named = {FORMATS[keyword] for keyword in keywords if keyword in FORMATS}
    if len(named) > 1:
        raise InvalidRequest(
            "options names more than one representation", field="options", clause="6.3.7"
        )
    return named.pop() if named else Format.NORMALIZED


def _join(parameters: Parameters) -> tuple[Join | None, int]:
    name = parameters.get("join", "@none")
    if name not in {"flat", "inline", "@none"}:
        raise InvalidInput(
            "join must be flat, inline or @none", field="join", value=name, clause="4.5.23"
        )
    if name == "@none":
        return None, 0
    level = parameters.number("joinLevel", 1)
    if level < 1:
        raise InvalidInput("joinLevel must be 1 or more", field="joinLevel", value=level)
    if level > MAX_JOIN_LEVEL:
        raise JoinTooDeep(level, MAX_JOIN_LEVEL)
    return Join(name), level


def _projection(parameters: Parameters, context: Context, level: int) -> Projection | None:
    if "pick" not in parameters and "omit" not in parameters:
        return None
    projection = parse_projection(parameters.get("pick"), parameters.get("omit"), context)
    if projection is not None and projection.depth() > level:
        raise InvalidInput(
            "pick or omit reaches into linked entities deeper than joinLevel",
            field="pick" if "pick" in parameters else "omit",
            clause="5.7.1.4",
        )
    return projection
