"""Reading wordnets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.language.wordnet import Wordnets
from hanze.collaboration.language.wordnet_files import WordnetInvalid, load_wordnets
from hanze.collaboration.vocabulary.concept import Vocabulary

FILE = """# A wordnet\tnld\thttps://example.org/\tCC0
02834778-n\tnld:lemma\tfiets
02834778-n\tnld:lemma\tRijwiel
02834778-n\tkor:lemma\t자전거
02834778-n\tfra:lemma\tvélo
02834778-n\tnld:def\tTweewieler
broken
0283477x-n\tnld:lemma\tfiets
02834778-z\tnld:lemma\tfiets
04335886-n\teng:lemma\tstreet light
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wn-own.tab").write_text(FILE, "utf-8")
    return tmp_path


def test_load_wordnets_should_read_lemmas_of_our_languages(folder: Path) -> None:
    wordnets = load_wordnets(folder)
    assert len(wordnets) == 4
    assert wordnets.languages == ("en", "ko", "nl")
    assert wordnets.synsets("nl", "rijwiel") == ("wn:02834778-n",)
    assert wordnets.synsets("ko", "자전거") == ("wn:02834778-n",)
    assert wordnets.synsets("en", "Street-Light") == ("wn:04335886-n",)
    assert wordnets.synsets("en", "fiets") == ()


def test_load_wordnets_should_say_so_when_a_folder_has_none(tmp_path: Path) -> None:
    with pytest.raises(WordnetInvalid, match=r"has no \.tab file"):
        load_wordnets(tmp_path)


def test_load_wordnets_should_say_so_when_a_file_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "wn-bad.tab").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(WordnetInvalid, match="cannot be read"):
        load_wordnets(tmp_path)


def test_synsets_should_be_none_when_a_word_has_very_many_meanings() -> None:
    wordnets = Wordnets(("en", "set", f"{number:08}-v") for number in range(20))
    assert wordnets.synsets("en", "set") == ()


def test_synsets_should_be_none_when_a_language_has_no_wordnet() -> None:
    assert Wordnets([]).synsets("ko", "자전거") == ()


@given(
    st.dictionaries(
        st.text(alphabet="abcdé", min_size=1, max_size=6),
        st.sets(st.integers(0, 99_999_999), min_size=1, max_size=3),
    )
)
def test_synsets_should_be_those_that_were_given(words: dict[str, set[int]]) -> None:
    wordnets = Wordnets(
        ("nl", word, f"{number:08}-a") for word, numbers in words.items() for number in numbers
    )
    for word, numbers in words.items():
        assert set(wordnets.synsets("nl", word)) == {f"wn:{number:08}-a" for number in numbers}


def test_load_wordnets_should_take_little_memory_when_the_open_ones_are_loaded(
    shared_data: Path, small: Vocabulary
) -> None:
    wordnets = load_wordnets(shared_data / "collective" / "thesaurus-omw")
    assert len(wordnets) > 100_000
    assert wordnets.nbytes < 4_000_000
    nl = Annotator(small, wordnets).annotate("Een fiets in het bos")
    en = Annotator(small, wordnets).annotate("A bicycle in the forest")
    assert any(key.startswith("wn:") for key in set(nl.concepts) & set(en.concepts))
