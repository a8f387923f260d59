"""Attributes as people read them: words, numbers, units, times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from msgspec import UNSET

from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.vocabulary import HANZE_NS
from hanze.web.portal.formats import Formats, Freshness, parse_moment
from hanze.web.portal.places import TITLES, text_in
from hanze.web.portal.translation import Language, local_name

__all__ = [
    "ABOUT",
    "SIMULATED",
    "TILES",
    "Instance",
    "Measured",
    "Row",
    "Speaker",
    "instance_of",
    "is_simulated",
    "latest_moment",
    "title_of",
]

SIMULATED = HANZE_NS + "simulated"
#: Attributes that say what an entity is rather than what was measured there.
ABOUT = frozenset(
    (
        *("name", "title", "alternateName", "description", "location", "address", "source"),
        "scope",
        *("license", "simulated", "dataProvider", "owner", "dateObserved", "dateModified"),
        *(
            "dateCreated",
            "seeAlso",
            "area",
            "version",
            "observationSpace",
            "operationSpace",
            "species",
        ),
        *("measurementEquipment", "measurementSide", "numberOfLanes", "siteVersion"),
        *("lanternHeight", "totalLaneNumber", "roadClass", "reliability", "status"),
    )
)
#: So many values stand at the head of an entity's page.
TILES = 4
_LONGEST_TEXT = 400
_RELATIONSHIPS = (AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP)


@dataclass(frozen=True)
class Speaker:
    """Who says a value: a language and its way of writing."""

    language: Language
    formats: Formats


@dataclass(frozen=True)
class Instance:
    """One instance of an attribute, ready to be shown.

    Attributes:
        text: The value; empty when `links` carries it.
        unit: The unit's sign ("µg/m³"), else its code.
        unit_words: The unit in words, if known.
        links: Ids that a relationship names.
        observed: When it was measured.
        dataset_id: Which of several instances it is.
        parts: Sub-attributes as name and text.
        block: Whether the text is JSON to be shown as it is.
    """

    text: str
    unit: str = ""
    unit_words: str = ""
    links: tuple[str, ...] = ()
    observed: datetime | None = None
    dataset_id: str | None = None
    parts: tuple[tuple[str, "Instance"], ...] = ()
    block: bool = False


@dataclass(frozen=True)
class Measured:
    """An attribute in a list: its name in words, and its first instance."""

    label: str
    instance: Instance


@dataclass(frozen=True)
class Row:
    """An entity in a list.

    Attributes:
        cities: Names of the cities that have it, where several were asked.
    """

    id: str
    href: str
    title: str
    type_label: str
    theme: str
    values: tuple[Measured, ...]
    moment: datetime | None
    freshness: Freshness
    simulated: bool
    cities: tuple[str, ...] = ()


def title_of(entity: Entity, language: Language) -> str:
    """Name an entity: its name, else the last part of its id."""
    for wanted in TITLES:
        for iri, instances in entity.attributes.items():
            if local_name(iri) == wanted:
                text = _text_of(instances[0], language)
                if text:
                    return text
    return entity.id.rsplit(":", 1)[-1] or entity.id


def is_simulated(entity: Entity) -> bool:
    """Tell whether an entity says of itself that it is made up."""
    instances = entity.attributes.get(SIMULATED, ())
    return any(instance.value is True for instance in instances)


def latest_moment(entity: Entity) -> datetime | None:
    """Say when something of an entity was last measured, else when it was last changed."""
    moments = [
        moment
        for instances in entity.attributes.values()
        for instance in instances
        if (moment := parse_moment(instance.observed_at)) is not None
    ]
    return max(moments) if moments else parse_moment(entity.modified_at)


def instance_of(attribute: Attribute, speaker: Speaker) -> Instance:
    """Make one instance readable."""
    language = speaker.language
    code = attribute.unit_code or ""
    text, block = _readable(attribute, speaker)
    return Instance(
        text=text,
        unit=(language.term("unit", code) or ("" if code == "C62" else code)) if code else "",
        unit_words=(language.term("unit words", code) or "") if code else "",
        links=_targets(attribute),
        observed=parse_moment(attribute.observed_at),
        dataset_id=attribute.dataset_id,
        parts=tuple(_parts(attribute.attributes, speaker)),
        block=block,
    )


def _parts(attributes: Mapping[str, Instances], speaker: Speaker) -> Iterable[tuple[str, Instance]]:
    for iri, instances in attributes.items():
        for instance in instances:
            yield speaker.language.words("attribute", iri), instance_of(instance, speaker)


def _targets(attribute: Attribute) -> tuple[str, ...]:
    if attribute.kind not in _RELATIONSHIPS:
        return ()
    value = attribute.value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _readable(attribute: Attribute, speaker: Speaker) -> tuple[str, bool]:
    """Write a value; the second part tells whether it is JSON."""
    value = attribute.value
    if value is UNSET or attribute.kind in _RELATIONSHIPS:
        return "", False
    if attribute.kind is AttributeKind.LANGUAGE_PROPERTY:
        return _text_of(attribute, speaker.language), False
    if attribute.kind is AttributeKind.GEO_PROPERTY and isinstance(value, Mapping):
        return _place(value, speaker), False
    if attribute.kind is AttributeKind.VOCAB_PROPERTY:
        items = [value] if isinstance(value, str) else value
        words = [speaker.language.words("value", str(item)) for item in _sequence(items)]
        return ", ".join(words), False
    return _plain(value, speaker)


def _place(geometry: Mapping[str, JsonValue], speaker: Speaker) -> str:
    """Write a point as latitude and longitude; of other geometries the map says more."""
    kind, coordinates = str(geometry.get("type")), geometry.get("coordinates")
    if kind != "Point" or not isinstance(coordinates, list | tuple):
        return speaker.language.term("value", kind) or kind
    longitude, latitude = (float(str(number)) for number in coordinates[:2])
    return f"{latitude:.6f}, {longitude:.6f}"


def _plain(value: JsonValue, speaker: Speaker) -> tuple[str, bool]:
    if isinstance(value, str | int | float):
        return _scalar(value, speaker), False
    if isinstance(value, Mapping) and "@value" in value:
        return _plain(value["@value"], speaker)
    items = _sequence(value)
    scalars = [item for item in items if isinstance(item, str | int | float)]
    if items and len(scalars) == len(items):
        return ", ".join(_scalar(item, speaker) for item in scalars), False
    return _json(value), True


def _scalar(value: str | float, speaker: Speaker) -> str:
    texts = speaker.language.texts
    if isinstance(value, bool):
        return texts.gettext("yes") if value else texts.gettext("no")
    if not isinstance(value, str):
        return speaker.formats.number(value)
    moment = parse_moment(value)
    if moment is not None:
        return speaker.formats.full(moment)
    return speaker.language.term("value", value) or value


def _json(value: JsonValue) -> str:
    text = orjson.dumps(_local_names(value), option=orjson.OPT_INDENT_2).decode()
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " …"


def _local_names(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {local_name(name): _local_names(item) for name, item in value.items()}
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [_local_names(item) for item in value]


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _text_of(attribute: Attribute, language: Language) -> str:
    """Take the text of a Property or LanguageProperty, in the page's language when it is there."""
    value = attribute.value
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        return ""
    return text_in(value, language.code)
