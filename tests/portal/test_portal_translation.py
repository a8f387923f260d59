"""Nothing is left untranslated, in any of the three languages."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import hanze.web.portal
from hanze.web.portal.translation import (
    LANGUAGES,
    language,
    local_name,
    preferred,
    read_catalogue,
)

_SOURCE = Path(next(iter(hanze.web.portal.__path__)))
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def _used() -> set[str]:
    found = extract_from_dir(str(_SOURCE), _METHODS)
    return {texts[0] if isinstance(texts, tuple) else texts for _, _, texts, _, _ in found}


@pytest.mark.parametrize("code", ["nl", "ko"])
def test_catalogue_should_hold_every_text_of_the_pages_and_no_other(code: str) -> None:
    catalogue = read_catalogue(code, "pages")
    known = set()
    for message in catalogue:
        if message.id:
            identifier = message.id[0] if isinstance(message.id, tuple) else message.id
            known.add(identifier)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(texts), f"{identifier!r} has no text"
            assert not message.fuzzy
            assert list(message.check(catalogue)) == []
    assert known == _used()


def test_terms_should_be_the_same_in_every_language() -> None:
    catalogues = {
        code: {(message.context, message.id) for message in read_catalogue(code, "terms")}
        for code in LANGUAGES
    }
    # "/h" and the like are written alike; a sign that a language lacks is not one.
    assert catalogues["en"] == catalogues["nl"] == catalogues["ko"]


def test_words_should_fall_back_to_the_name_itself() -> None:
    english = language("en")
    assert english.words("type", "https://x.example/BeeHiveObserved") == "Bee hive observed"
    assert english.words("attribute", "urn:x:CO2level") == "CO2level"
    assert language("nl").words("type", "https://x.example#AirQualityObserved") == "Luchtkwaliteit"


def test_local_name_should_be_what_stands_last() -> None:
    assert [local_name(iri) for iri in ("a:b/c#d", "a/b/", "plain")] == ["d", "b", "plain"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("ko;q=0.3, nl;q=0.8", "nl"), ("nl;q=0", "en"), ("*", "en"), ("nl;q=x,ko;q=.5", "en")],
)
def test_preferred_should_follow_the_weights(header: str, expected: str) -> None:
    assert preferred(header) == expected
