"""The terms of the Core @context, versions 1.6 to 1.9, and the names built on them.

Source of the tables: ETSI GS CIM 009 annex B and the @context files that ETSI publishes beside it
(https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld to -v1.9.jsonld). They are written
as groups of terms per kind of definition; each version says what it adds to the one before. Where
annex B of V1.9.1 and the published file of version 1.9 differ, the published file counts: that is
what a reader of our answers resolves.
"""

import re
from collections.abc import Mapping
from typing import Final

from hanze.ngsild.model import JsonObject, JsonValue

__all__ = [
    "API_PATH",
    "CORE_CONTEXTS",
    "CORE_CONTEXT_URL",
    "DATA_INTEGRITY_URL",
    "DEFAULT_VOCAB",
    "GEOJSON",
    "HANZE_CONTEXT_URL",
    "JSON_LD_REL",
    "NGSI_LD",
    "NON_REIFIED",
    "PROOF",
    "PROOF_TERMS",
    "core_url_of",
]

NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
DEFAULT_VOCAB: Final = NGSI_LD + "default-context/"
GEOJSON: Final = "https://purl.org/geojson/vocab#"

_CORE: Final = NGSI_LD + "v1/ngsi-ld-core-context"
CORE_CONTEXT_URL: Final = _CORE + "-v1.9.jsonld"
HANZE_CONTEXT_URL: Final = "https://w3id.org/hanze/v1.jsonld"
DATA_INTEGRITY_URL: Final = "https://w3id.org/security/data-integrity/v2"

#: Below the address of a node, what all resources of the standard stand under (6.2).
API_PATH: Final = "/ngsi-ld/v1"

#: Relation type of a Link header that names an @context (6.3.5).
JSON_LD_REL: Final = "http://www.w3.org/ns/json-ld#context"

#: The attribute whose value has scoped terms (annex B, C.11).
PROOF: Final = NGSI_LD + "ngsildproof"

#: Members of entities and attributes that stand for themselves, without a node of their own
#: (5.2.2, 5.2.4 to 5.2.8): a context never makes attributes of them.
NON_REIFIED: Final = frozenset(
    (
        *("id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"),
        *("observedAt", "unitCode", "datasetId", "instanceId", "lang", "valueType", "objectType"),
        *("entityIdSealed", "entityTypeSealed"),
    )
)

_BASE: dict[str, JsonValue] = {
    "ngsi-ld": NGSI_LD,
    "geojson": GEOJSON,
    "id": "@id",
    "type": "@type",
    "@vocab": DEFAULT_VOCAB,
    "description": "http://purl.org/dc/terms/description",
    "title": "http://purl.org/dc/terms/title",
}


def _plain(names: str) -> dict[str, JsonValue]:
    """Terms whose IRI is their own name in the namespace of NGSI-LD."""
    return {name: "ngsi-ld:" + name for name in names.split()}


def _geojson(names: str) -> dict[str, JsonValue]:
    return {name: "geojson:" + name for name in names.split()}


def _renamed(prefix: str, names: str) -> dict[str, JsonValue]:
    """Terms whose IRI is another name: `term` or `term=other`; alone it means `hasTerm`."""
    return {term: prefix + iri for term, iri in _pairs(names)}


def _pairs(names: str) -> list[tuple[str, str]]:
    split = (name.partition("=") for name in names.split())
    return [(term, iri or "has" + term[0].upper() + term[1:]) for term, _, iri in split]


def _own(keyword: str, value: str, names: str) -> dict[str, JsonValue]:
    """Terms named as in NGSI-LD that carry a coercion or a container."""
    return {name: {"@id": "ngsi-ld:" + name, keyword: value} for name in names.split()}


def _has(keyword: str, value: str, names: str) -> dict[str, JsonValue]:
    """Renamed terms (see `_renamed`) that carry a coercion or a container."""
    return {term: {"@id": "ngsi-ld:" + iri, keyword: value} for term, iri in _pairs(names)}


_V1_6: dict[str, JsonValue] = {
    **_BASE,
    "attributeCount": "attributeCount",
    "attributeDetails": "attributeDetails",
    **_plain("""
        Attribute AttributeList ContextSourceNotification ContextSourceRegistration Date DateTime
        EntityType EntityTypeInfo EntityTypeList GeoProperty LanguageProperty Notification Property
        Relationship Subscription TemporalProperty Time
        accept attrs cacheDuration contextSourceInfo cooldown csf data detail endpoint entities
        entityCount error errors format geoQ geoproperty georel idPattern information isActive lang
        localOnly location management managementInterval mode notification notificationTrigger
        notifierInfo notUpdated observationInterval observationSpace operationSpace operations q
        reason receiverInfo refreshRate registrationId registrationName scope scopeQ showChanges
        status subscriptionName sysAttrs temporalQ throttling timeInterval timeout timeproperty
        timerel timesFailed timesSent triggerReason unchanged unitCode updated uri"""),
    **_geojson("""
        Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint
        MultiPolygon Point Polygon geometry properties"""),
    **_renamed("ngsi-ld:", "key previousValue value"),
    **_own(
        "@type",
        "@vocab",
        """attributeList attributeName attributeNames attributeTypes attributes propertyNames
        relationshipNames typeList typeName typeNames watchedAttributes""",
    ),
    **_own("@type", "@id", "datasetId entityId instanceId subscriptionId success tenant"),
    **_has("@type", "@id", "object previousObject"),
    **_own(
        "@type",
        "DateTime",
        """createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification lastSuccess
        modifiedAt notifiedAt observedAt startAt timeAt""",
    ),
    **_own("@container", "@list", "avg distinctCount max min stddev sum sumsq totalCount"),
    **_has("@container", "@list", "languageMaps objects values"),
    **_has("@container", "@language", "languageMap previousLanguageMap"),
    "bbox": {"@id": "geojson:bbox", "@container": "@list"},
    "coordinates": {"@id": "geojson:coordinates", "@container": "@list"},
    "features": {"@id": "geojson:features", "@container": "@set"},
}

_V1_7: dict[str, JsonValue] = {
    **_V1_6,
    **_plain("VocabularyProperty attributeCount attributeDetails"),
    **_has("@container", "@index", "dataset"),
    **_has("@type", "@vocab", "previousVocab vocab"),
    **_has("@container", "@list", "vocabs"),
}

_V1_8: dict[str, JsonValue] = {
    **{term: value for term, value in _V1_7.items() if term != "VocabularyProperty"},
    "@version": 1.1,
    "@protected": True,
    "attributeCount": "attributeCount",
    "attributeDetails": "attributeDetails",
    **_plain("""
        ContextSourceIdentity JsonProperty ListProperty ListRelationship VocabProperty
        contextSourceAlias contextSourceUptime entity expandValues join jsonKeys linkedMaps omit
        pick"""),
    **_geojson("geometryProperty"),
    **_renamed("ngsi-ld:", "containedBy=isContainedBy entityMap joinLevel"),
    **_own("@type", "@json", "contextSourceExtras"),
    **_has("@type", "@json", "json=hasJSON previousJson"),
    **_own("@type", "DateTime", "contextSourceTimeAt"),
    **_has("@type", "@vocab", "objectType"),
    **_own("@container", "@list", "entityList jsons"),
    **_has(
        "@container",
        "@list",
        "objectList objectsLists previousObjectList previousValueList valueList valueLists",
    ),
}

_REMOVED_IN_1_9 = ("geometryProperty", "objectsLists")

_V1_9: dict[str, JsonValue] = {
    **{term: value for term, value in _V1_8.items() if term not in _REMOVED_IN_1_9},
    **_plain("""
        EntityMap ExecutionResultDetails Snapshot SnapshotNotification aggrParams aggrMethods
        aggrPeriodDuration attributeCount attributeDetails collation jsonldContext lastN
        ngsildConformance ordering resultStatus snapshotId snapshotLifetime snapshotPriority
        snapshotStatus"""),
    **_renamed("ngsi-ld:", "entityMapLifetime splitEntities"),
    "langString": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
    **_has("@container", "@index", "entityMap"),
    **_own("@type", "DateTime", "lastUsedAt"),
    **_own("@type", "@json", "problemDetails"),
    **_has("@type", "@vocab", "valueType"),
    **_own(
        "@container",
        "@list",
        """orderBy snapshotQueries snapshotQueriesDetails snapshotTemporalQueries
        snapshotTemporalQueriesDetails""",
    ),
    **_has("@container", "@list", "objectLists"),
    "ngsildproof": {
        "@id": "ngsi-ld:ngsildproof",
        "@context": [
            {
                "entityIdSealed": "ngsi-ld:entityIdSealed",
                "entityTypeSealed": {"@id": "ngsi-ld:entityTypeSealed", "@type": "@vocab"},
            },
            DATA_INTEGRITY_URL,
        ],
    },
}

_SECURITY = "https://w3id.org/security#"

#: The terms scoped to `ngsildproof`: annex B's own two, and those of a DataIntegrityProof, which
#: https://w3id.org/security/data-integrity/v2 defines (W3C Verifiable Credential Data Integrity
#: 1.0, 2.1), laid flat: NGSI-LD has no other node inside a proof.
PROOF_TERMS: Final[tuple[JsonObject, ...]] = (
    {
        "entityIdSealed": NGSI_LD + "entityIdSealed",
        "entityTypeSealed": {"@id": NGSI_LD + "entityTypeSealed", "@type": "@vocab"},
    },
    {
        "created": {
            "@id": "http://purl.org/dc/terms/created",
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        },
        "expires": {
            "@id": _SECURITY + "expiration",
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        },
        "proof": {"@id": _SECURITY + "proof", "@type": "@id", "@container": "@graph"},
        "previousProof": {"@id": _SECURITY + "previousProof", "@type": "@id"},
        "proofPurpose": {"@id": _SECURITY + "proofPurpose", "@type": "@vocab"},
        "proofValue": {"@id": _SECURITY + "proofValue", "@type": _SECURITY + "multibase"},
        "cryptosuite": {"@id": _SECURITY + "cryptosuite", "@type": _SECURITY + "cryptosuiteString"},
        "verificationMethod": {"@id": _SECURITY + "verificationMethod", "@type": "@id"},
        **{
            term: _SECURITY + term
            for term in ("DataIntegrityProof", "challenge", "domain", "nonce")
        },
    },
)

#: The Core @contexts that are built in: URL → local context.
CORE_CONTEXTS: Final[Mapping[str, JsonObject]] = {
    _CORE + "-v1.6.jsonld": _V1_6,
    _CORE + "-v1.7.jsonld": _V1_7,
    _CORE + "-v1.8.jsonld": _V1_8,
    CORE_CONTEXT_URL: _V1_9,
}

_CORE_URL = re.compile(
    r"https?://uri\.etsi\.org/ngsi-ld/(?:v1/)?ngsi-ld-core-context(?:-v1\.([0-9]))?"
    r"(?:\.[0-9]+)?\.jsonld"
)


def core_url_of(url: str) -> str | None:
    """Name the built-in Core @context that answers a URL, or `None` for any other URL.

    Versions before 1.6 are answered with 1.6; a URL without a version means the newest.
    """
    found = _CORE_URL.fullmatch(url)
    if found is None:
        return None
    minor = found.group(1)
    return CORE_CONTEXT_URL if minor is None else f"{_CORE}-v1.{max(int(minor), 6)}.jsonld"
