"""Every type, field and code of records has a name in each of the three languages."""

import typing
from collections.abc import Iterator

import msgspec
import pytest

from hanze.collaboration.records.fields import fields_of, members_of, structure_of
from hanze.collaboration.records.record import Structure
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.standing import MISSING
from hanze.web.portal.collective.showing import code_term
from hanze.web.portal.translation import LANGUAGES, language, read_catalogue


def _terms() -> Iterator[tuple[str, str]]:
    for name, kind in RECORD_TYPES.items():
        yield "type", name
        yield "types", name
        for field in fields_of(kind):
            yield "attribute", field.term
            yield from ((f"code {field.term}", code) for code in field.codes)
            yield from _members(field.structure)
    yield from (("code missing", code) for code in MISSING)
    yield "code provenance", "unknown"


def _members(form: object) -> Iterator[tuple[str, str]]:
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        for member in msgspec.structs.fields(form):
            yield "attribute", member.encode_name
            yield from _members(member.type)
        if issubclass(form, Structure):
            for each in members_of(form):
                codes = code_term(form.__name__, each.name) or each.term
                yield from ((f"code {codes}", code) for code in each.codes)
    for part in typing.get_args(form):
        yield from _members(part)


def _own() -> Iterator[tuple[str, str]]:
    """What a type may call otherwise than other types do."""
    structures: dict[str, type[Structure]] = {}
    for name, kind in RECORD_TYPES.items():
        for field in fields_of(kind):
            yield f"attribute {name}", field.term
            yield from ((f"code {field.term} {name}", code) for code in field.codes)
            found = structure_of(field)
            if found is not None:
                structures[found[0].__name__] = found[0]
    for name, structure in structures.items():
        for member in members_of(structure):
            yield f"attribute {name}", member.term
            yield from ((f"code {member.term} {name}", code) for code in member.codes)


@pytest.mark.parametrize("code", LANGUAGES)
def test_name_of_a_field_of_one_type_should_be_of_a_field_that_it_has(code: str) -> None:
    kinds = {one.partition(" ")[2] for one, _ in _own() if one.startswith("attribute ")}
    told = {
        (str(message.context), str(message.id))
        for message in read_catalogue(code, "terms")
        if (message.context or "").rpartition(" ")[2] in kinds
    }
    assert told
    assert told - set(_own()) == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_term_should_be_there_when_a_record_has_it(code: str) -> None:
    words = language(code)
    assert {term for term in _terms() if words.term(*term) is None} == set()
