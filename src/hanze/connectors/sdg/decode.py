"""Goals and targets of the United Nations as concepts (pure)."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from hanze.collaboration.records.themes import Concept
from hanze.collaboration.vocabulary.concept import THEMES, Vocabulary
from hanze.connectors import Provenance, WrongInput
from hanze.connectors.decoded import Decoded, LeftOut, entity_of

__all__ = ["decode", "notation_of"]

_TARGET: Final = re.compile(r"(1[0-7]|[1-9])(\.(?:[0-9]{1,2}|[a-d]))?")


class _Texts(msgspec.Struct, frozen=True):
    title: Mapping[str, str]
    short: Mapping[str, str] = {}


class _List(msgspec.Struct, frozen=True):
    goals: Mapping[str, _Texts]
    targets: Mapping[str, _Texts] = {}


def notation_of(number: str) -> str:
    """Return the id of a goal or target among concepts: "11.6" → "sdg-11-6"."""
    return "sdg-" + number.replace(".", "-")


def decode(
    content: bytes, vocabulary: Vocabulary, provenance: Provenance, *, as_of: date | None = None
) -> Decoded:
    """Make concepts of the list; each names the vocabulary's concepts and themes that serve it.

    Raises:
        WrongInput: It is no such list.
    """
    try:
        told = msgspec.json.decode(content, type=_List)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongInput(f"The file is no list of goals and targets: {error}") from error
    serving = _serving(vocabulary)
    source: dict[str, Any] = {
        "provenance": "imported",
        "source": provenance.source,
        "data_provider": provenance.provider,
        "license": provenance.license,
        "source_date": as_of,
    }
    records: list[Concept] = []
    left_out: list[LeftOut] = []
    for number, texts in _ordered(told):
        found = _TARGET.fullmatch(number)
        if found is None or (found[2] is not None and found[1] not in told.goals):
            left_out.append(LeftOut(f"{number[:20]} is the number of no goal or target"))
            continue
        records.append(_concept(number, texts, serving, vocabulary, source))
    goals = sum(1 for one in records if one.broader_concept is None)
    return Decoded(
        [entity_of(one) for one in records],
        left_out,
        {
            "records": {"goals": goals, "targets": len(records) - goals},
            "linkedToConcepts": sum(1 for one in records if one.related_concepts),
            "linkedToThemes": sum(1 for one in records if one.themes),
        },
    )


def _ordered(told: _List) -> Iterator[tuple[str, _Texts]]:
    yield from sorted(told.goals.items(), key=lambda one: one[0].zfill(2))
    yield from told.targets.items()


def _concept(
    number: str,
    texts: _Texts,
    serving: Mapping[str, tuple[str, ...]],
    vocabulary: Vocabulary,
    source: Mapping[str, Any],
) -> Concept:
    goal, _, target = number.partition(".")
    concepts = serving.get(number, ())
    themes = {vocabulary.concept(one).theme for one in concepts}
    return Concept(
        id=f"urn:ngsi-ld:Concept:sdg:{number}",
        title=texts.short or texts.title,
        description=texts.title if texts.short else {},
        themes=tuple(f"urn:ngsi-ld:Theme:hanze:{one}" for one in THEMES if one in themes),
        notation=notation_of(number),
        broader_concept=notation_of(goal) if target else None,
        related_concepts=concepts,
        status="reviewed",
        sdg=(number,),
        **source,
    )


def _serving(vocabulary: Vocabulary) -> Mapping[str, tuple[str, ...]]:
    """List concepts by the goals and targets that they serve; a target's serve its goal too."""
    found: dict[str, dict[str, None]] = {}
    for concept in vocabulary.concepts.values():
        for number in concept.sdg:
            found.setdefault(number, {})[concept.id] = None
            found.setdefault(number.partition(".")[0], {})[concept.id] = None
    return {number: tuple(ids) for number, ids in found.items()}
