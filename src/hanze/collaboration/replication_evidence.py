"""What the records say about the five questions of a replication, each with what it rests on.

Nothing here is certain: a ground leans to an answer, and where there is no ground the answer is
"unknown".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.vectors import Explanation, TextModel
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution, Standard
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import PilotRecord, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.replication_texts import GROUND_TEXTS

__all__ = ["Cited", "Ground", "Subject", "contributions_about", "grounds_of"]

#: From here on two texts are about the same; of pairs that are not, one in some hundred reaches it.
_SAME: Final = 0.28
#: Texts in which words are counted, to know which tell much.
_COUNTED: Final = 2_000
#: Records that a ground names.
_NAMED: Final = 10
_PROVEN: Final = frozenset({"evaluated", "replicated", "scaled"})
_SEEKING: Final = frozenset({"open", "bundled", "tendering"})
_LEANING: Final = {"good": "yes", "mixed": "partly", "poor": "no"}
_SET_ASIDE: Final = frozenset({"declined", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing that is known, and the answer to which it leans.

    Attributes:
        code: Of `GROUND_TEXTS`.
        leaning: "yes", "partly" or "no"; `None` where it tells neither way.
        figures: What fills the text.
        evidence: Ids of records.
    """

    code: str
    leaning: str | None
    figures: Mapping[str, int | str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def text(self) -> dict[str, str]:
        """Say it, by language."""
        texts = GROUND_TEXTS[self.code]
        return {language: text.format(**self.figures) for language, text in texts.items()}


@dataclass(frozen=True, slots=True)
class Cited:
    """A contribution of a resident about the same.

    Attributes:
        contribution: With its city and date.
        concepts: Ids of the concepts that both are about, the weightiest first.
    """

    contribution: Held[Contribution]
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What goes where.

    Attributes:
        project: Where it was proven.
        solution: What goes over, where that is told.
        city: Where to.
        district: Id of the part of the city; `None` for the whole.
    """

    project: Held[Project]
    solution: Held[Solution] | None
    city: Held[Municipality]
    district: str | None = None


def grounds_of(
    collective: Collective, annotations: Annotations, subject: Subject, cited: Sequence[Cited]
) -> dict[str, tuple[Ground, ...]]:
    """Collect the grounds for each of the five questions.

    Args:
        cited: Contributions of the city, as `contributions_about` finds them.
    """
    alike = _Alike(collective, annotations, subject)
    return {
        "mature": tuple(_mature(collective, subject)),
        "open": tuple(_open(collective, subject)),
        "together": tuple(_together(collective, alike, subject)),
        "users": tuple(_users(subject, cited)),
        "research": tuple(_research(collective, alike, subject)),
    }


def contributions_about(
    collective: Collective, annotations: Annotations, subject: Subject
) -> list[Cited]:
    """Find what residents of the city brought in about the same, what fits best first."""
    alike = _Alike(collective, annotations, subject)
    city = subject.city.record.id
    found = []
    for held in collective.of(Contribution):
        if held.city != city or held.record.status in _SET_ASIDE:
            continue
        concepts = alike.concepts(held)
        if concepts:
            found.append((_here(held, subject), len(concepts), Cited(held, concepts)))
    found.sort(key=lambda item: (not item[0], -item[1], item[2].contribution.record.id))
    return [cited for _, _, cited in found]


def _here(held: Held[Contribution], subject: Subject) -> bool:
    return subject.district is None or held.record.district == subject.district


class _Alike:
    """Tells which records are about the same as what goes over."""

    def __init__(self, collective: Collective, annotations: Annotations, subject: Subject) -> None:
        corpus = [
            *collective.of(Demand),
            *collective.of(ResearchQuestion),
            *collective.of(Contribution),
        ]
        solution = [annotations.of(subject.solution)] if subject.solution is not None else []
        self._annotations = annotations
        self._about = [annotations.of(subject.project), *solution]
        counted = annotations.every(corpus[:_COUNTED])
        self._model = TextModel.fit([*counted, *self._about])

    def concepts(self, held: Held[Record]) -> tuple[str, ...]:
        """Concepts that it shares, the most telling first; none where it is about something else."""
        other = self._annotations.of(held)
        # Most share nothing: that is seen at once.
        near = [one for one in self._about if not one.concepts.keys().isdisjoint(other.concepts)]
        explained = [self._model.explain(one, other) for one in near]
        best = max(explained, key=_strength, default=None)
        if best is None or _strength(best) < _SAME:
            return ()
        vocabulary = self._annotations.annotator.vocabulary
        return tuple(shared.name for shared in best.concepts if shared.name in vocabulary)


def _strength(explained: Explanation) -> float:
    return sum(shared.share for shared in (*explained.concepts, *explained.lemmas))


def _counted(code: str, leaning: str | None, evidence: Sequence[str]) -> Iterator[Ground]:
    if evidence:
        yield Ground(code, leaning, {"count": len(evidence)}, tuple(evidence[:_NAMED]))


def _mature(collective: Collective, subject: Subject) -> Iterator[Ground]:
    project = subject.project.record
    solution = subject.solution.record if subject.solution is not None else None
    source, trl = project, project.trl
    if solution is not None and solution.trl is not None:
        trl = max(trl or 0, solution.trl)
    if trl is not None:
        leaning = "yes" if trl >= 8 else "partly" if trl >= 6 else "no"
        yield Ground("trl", leaning, {"value": trl}, (source.id,))
    yield _stage(project)
    pilots = _pilots(collective, subject)
    for outcome, leaning in (("worked", "yes"), ("partly", "partly"), ("failed", "no")):
        told = [pilot.id for pilot in pilots if pilot.outcome == outcome]
        yield from _counted(f"pilots-{outcome}", leaning, told)
    evaluation = project.evaluation
    if evaluation is not None and evaluation.technical in _LEANING:
        code = f"technical-{evaluation.technical}"
        yield Ground(code, _LEANING[evaluation.technical], {}, (project.id,))
    if solution is not None:
        others = [one for one in solution.proven_in if one != project.id]
        yield from _counted("proven-in", "yes", [one for one in others if _went(collective, one)])


def _stage(project: Project) -> Ground:
    if project.stage in _PROVEN:
        return Ground("stage-proven", "yes", {}, (project.id,))
    if project.stage == "pilot":
        return Ground("stage-pilot", "partly", {}, (project.id,))
    code = "stage-stopped" if project.stage == "stopped" else "stage-early"
    return Ground(code, "no", {}, (project.id,))


def _went(collective: Collective, project_id: str) -> bool:
    held = collective.find(project_id)
    project = held.record if held is not None else None
    return isinstance(project, Project) and project.stage in _PROVEN


def _pilots(collective: Collective, subject: Subject) -> list[PilotRecord]:
    if subject.solution is None:
        return []
    return [
        held.record
        for held in collective.of(PilotRecord)
        if held.record.solution == subject.solution.record.id
    ]


def _open(collective: Collective, subject: Subject) -> Iterator[Ground]:
    project = subject.project.record
    solution = subject.solution.record if subject.solution is not None else None
    source = (solution.id,) if solution is not None else (project.id,)
    if solution is not None and solution.openness is not None:
        is_open = solution.openness == "open"
        yield Ground("is-open" if is_open else "is-closed", "yes" if is_open else "no", {}, source)
    if solution is not None and solution.open_source:
        yield Ground("open-source", "yes", {}, source)
    standards = tuple(
        dict.fromkeys((*project.standards, *(solution.standards if solution is not None else ())))
    )
    known = [one for one in standards if _is_open_standard(collective, one)]
    yield from _counted("open-standards", "yes", known)
    if standards and not known:
        yield from _counted("standards", "partly", standards)
    if not standards:
        yield Ground("no-standards", None, {}, source)
    if solution is not None and len(solution.building_blocks) > 1:
        yield Ground("building-blocks", "yes", {"count": len(solution.building_blocks)}, source)
    if len(project.suppliers) == 1:
        yield Ground("one-supplier", "partly", {}, (*project.suppliers, project.id))


def _is_open_standard(collective: Collective, standard_id: str) -> bool:
    held = collective.find(standard_id)
    return (
        held is not None and isinstance(held.record, Standard) and held.record.open_standard is True
    )


def _together(collective: Collective, alike: _Alike, subject: Subject) -> Iterator[Ground]:
    project, city = subject.project.record, subject.city.record.id
    own: list[str] = []
    others: list[str] = []
    for held in collective.of(Demand):
        seeks = held.record.status in _SEEKING and held.city != subject.project.city
        if seeks and alike.concepts(held):
            (own if held.city == city else others).append(held.record.id)
    yield from _counted("same-demand", "yes", sorted(others))
    yield from _counted("own-demand", "yes", sorted(own))
    along = [one for one in dict.fromkeys((*project.followers, *project.interested)) if one != city]
    yield from _counted("followers", "yes", along)
    yield from _counted("co-investors", "partly", project.co_investors)


def _users(subject: Subject, cited: Sequence[Cited]) -> Iterator[Ground]:
    # What some residents proposed tells something about others, never all.
    here = [one.contribution.record.id for one in cited if _here(one.contribution, subject)]
    elsewhere = [
        one.contribution.record.id for one in cited if not _here(one.contribution, subject)
    ]
    yield from _counted("contributions", "partly", here)
    yield from _counted("contributions-elsewhere", "partly", elsewhere)
    evaluation = subject.project.record.evaluation
    if evaluation is not None and evaluation.behavioural in _LEANING:
        leaning = "no" if evaluation.behavioural == "poor" else "partly"
        code = f"behavioural-{evaluation.behavioural}"
        yield Ground(code, leaning, {}, (subject.project.record.id,))


def _research(collective: Collective, alike: _Alike, subject: Subject) -> Iterator[Ground]:
    project = subject.project.record
    answered: list[str] = []
    open_: list[str] = []
    for held in collective.of(ResearchQuestion):
        question = held.record
        fits = project.id in question.projects or alike.concepts(held)
        if fits and question.status != "withdrawn":
            (answered if question.status == "answered" else open_).append(question.id)
    yield from _counted("questions-answered", "yes", sorted(answered))
    yield from _counted("questions-open", "partly", sorted(open_))
    yield from _counted("knowledge-partners", "partly", project.knowledge_partners)
