"""Which members an attribute of each kind has in JSON (CIM 009, 5.2.5 to 5.2.7, 5.2.32 to 5.2.38).

Used by every representation, and by `hanze.ngsild.patch` where a change meets a kind that the
request did not name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hanze.ngsild.model import AttributeKind
from hanze.ngsild.terms import CORE_CONTEXT_URL, CORE_CONTEXTS, NGSI_LD, NON_REIFIED

__all__ = [
    "ATTRIBUTE_MEMBERS",
    "IGNORED",
    "KINDS",
    "KIND_OF_MEMBER",
    "NOT_ATTRIBUTES",
    "RULES",
    "KindRules",
]

#: System generated (5.2.2): a request may carry them, they are passed over.
IGNORED: Final = frozenset({"createdAt", "modifiedAt", "deletedAt", "instanceId"})


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the JSON of one kind of attribute looks like.

    Attributes:
        kind: The kind.
        member: The member that holds the value.
        common: Members that are read first: nearly every attribute has no others.
        other: Further members that are not sub-attributes.
        ignored: Output-only members; a request may carry them, they are passed over.
    """

    kind: AttributeKind
    member: str
    common: frozenset[str]
    other: frozenset[str]
    ignored: frozenset[str]


def _rules(kind: AttributeKind, member: str, other: tuple[str, ...], *, unit: bool) -> KindRules:
    common = {"type", member, "observedAt", "datasetId"} | ({"unitCode"} if unit else set())
    shown = {"previous" + member[0].upper() + member[1:]}
    if "objectType" in other:
        shown.add("entity" if kind is AttributeKind.RELATIONSHIP else "entityList")
    return KindRules(
        kind, member, frozenset(common), frozenset({"expiresAt", *other}), IGNORED | shown
    )


#: A GeoProperty is "just as conventional Properties" (4.7.1), a ListProperty's example has a unit.
RULES: Final[Mapping[AttributeKind, KindRules]] = {
    rules.kind: rules
    for rules in (
        _rules(AttributeKind.PROPERTY, "value", ("valueType", "lang"), unit=True),
        _rules(AttributeKind.GEO_PROPERTY, "value", ("valueType",), unit=True),
        _rules(
            AttributeKind.LANGUAGE_PROPERTY,
            "languageMap",
            ("valueType",),
            unit=False,
        ),
        _rules(AttributeKind.VOCAB_PROPERTY, "vocab", ("valueType",), unit=False),
        _rules(AttributeKind.JSON_PROPERTY, "json", ("valueType",), unit=False),
        _rules(AttributeKind.LIST_PROPERTY, "valueList", ("valueType",), unit=True),
        _rules(AttributeKind.RELATIONSHIP, "object", ("objectType",), unit=False),
        _rules(
            AttributeKind.LIST_RELATIONSHIP,
            "objectList",
            ("objectType",),
            unit=False,
        ),
    )
}

#: By what a `type` member says, short or as an IRI.
KINDS: Final[Mapping[object, AttributeKind]] = {
    prefix + kind.value: kind for kind in AttributeKind for prefix in ("", NGSI_LD)
}

#: The kind that a value member implies; `value` implies a GeoProperty when it is a geometry.
KIND_OF_MEMBER: Final[Mapping[str, AttributeKind]] = {
    "value": AttributeKind.PROPERTY,
    **{
        rules.member: rules.kind
        for rules in RULES.values()
        if rules.kind is not AttributeKind.GEO_PROPERTY
    },
}

#: Members that make a JSON object an attribute rather than a value, and never are sub-attributes.
ATTRIBUTE_MEMBERS: Final = frozenset(
    {"entityIdSealed", "entityTypeSealed", "dataset"}.union(
        *(rules.common | rules.other | rules.ignored for rules in RULES.values())
    )
)


def _iri(term: str) -> str:
    definition = CORE_CONTEXTS[CORE_CONTEXT_URL].get(term)
    iri = definition["@id"] if isinstance(definition, Mapping) else definition
    return str(iri).replace("ngsi-ld:", NGSI_LD) if iri else NGSI_LD + term


#: Names that no attribute may have, as terms and as IRIs (4.5.1).
NOT_ATTRIBUTES: Final = frozenset(
    name for term in ATTRIBUTE_MEMBERS | NON_REIFIED for name in (term, _iri(term))
)
