"""A node's offers as a catalogue of DCAT-AP 3 and DCAT-AP-NL 3, in JSON-LD (pure)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from hanze.catalogue.downloads import Download, downloads
from hanze.catalogue.offers import Offer
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.ngsild.model import JsonValue

__all__ = ["HVD_LEGISLATION", "Page", "Publisher", "catalogue", "dataset_iri"]

Json = dict[str, JsonValue]

#: The implementing regulation on high-value datasets.
HVD_LEGISLATION: Final = "http://data.europa.eu/eli/reg_impl/2023/138/oj"

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
_CONTEXT: Final[Mapping[str, JsonValue]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcatap": "http://data.europa.eu/r5r/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: The Dutch code list has its own form of two licences that are often given.
_LICENSES: Final[Mapping[str, str]] = {
    "https://creativecommons.org/publicdomain/zero/1.0/": (
        "http://creativecommons.org/publicdomain/zero/1.0/deed.nl"
    ),
    "https://creativecommons.org/licenses/by/4.0/": (
        "http://creativecommons.org/licenses/by/4.0/deed.nl"
    ),
}
_AGREED: Final[Mapping[str, str]] = {
    "en": "Under an agreement with the owner",
    "nl": "Volgens een overeenkomst met de eigenaar",
    "ko": "소유자와의 계약에 따름",
}
_SERVICE: Final[Mapping[str, str]] = {
    "en": "NGSI-LD API of {name}",
    "nl": "NGSI-LD-API van {name}",
    "ko": "{name}의 NGSI-LD API",
}
_SERVICE_DOES: Final[Mapping[str, str]] = {
    "en": "Entities and their past, asked for by type, value, place and time (ETSI GS CIM 009).",
    "nl": "Entiteiten en hun verleden, op te vragen naar type, waarde, plaats en tijd (ETSI GS CIM 009).",
    "ko": "유형, 값, 장소, 시간으로 엔티티와 그 이력을 조회합니다(ETSI GS CIM 009).",
}
_CATALOGUE: Final[Mapping[str, str]] = {
    "en": "Data of {name}",
    "nl": "Gegevens van {name}",
    "ko": "{name}의 데이터",
}
_CATALOGUE_HOLDS: Final[Mapping[str, str]] = {
    "en": "What is open to everybody, and what others may use under an agreement.",
    "nl": "Wat open is voor iedereen, en wat anderen volgens een overeenkomst mogen gebruiken.",
    "ko": "모두에게 열린 데이터와 계약에 따라 다른 기관이 쓸 수 있는 데이터입니다.",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who runs the node, and where it is.

    Attributes:
        base_url: Of the node, without a slash at its end.
        id: Id of the organisation; "" where none is set.
        name: For people.
        named: Gives the names of another organisation by language, none where none is known.
    """

    base_url: str
    id: str
    name: str
    named: Callable[[str], Mapping[str, str]]

    @property
    def iri(self) -> str:
        return self.id if ":" in self.id else f"{self.base_url}/#organisation"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a catalogue that is too long for one answer.

    Attributes:
        number: From 1.
        size: Datasets on a page.
    """

    number: int
    size: int


def dataset_iri(base_url: str, offer_id: str) -> str:
    """Give the address of an offer's description, which names it, too."""
    return f"{base_url}/api/v1/catalogue/datasets/{quote(offer_id, safe=':')}"


def catalogue(found: Sequence[Offer], publisher: Publisher, page: Page) -> Json:
    """Describe a page of offers as JSON-LD; its @context travels with it.

    Args:
        found: All offers.
    """
    first = (page.number - 1) * page.size
    shown = found[first : first + page.size]
    graph = _Graph(publisher)
    for offer in shown:
        graph.dataset(offer)
    graph.catalogue(shown, found, page)
    nodes: list[JsonValue] = list(graph.nodes.values())
    return {"@context": dict(_CONTEXT), "@graph": nodes}


class _Graph:
    """Nodes by their IRIs: what several datasets name is described once."""

    def __init__(self, publisher: Publisher) -> None:
        self.nodes: dict[str, Json] = {}
        self._publisher = publisher
        self._base = publisher.base_url

    def dataset(self, offer: Offer) -> None:
        dataset, iri = offer.dataset, dataset_iri(self._base, offer.id)
        license_ = self._license(dataset, iri)
        laws = self._laws(dataset)
        node: Json = {
            "@id": iri,
            "@type": "dcat:Dataset",
            "dct:title": _texts(offer.title),
            "dct:description": _texts(offer.description),
            "dct:identifier": _typed(offer.id, "xsd:anyURI"),
            "dct:creator": self._agent(dataset.owner),
            "dct:publisher": self._agent(""),
            "dcat:contactPoint": self._contact(dataset.contact),
            "dcat:theme": [self._concept(theme) for theme in offer.themes],
            "dct:accessRights": self._rights(dataset),
            "dcat:landingPage": self._node(
                f"{self._base}/en/datasets/{quote(dataset.id, safe=':')}", "foaf:Document"
            ),
            "dcat:distribution": [
                self._distribution(way, offer, iri, license_, laws)
                for way in downloads(offer, self._base)
            ],
            **self._said(dataset, iri),
        }
        if laws:
            node["dcatap:applicableLegislation"] = laws
        self.nodes[iri] = node

    def catalogue(self, shown: Sequence[Offer], found: Sequence[Offer], page: Page) -> None:
        """Describe the catalogue itself, its services and which page of it this is."""
        root = f"{self._base}/api/v1/catalogue"
        services: list[JsonValue] = [
            {"@id": self._service(rights, found)}
            for rights in (AccessRights.PUBLIC, AccessRights.RESTRICTED)
            if any(one.dataset.access_rights is rights for one in found)
        ]
        listed: list[JsonValue] = [{"@id": dataset_iri(self._base, one.id)} for one in shown]
        pages = max(1, -(-len(found) // page.size))
        part = f"{root}?limit={page.size}&page="
        view: Json = {"@id": f"{part}{page.number}", "@type": "hydra:PartialCollectionView"}
        for name, number in (
            ("first", 1),
            ("previous", page.number - 1),
            ("next", page.number + 1),
            ("last", pages),
        ):
            if 1 <= number <= pages:
                view[f"hydra:{name}"] = {"@id": f"{part}{number}"}
        self.nodes[root] = {
            "@id": root,
            "@type": ["dcat:Catalog", "hydra:Collection"],
            "dct:title": _named(_CATALOGUE, self._publisher.name),
            "dct:description": _texts(_CATALOGUE_HOLDS),
            "dct:publisher": self._agent(""),
            "dcat:contactPoint": self._contact(None),
            "foaf:homepage": self._node(f"{self._base}/en/catalogue", "foaf:Document"),
            "dct:language": [
                self._node(f"{_AUTHORITY}language/{code}", "dct:LinguisticSystem")
                for code in ("NLD", "ENG", "KOR")
            ],
            "dcat:themeTaxonomy": self._node(
                f"{_AUTHORITY}data-theme", "skos:ConceptScheme", title="Data theme"
            ),
            "dcat:dataset": listed,
            "dcat:service": services,
            "hydra:totalItems": len(found),
            "hydra:view": {"@id": view["@id"]},
        }
        self.nodes[str(view["@id"])] = view

    def _said(self, dataset: Dataset, iri: str) -> Json:
        """Give what a dataset may leave unsaid."""
        node: Json = {}
        if dataset.issued:
            node["dct:issued"] = _typed(dataset.issued[:10], "xsd:date")
        if dataset.modified:
            node["dct:modified"] = _typed(dataset.modified, "xsd:dateTime")
        if dataset.keywords:
            node["dcat:keyword"] = [
                {"@value": word, "@language": language}
                for language, words in dataset.keywords.items()
                for word in words
            ]
        if dataset.frequency:
            node["dct:accrualPeriodicity"] = self._node(dataset.frequency, "dct:Frequency")
        if dataset.hvd_category:
            node["dcatap:hvdCategory"] = self._concept(dataset.hvd_category)
        if dataset.conditions:
            node["dct:rights"] = self._node(f"{iri}#conditions", "dct:RightsStatement")
            self.nodes[f"{iri}#conditions"]["dct:description"] = _texts(dataset.conditions)
        return node

    def _distribution(
        self, way: Download, offer: Offer, iri: str, license_: JsonValue, laws: list[JsonValue]
    ) -> JsonValue:
        node: Json = {
            "@id": f"{iri}#{way.key}",
            "@type": "dcat:Distribution",
            "dct:title": _texts(
                {lang: f"{text} ({way.name})" for lang, text in offer.title.items()}
            ),
            "dcat:accessURL": {"@id": way.url},
            "dct:license": license_,
            "dcat:mediaType": self._node(
                f"http://www.iana.org/assignments/media-types/{way.media_type}", "dct:MediaType"
            ),
            "dct:format": self._node(
                f"{_AUTHORITY}file-type/{way.file_type}", "dct:MediaTypeOrExtent"
            ),
        }
        if way.is_file:
            node["dcat:downloadURL"] = {"@id": way.url}
        else:
            rights = offer.dataset.access_rights
            node["dcat:accessService"] = {"@id": self._service_iri(rights)}
        if laws:
            node["dcatap:applicableLegislation"] = laws
        self.nodes[str(node["@id"])] = node
        return {"@id": node["@id"]}

    def _service_iri(self, rights: AccessRights | None) -> str:
        name = "open" if rights is AccessRights.PUBLIC else "agreed"
        return f"{self._base}/api/v1/catalogue#ngsi-ld-{name}"

    def _service(self, rights: AccessRights, found: Sequence[Offer]) -> str:
        iri = self._service_iri(rights)
        served = [one for one in found if one.dataset.access_rights is rights]
        node: Json = {
            "@id": iri,
            "@type": "dcat:DataService",
            "dct:title": _named(_SERVICE, self._publisher.name),
            "dct:description": _texts(_SERVICE_DOES),
            "dct:identifier": _typed(iri, "xsd:anyURI"),
            "dct:publisher": self._agent(""),
            "dcat:contactPoint": self._contact(None),
            "dcat:theme": [
                self._concept(theme)
                for theme in sorted({theme for one in served for theme in one.themes})
            ],
            "dct:accessRights": self._rights(served[0].dataset),
            "dct:license": self._license(served[0].dataset, iri),
            "dcat:endpointURL": {"@id": f"{self._base}/ngsi-ld/v1"},
            "dcat:endpointDescription": {"@id": f"{self._base}/openapi.json"},
            "foaf:page": self._node(f"{self._base}/en/about", "foaf:Document"),
            "dcat:servesDataset": [
                {"@id": dataset_iri(self._base, one.id)}
                for one in served
                if dataset_iri(self._base, one.id) in self.nodes
            ],
        }
        valued = [one.dataset for one in served if one.dataset.hvd_category]
        if valued:
            node["dcatap:applicableLegislation"] = self._laws(valued[0])
            node["dcatap:hvdCategory"] = [
                self._concept(category)
                for category in sorted({str(one.hvd_category) for one in valued})
            ]
        self.nodes[iri] = node
        return iri

    def _laws(self, dataset: Dataset) -> list[JsonValue]:
        laws = [HVD_LEGISLATION] if dataset.hvd_category else []
        if dataset.legislation:
            laws.append(dataset.legislation)
        return [self._node(one, "eli:LegalResource") for one in dict.fromkeys(laws)]

    def _license(self, dataset: Dataset, iri: str) -> JsonValue:
        if dataset.license:
            return self._node(
                _LICENSES.get(dataset.license, dataset.license), "dct:LicenseDocument"
            )
        own = f"{iri}#agreement"
        self._node(own, "dct:LicenseDocument")
        self.nodes[own]["dct:title"] = _texts(_AGREED)
        return {"@id": own}

    def _rights(self, dataset: Dataset) -> JsonValue:
        rights = dataset.access_rights
        code = rights.value if rights is not None else AccessRights.NON_PUBLIC.value
        return self._node(f"{_AUTHORITY}access-right/{code}", "dct:RightsStatement")

    def _agent(self, organisation: str) -> JsonValue:
        """Describe an organisation; "": the node's own."""
        own = organisation in ("", self._publisher.id)
        iri = self._publisher.iri if own else organisation
        if iri not in self.nodes:
            names = {} if own else self._publisher.named(organisation)
            self.nodes[iri] = {
                "@id": iri,
                "@type": "foaf:Agent",
                "foaf:name": _texts(names) if names else (self._publisher.name if own else iri),
                "dct:identifier": _typed(iri, "xsd:anyURI"),
            }
        return {"@id": iri}

    def _contact(self, contact: str | None) -> JsonValue:
        """Describe whom to ask; where nothing is said, the node's own page says it."""
        text = contact or f"{self._base}/en/about"
        iri = f"{self._base}/api/v1/catalogue#contact-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        node: Json = {"@id": iri, "@type": "vcard:Kind", "vcard:fn": self._publisher.name}
        if text.startswith(("https://", "http://")):
            node["vcard:hasURL"] = {"@id": text}
        elif "@" in text:
            node["vcard:hasEmail"] = {
                "@id": "mailto:" + quote(text.removeprefix("mailto:"), safe="@")
            }
        else:
            node["vcard:note"] = text
        self.nodes[iri] = node
        return {"@id": iri}

    def _concept(self, iri: str) -> JsonValue:
        """Name an entry of a code list: its last part is what people know it by."""
        self._node(iri, "skos:Concept")
        self.nodes[iri]["skos:prefLabel"] = iri.rstrip("/").rpartition("/")[2]
        return {"@id": iri}

    def _node(self, iri: str, kind: str, *, title: str = "") -> JsonValue:
        """Name something by its IRI, and say of what class it is: validators ask for that."""
        if iri not in self.nodes:
            self.nodes[iri] = {"@id": iri, "@type": kind}
            if title:
                self.nodes[iri]["dct:title"] = title
        return {"@id": iri}


def _texts(texts: Mapping[str, str]) -> list[JsonValue]:
    return [{"@value": text, "@language": language} for language, text in texts.items()]


def _named(texts: Mapping[str, str], name: str) -> list[JsonValue]:
    return _texts({language: text.format(name=name) for language, text in texts.items()})


def _typed(value: str, datatype: str) -> JsonValue:
    return {"@value": value, "@type": datatype}
