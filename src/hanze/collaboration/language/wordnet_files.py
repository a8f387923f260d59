"""The wordnets that an operator loads: plain copies of `.tab` files in a folder of the node's data.

The wordnets are share-alike, so they are data that an operator adds, not part of Hanze. A copy is as
the file came, its header with name and licence included.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from hanze.collaboration.language.detect import Language
from hanze.collaboration.language.wordnet import Wordnets, entry_of
from hanze.errors import ConfigurationError, NotFound, StoreFailure

__all__ = [
    "WORDNET_LANGUAGES",
    "WordnetFile",
    "WordnetInvalid",
    "WordnetNotFound",
    "forget_wordnet",
    "inspect_wordnet",
    "load_wordnets",
    "store_wordnet",
    "stored_wordnets",
    "wordnets_folder",
]

#: Languages that are used (ISO 639-3).
WORDNET_LANGUAGES: Final = ("nld", "eng", "kor")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENTRY: Final = re.compile(r"([0-9]{8}-[nvars])\t([a-z]{3}):lemma\t(\S.*)")
#: Definitions, examples and the like, which stand in some files beside the words.
_OTHER: Final = re.compile(r"[0-9]{8}-[nvars]\t([a-z]{3}:)?[a-z:]+\t.*")
_HEADER_FIELDS: Final = 4
#: A line is a word; what is longer is no wordnet.
_LONGEST_LINE: Final = 10_000


class WordnetInvalid(ConfigurationError):
    """A folder has no wordnet, or a file in it is none."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The wordnet {path} {reason}")
        self.path = path


class WordnetNotFound(NotFound):
    """No wordnet of this name was loaded."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The wordnet {name[:64]} does not exist")
        self.name = name


class WordnetFile(msgspec.Struct, frozen=True):
    """What a file says of itself, and what is in it.

    Attributes:
        name: File name without ".tab".
        title: Of the wordnet, from the header.
        language: ISO 639-3, from the header.
        source: Address, from the header.
        licence: As the header words it.
        lemmas: Lines with a word.
        synsets: Meanings that have one.
    """

    name: str
    title: str
    language: str
    source: str
    licence: str
    lemmas: int
    synsets: int


def wordnets_folder(data: Path) -> Path:
    """The folder of wordnets in a node's data directory; it may not exist yet."""
    return data / "vocabulary" / "wordnets"


def inspect_wordnet(path: Path, *, advance: Callable[[int], None] | None = None) -> WordnetFile:
    """Read a file of the Open Multilingual Wordnet through.

    Args:
        path: A `.tab` file.
        advance: Told, now and then, how many bytes were read since.

    Raises:
        WordnetInvalid: It is none: no header, a line of another form, no word, or a language that
            is not used.
    """
    if path.suffix != ".tab" or not _NAME.fullmatch(path.stem):
        raise WordnetInvalid(path, 'must have a name like "wn-data-nld.tab"')
    try:
        with path.open("rb") as file:
            title, language, source, licence = _header(path, file)
            lemmas, synsets = _count(path, file, language, advance)
    except OSError as error:
        raise WordnetInvalid(path, f"cannot be read: {error}") from error
    return WordnetFile(path.stem, title, language, source, licence, lemmas, synsets)


def _header(path: Path, file: IO[bytes]) -> list[str]:
    line = _text(path, file.readline(_LONGEST_LINE), 1)
    fields = [field.strip() for field in line.removeprefix("#").split("\t")]
    if not line.startswith("#") or len(fields) != _HEADER_FIELDS or not all(fields):
        raise WordnetInvalid(path, "has no header: # name, language, address and licence in line 1")
    if fields[1] not in WORDNET_LANGUAGES:
        used = ", ".join(WORDNET_LANGUAGES)
        raise WordnetInvalid(path, f"is in {fields[1][:20]}; languages that are used: {used}")
    return fields


def _count(
    path: Path, file: IO[bytes], language: str, advance: Callable[[int], None] | None
) -> tuple[int, int]:
    lemmas = 0
    synsets: set[str] = set()
    for number, raw in enumerate(_lines(file, advance), start=2):
        line = _text(path, raw, number)
        if line.startswith("#") or not line.strip():
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            if not _OTHER.fullmatch(line):
                raise WordnetInvalid(path, f"has no synset, relation and word in line {number}")
        elif entry[2] != language:
            raise WordnetInvalid(path, f"has a word in {entry[2]} in line {number}")
        else:
            lemmas += 1
            synsets.add(entry[1])
    if not lemmas:
        raise WordnetInvalid(path, "has no word")
    return lemmas, len(synsets)


def _lines(file: IO[bytes], advance: Callable[[int], None] | None) -> Iterator[bytes]:
    read = 0
    while raw := file.readline(_LONGEST_LINE):
        read += len(raw)
        if advance is not None and read >= _LONGEST_LINE:
            advance(read)
            read = 0
        yield raw


def _text(path: Path, raw: bytes, number: int) -> str:
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise WordnetInvalid(path, f"is not UTF-8 in line {number}") from error


def store_wordnet(path: Path, folder: Path) -> bool:
    """Copy a file into a folder, in the place of an earlier one with its name.

    Returns:
        Whether something changed: `False` when just this file was there.

    Raises:
        StoreFailure: The folder cannot be written.
    """
    target = folder / path.name
    part = folder / f".{path.name}.part"
    try:
        body = path.read_bytes()
        if target.is_file() and target.read_bytes() == body:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        # Under its name only once it is whole: a node that starts meanwhile reads the folder.
        part.write_bytes(body)
        part.replace(target)
    except OSError as error:
        raise StoreFailure(f"The wordnet {path.name} cannot be stored: {error}") from error
    return True


def stored_wordnets(folder: Path) -> tuple[WordnetFile, ...]:
    """What was loaded, by name; empty where nothing was.

    Raises:
        WordnetInvalid: A file in the folder is damaged.
    """
    return tuple(inspect_wordnet(path) for path in sorted(folder.glob("*.tab")))


def forget_wordnet(folder: Path, name: str) -> None:
    """Remove a wordnet.

    Raises:
        WordnetNotFound: None of this name was loaded.
        StoreFailure: It cannot be removed.
    """
    stem = name.removesuffix(".tab")
    path = folder / f"{stem}.tab"
    if not _NAME.fullmatch(stem) or not path.is_file():
        raise WordnetNotFound(name)
    try:
        path.unlink()
    except OSError as error:
        raise StoreFailure(f"The wordnet {name} cannot be removed: {error}") from error


def load_wordnets(folder: Path) -> Wordnets:
    """Read the `.tab` files of a folder; languages other than Dutch, English and Korean are left out.

    Raises:
        WordnetInvalid: The folder has no such file, or one cannot be read.
    """
    files = sorted(folder.glob("*.tab"))
    if not files:
        raise WordnetInvalid(folder, "has no .tab file")
    return Wordnets(entry for file in files for entry in _entries(file))


def _entries(file: Path) -> Iterator[tuple[Language, str, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                entry = entry_of(line)
                if entry is not None:
                    yield entry
    except (OSError, UnicodeDecodeError) as error:
        raise WordnetInvalid(file, f"cannot be read: {error}") from error
