"""What a node offers: datasets as catalogues list them, complete without anything typed twice (pure)."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.governance.records.dataset import AccessRights, Dataset

__all__ = ["Offer", "There", "Words", "offers", "theme_of"]

#: Says what a type (IRI) is called, by language; nothing where no vocabulary has a name for it.
Words = Callable[[str], Mapping[str, str]]

#: Listed for everybody; what only its owner reads is in no catalogue.
_LISTED: Final = (AccessRights.PUBLIC, AccessRights.RESTRICTED)
_ALL_TENANTS: Final = "*"
_HELD: Final[Mapping[str, str]] = {
    "en": "{title}: what this node holds, as it is now and as it was.",
    "nl": "{title}: wat dit platform heeft, zoals het nu is en zoals het was.",
    "ko": "{title}: 이 노드에 있는 현재와 과거의 데이터입니다.",
}
_THEME: Final = "http://publications.europa.eu/resource/authority/data-theme/"
#: Subjects of Smart Data Models → codes of the EU's data themes.
_SUBJECTS: Final[Mapping[str, str]] = {
    "Transportation": "TRAN",
    "Parking": "TRAN",
    "UrbanMobility": "TRAN",
    "Environment": "ENVI",
    "Weather": "ENVI",
    "WasteManagement": "ENVI",
    "WaterQuality": "ENVI",
    "ParksAndGardens": "ENVI",
    "Streetlighting": "ENER",
    "Building": "REGI",
    "PointOfInterest": "REGI",
    "Device": "TECH",
    "Alert": "GOVE",
}
_MODEL: Final = re.compile(r"https://smartdatamodels\.org/dataModel\.([A-Za-z]+)/")
_OTHERS: Final = "GOVE"


@dataclass(frozen=True, slots=True)
class There:
    """Types of which there are entities that everybody may read.

    Attributes:
        types: IRI → how many of these entities are of it.
    """

    types: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Offer:
    """A dataset as it is listed.

    Attributes:
        id: Of the dataset; of one that stands for all types, with the type behind it.
        dataset: The record that decides about it.
        title: By language; so for `description`.
        themes: IRIs of the EU data themes; at least one.
        types: IRIs; empty for all types.
        entities: How many entities of these types everybody may read.
        kinds: The types by themselves: a name may stand for several IRIs, of which the one counts
            that most entities have.
    """

    id: str
    dataset: Dataset
    title: Mapping[str, str]
    description: Mapping[str, str]
    themes: tuple[str, ...]
    types: tuple[str, ...]
    entities: int
    kinds: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.dataset.access_rights is AccessRights.PUBLIC


def offers(
    datasets: Iterable[Dataset], tenant: str, there: There, words: Words
) -> tuple[Offer, ...]:
    """List what a tenant of the node offers.

    Open data and data under agreements are listed; what nobody decided about, what only its owner
    reads, and what is confidential is not. A dataset that stands for all types is listed once for
    each type that is there and that no other dataset is about.

    Returns:
        Sorted by id.
    """
    own = [one for one in datasets if one.tenant in (_ALL_TENANTS, tenant)]
    named = {iri for one in own if one.access_rights is not None for iri in one.types}
    found: list[Offer] = []
    for one in own:
        if one.access_rights not in _LISTED or one.confidential:
            continue
        # Which types are closed is for nobody to see: such a decision about all is listed once.
        if one.types or one.access_rights is not AccessRights.PUBLIC:
            found.append(_offer(one, one.id, one.types, there, words))
            continue
        parts = sorted(there.types.keys() - named)
        found += [_part(one, iri, there, words) for iri in parts]
    return tuple(sorted(found, key=lambda offer: offer.id))


def theme_of(types: Collection[str]) -> tuple[str, ...]:
    """Give the EU data themes of types, by the subjects of their models."""
    models = (_MODEL.match(iri) for iri in types)
    codes = {_SUBJECTS.get(model[1], _OTHERS) for model in models if model}
    return tuple(_THEME + code for code in sorted(codes or {_OTHERS}))


def _part(dataset: Dataset, iri: str, there: There, words: Words) -> Offer:
    """Make the offer of one type of a dataset that stands for all."""
    plain = msgspec.structs.replace(dataset, title={}, description={})
    return _offer(plain, f"{dataset.id}:{_local(iri)}", (iri,), there, words)


def _offer(
    dataset: Dataset, offer_id: str, types: Sequence[str], there: There, words: Words
) -> Offer:
    title = {**_called(types, words), **dataset.title}
    if not title:
        title = {"en": _local(types[0])}
    held = {lang: _HELD[lang].format(title=text) for lang, text in title.items() if lang in _HELD}
    return Offer(
        id=offer_id,
        dataset=dataset,
        title=title,
        description={**held, **dataset.description},
        themes=dataset.themes or theme_of(types),
        types=tuple(types),
        entities=sum(there.types.get(iri, 0) for iri in types),
        kinds=_kinds(types, there),
    )


def _kinds(types: Sequence[str], there: There) -> tuple[str, ...]:
    by_name: dict[str, str] = {}
    for iri in sorted(types, key=lambda iri: -there.types.get(iri, 0)):
        by_name.setdefault(_local(iri), iri)
    return tuple(by_name[name] for name in sorted(by_name))


def _local(iri: str) -> str:
    return re.split(r"[/#:]", iri.rstrip("/#:"))[-1]


def _called(types: Sequence[str], words: Words) -> Mapping[str, str]:
    """Name a dataset by its type, where it is about one: a term may stand for several IRIs."""
    names = [words(iri) for iri in types]
    return names[0] if names and all(one == names[0] for one in names) else {}
