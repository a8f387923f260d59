"""Files of wordnets: inspected, copied as they are, and removed."""

from pathlib import Path

import pytest

from hanze.collaboration.language.wordnet_files import (
    WordnetFile,
    WordnetInvalid,
    WordnetNotFound,
    forget_wordnet,
    inspect_wordnet,
    load_wordnets,
    store_wordnet,
    stored_wordnets,
    wordnets_folder,
)
from hanze.errors import StoreFailure

TAB = (
    "# Test wordnet\tnld\thttps://example.org/\tCC BY\n"
    "00000001-n\tnld:lemma\tfiets\n"
    "00000001-n\tnld:lemma\trijwiel\n"
    "00000001-n\tnld:def\t0\twat twee wielen heeft\n"
    "\n"
    "00000002-v\tnld:lemma\tuit elkaar halen\n"
)


def a_file(folder: Path, text: str = TAB, name: str = "wn-test-nld.tab") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_inspect_should_say_what_the_header_says_and_count(tmp_path: Path) -> None:
    assert inspect_wordnet(a_file(tmp_path)) == WordnetFile(
        name="wn-test-nld",
        title="Test wordnet",
        language="nld",
        source="https://example.org/",
        licence="CC BY",
        lemmas=3,
        synsets=2,
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no header"),
        ("00000001-n\tnld:lemma\tfiets\n", "has no header"),
        ("# a\tfra\thttps://x\tfree\n", "is in fra"),
        ("# a\tnld\thttps://x\tfree\n", "has no word"),
        ("# a\tnld\thttps://x\tfree\nfiets\n", "line 2"),
        (TAB + "00000003-n\teng:lemma\tbike\n", "has a word in eng in line 7"),
    ],
)
def test_inspect_should_refuse_what_is_no_wordnet(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(WordnetInvalid, match=reason):
        inspect_wordnet(a_file(tmp_path, text))


def test_inspect_should_refuse_what_is_not_utf8(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    path.write_bytes(TAB.encode() + b"00000001-n\tnld:lemma\t\xff\n")
    with pytest.raises(WordnetInvalid, match="is not UTF-8 in line 7"):
        inspect_wordnet(path)


@pytest.mark.parametrize("name", ["wordnet.txt", ".tab", "-x.tab", "a b.tab"])
def test_inspect_should_refuse_names_that_cannot_be_kept(tmp_path: Path, name: str) -> None:
    with pytest.raises(WordnetInvalid, match="must have a name like"):
        inspect_wordnet(a_file(tmp_path, name=name))


def test_inspect_should_refuse_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(WordnetInvalid, match="cannot be read"):
        inspect_wordnet(tmp_path / "absent.tab")


def test_a_stored_wordnet_should_be_read_and_forgotten(tmp_path: Path) -> None:
    path, folder = a_file(tmp_path / "in"), wordnets_folder(tmp_path / "data")
    assert stored_wordnets(folder) == ()
    assert store_wordnet(path, folder)
    assert not store_wordnet(path, folder)
    assert (folder / path.name).read_bytes() == path.read_bytes()
    assert [each.name for each in stored_wordnets(folder)] == ["wn-test-nld"]
    words = load_wordnets(folder)
    assert words.synsets("nl", "fiets") == words.synsets("nl", "rijwiel") != ()
    forget_wordnet(folder, "wn-test-nld")
    assert stored_wordnets(folder) == ()


@pytest.mark.parametrize("name", ["absent", "../../x", ""])
def test_forget_should_not_find_what_is_not_there(tmp_path: Path, name: str) -> None:
    a_file(tmp_path, name="x.tab")
    folder = tmp_path / "vocabulary" / "wordnets"
    folder.mkdir(parents=True)
    with pytest.raises(WordnetNotFound):
        forget_wordnet(folder, name)
    assert (tmp_path / "x.tab").is_file()


def test_store_should_say_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    with pytest.raises(StoreFailure, match=r"wn-test-nld\.tab cannot be stored"):
        store_wordnet(path, path / "folder")


def test_advance_should_be_told_of_what_was_read(tmp_path: Path) -> None:
    lines = "".join(f"{number:08d}-n\tnld:lemma\twoord\n" for number in range(2000))
    path = a_file(tmp_path, TAB + lines)
    told: list[int] = []
    inspect_wordnet(path, advance=told.append)
    assert 0 < sum(told) <= path.stat().st_size
    assert len(told) > 1


def test_the_real_wordnets_should_be_valid(shared_data: Path) -> None:
    folder = shared_data / "collective" / "thesaurus-omw"
    found = stored_wordnets(folder)
    assert {each.language for each in found} == {"nld", "eng", "kor"}
    assert all(each.licence and each.lemmas > 500 for each in found)
