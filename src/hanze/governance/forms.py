"""The questions of assessments: sections and numbers of the Dutch models, questions of our own."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec

from hanze.governance.records.assessment import AssessmentKind

__all__ = [
    "ALWAYS",
    "Form",
    "Kind",
    "Option",
    "Question",
    "Section",
    "Term",
    "Terms",
    "form_of",
    "known_terms",
]

#: A question that has to be answered whatever the others say.
ALWAYS: Final = "always"

Kind = Literal[
    "text",
    "line",
    "number",
    "yes-no",
    "one",
    "many",
    "categories",
    "purposes",
    "basis",
    "special_ground",
]
#: By language: "en", "nl", "ko".
Texts = Mapping[str, str]


class Option(msgspec.Struct, frozen=True):
    """One of the answers that a question lets choose from."""

    value: str
    name: dict[str, str]


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question.

    Attributes:
        number: As the model numbers it.
        kind: How it is answered.
        ask: By language.
        needed: `ALWAYS`; "<number>=<value>": where that question has that answer; "": never.
        options: Of "one" and "many".
    """

    number: str
    kind: Kind
    ask: dict[str, str]
    needed: str = ""
    options: tuple[Option, ...] = ()


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A section.

    Attributes:
        number: As the model numbers it.
        title: By language; the Dutch one is the model's.
        questions: In their order.
        repeats: Number of the group whose questions are answered several times; "" for none.
        item: What one of these times is called, by language.
    """

    number: str
    title: dict[str, str]
    questions: tuple[Question, ...]
    repeats: str = ""
    item: dict[str, str] = {}

    def is_repeated(self, question: Question) -> bool:
        """Tell whether a question of the section is answered several times."""
        return bool(self.repeats) and question.number.startswith(self.repeats + ".")


class Form(msgspec.Struct, frozen=True):
    """All questions of one kind of assessment.

    Attributes:
        urn: Of the model and its version.
    """

    urn: str
    sections: tuple[Section, ...]

    def section(self, number: str) -> Section | None:
        return next((one for one in self.sections if one.number == number), None)

    def question(self, number: str) -> tuple[Section, Question] | None:
        """Look a question up by its number."""
        for section in self.sections:
            for question in section.questions:
                if question.number == number:
                    return section, question
        return None


class Term(msgspec.Struct, frozen=True, omit_defaults=True, rename={"kind": "class"}):
    """A term of the Data Privacy Vocabulary.

    Attributes:
        name: By language.
        kind: Of categories: ordinary, sensitive, special or criminal.
    """

    iri: str
    name: dict[str, str]
    kind: Literal["ordinary", "sensitive", "special", "criminal"] = "ordinary"


class Terms(msgspec.Struct, frozen=True):
    """The terms that forms let choose from.

    Attributes:
        category: Of personal data.
        purpose: Of processing.
        basis: Legal bases (GDPR art. 6).
        special_ground: Grounds for special categories (GDPR art. 9).
    """

    category: tuple[Term, ...]
    purpose: tuple[Term, ...]
    basis: tuple[Term, ...]
    special_ground: tuple[Term, ...]


@cache
def form_of(kind: AssessmentKind) -> Form:
    """Return the questions of a kind of assessment."""
    read = _read(f"{kind.value}.toml")
    shared: Mapping[str, Sequence[Any]] = read.pop("options", {})
    sections = []
    for section in read["section"]:
        for question in section["question"]:
            if isinstance(question.get("options"), str):
                question["options"] = shared[question["options"]]
        sections.append({**section, "questions": section.pop("question")})
    return msgspec.convert({"urn": read["urn"], "sections": sections}, Form)


@cache
def known_terms() -> Terms:
    """Return the terms that forms let choose from."""
    return msgspec.convert(_read("terms.toml"), Terms)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("hanze.governance.questions") / name).read_text("utf-8"))
