"""Every type, field and code of records has a name in each of the three languages."""

import typing
from collections.abc import Iterator

import msgspec
import pytest

from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.standing import MISSING
from hanze.web.portal.translation import LANGUAGES, language


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
    for part in typing.get_args(form):
        yield from _members(part)


@pytest.mark.parametrize("code", LANGUAGES)
def test_term_should_be_there_when_a_record_has_it(code: str) -> None:
    words = language(code)
    assert {term for term in _terms() if words.term(*term) is None} == set()
