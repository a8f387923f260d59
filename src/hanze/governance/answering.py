"""Answers to the questions of assessments, checked one by one (pure)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from hanze.errors import InvalidInput
from hanze.governance.forms import Form, Question, Section, form_of, known_terms
from hanze.governance.purposes import purpose_iri
from hanze.governance.records.assessment import AssessmentKind

__all__ = ["MOST_ROWS", "checked_answers"]

#: A repeated question has at most so many answers.
MOST_ROWS: Final = 50

_KEY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)*)(?:\[([0-9]{1,3})\])?")
_PD: Final = "https://w3id.org/dpv/pd#"
_LONGEST: Final = {"text": 20_000, "line": 300}
_MOST_DAYS: Final = 36_500
_MOST_TERMS: Final = 100


def checked_answers(
    kind: AssessmentKind, given: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Check answers, and write them as they are kept.

    Args:
        given: By key ("2.1.3", "16.1.1[0]"); nothing, or empty texts, take an answer away.

    Returns:
        By key; empty ones are those that are taken away.

    Raises:
        InvalidInput: There is no such question, or the answer does not fit it; `field` is the key.
    """
    form = form_of(kind)
    return {key: _checked(form, key, values) for key, values in given.items()}


def _checked(form: Form, key: str, values: Sequence[str]) -> tuple[str, ...]:
    _, question = _question(form, key)
    said = tuple(dict.fromkeys(text for one in values if (text := one.strip())))
    if not said:
        return ()
    if question.kind in ("categories", "purposes", "many"):
        if len(said) > _MOST_TERMS:
            raise InvalidInput(f"Question {key} has at most {_MOST_TERMS} answers", field=key)
    elif len(said) > 1:
        raise InvalidInput(f"Question {key} has one answer", field=key)
    return tuple(_fitting(question, key, one) for one in said)


def _question(form: Form, key: str) -> tuple[Section, Question]:
    match = _KEY.fullmatch(key)
    found = form.question(match[1]) if match else None
    if match is None or found is None:
        raise InvalidInput(f"Question {key[:40]} does not exist", field=key[:40])
    section, question = found
    if section.is_repeated(question) != (match[2] is not None):
        hint = f"{question.number}[0]" if match[2] is None else question.number
        raise InvalidInput(f"The answer to {key} is kept as {hint}", field=key)
    if match[2] is not None and int(match[2]) >= MOST_ROWS:
        raise InvalidInput(f"There are at most {MOST_ROWS} answers to {key}", field=key)
    return section, question


def _fitting(question: Question, key: str, text: str) -> str:
    if question.kind == "purposes":
        return purpose_iri(text, field=key)
    if question.kind == "categories":
        return _category(key, text)
    if question.kind == "number":
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= _MOST_DAYS):
            raise InvalidInput(f"Question {key} asks for a number of days", field=key, value=text)
        return str(int(text))
    choices = _choices(question)
    if choices is not None:
        if text not in choices:
            raise InvalidInput(
                f"Question {key} asks for one of {', '.join(choices)}", field=key, value=text
            )
        return text
    longest = _LONGEST[question.kind]
    if len(text) > longest:
        raise InvalidInput(f"The answer to {key} has more than {longest} letters", field=key)
    return text


def _choices(question: Question) -> tuple[str, ...] | None:
    if question.kind == "yes-no":
        return ("yes", "no")
    if question.kind in ("one", "many"):
        return tuple(one.value for one in question.options)
    if question.kind == "basis":
        return tuple(one.iri for one in known_terms().basis)
    if question.kind == "special_ground":
        return tuple(one.iri for one in known_terms().special_ground)
    return None


def _category(key: str, text: str) -> str:
    iri = _PD + text[3:] if text.startswith("pd:") else text
    plain = len(iri) <= 200 and iri.isprintable() and not any(one.isspace() for one in iri)
    if not plain or ":" not in iri:
        raise InvalidInput(f"Question {key} asks for IRIs of categories", field=key, value=text)
    return iri
