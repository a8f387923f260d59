"""Fields that look personal, in records that should tell nothing of persons (pure).

The names of fields decide, and values whose form can hardly be anything else: a number that merely
could be a telephone number is not one, since an alarm that is mostly false is not read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from hanze.connectors.streaming import Reading, Value
from hanze.ngsild.model import AttributeKind, JsonValue

__all__ = ["Finding", "personal_fields", "personal_readings"]


class Finding(NamedTuple):
    """A field that looks personal: where it is, and what it looks like, in plain words."""

    path: str
    looks_like: str


_DEPTH: Final = 12

#: Words of a field's name, all of which must be in it, one after the other.
_NAMES: Final[Sequence[tuple[str, str]]] = (
    ("e mail", "an e-mail address"),
    ("email", "an e-mail address"),
    ("phone", "a telephone number"),
    ("telephone", "a telephone number"),
    ("telefoon", "a telephone number"),
    ("mobile number", "a telephone number"),
    ("msisdn", "a telephone number"),
    ("imsi", "the number of a telephone's subscription"),
    ("bsn", "a citizen service number"),
    ("burgerservicenummer", "a citizen service number"),
    ("social security", "a social security number"),
    ("ssn", "a social security number"),
    ("resident registration", "a resident registration number"),
    ("passport", "a passport number"),
    ("paspoort", "a passport number"),
    ("driving licence", "a driving licence"),
    ("driver license", "a driving licence"),
    ("rijbewijs", "a driving licence"),
    ("first name", "a person's name"),
    ("last name", "a person's name"),
    ("given name", "a person's name"),
    ("family name", "a person's name"),
    ("full name", "a person's name"),
    ("surname", "a person's name"),
    ("voornaam", "a person's name"),
    ("achternaam", "a person's name"),
    ("customer name", "a person's name"),
    ("driver name", "a person's name"),
    ("person name", "a person's name"),
    ("patient", "a patient"),
    ("date of birth", "a date of birth"),
    ("birth date", "a date of birth"),
    ("birthday", "a date of birth"),
    ("geboortedatum", "a date of birth"),
    ("license plate", "a licence plate"),
    ("licence plate", "a licence plate"),
    ("number plate", "a licence plate"),
    ("kenteken", "a licence plate"),
    ("home address", "somebody's address"),
    ("huisadres", "somebody's address"),
    ("iban", "a bank account"),
    ("credit card", "a credit card"),
    ("mac address client", "the address of somebody's device"),
    ("client mac", "the address of somebody's device"),
    ("phone mac", "the address of somebody's device"),
    ("probe mac", "the address of somebody's device"),
    ("user name", "a person's name"),
    ("username", "a person's name"),
    ("fingerprint", "a fingerprint"),
    ("이메일", "an e-mail address"),
    ("전화번호", "a telephone number"),
    ("휴대폰", "a telephone number"),
    ("주민등록번호", "a resident registration number"),
    ("생년월일", "a date of birth"),
    ("차량번호", "a licence plate"),
    ("성명", "a person's name"),
)

#: Names that hold such a word and tell nothing of a person: counts, and of whom data comes.
_HARMLESS: Final = re.compile(
    r"\b(count|counts|number of|total|share|percentage|provider|publisher|operator|agency|enabled)\b"
)

_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
_MAC: Final = re.compile(r"[0-9A-Fa-f]([0-9A-Fa-f])(?:([:-])[0-9A-Fa-f]{2})(?:\2[0-9A-Fa-f]{2}){4}")
#: Dutch and Korean mobile numbers as people write them.
_MOBILE: Final = re.compile(
    r"(?:\+31[ -]?6|0031[ -]?6|06[ -])[ -]?\d(?:[ -]?\d){7}|(?:\+82[ -]?10|010)-\d{4}-\d{4}"
)
#: The side codes of Dutch plates, with their dashes; Korean plates.
_PLATE: Final = re.compile(
    r"(?:[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|[A-Z]{2}-\d{2}-[A-Z]{2}"
    r"|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}"
    r"|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|\d{2,3}[가-힣] ?\d{4})"
)
_RESIDENT: Final = re.compile(r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-4]\d{6}")
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_FORMS: Final = (
    (_EMAIL, "an e-mail address"),
    (_MOBILE, "a telephone number"),
    (_PLATE, "a licence plate"),
    (_RESIDENT, "a resident registration number"),
)
#: Longer texts are no such thing.
_LONGEST: Final = 200
#: Second hexadecimal digits of addresses that a device made up itself: what telephones do.
_MADE_UP: Final = frozenset("26aeAE")


def personal_readings(readings: Sequence[Reading]) -> tuple[Finding, ...]:
    """Name the fields of readings that look personal, each once."""
    found: dict[str, Finding] = {}
    for reading in readings:
        for part in (reading.values, reading.thing):
            for name, value in part.items():
                for one in value if isinstance(value, tuple) else (value,):
                    for finding in _of_value(name, one):
                        found.setdefault(finding.path, finding)
    return tuple(found.values())


def personal_fields(record: JsonValue) -> tuple[Finding, ...]:
    """Name the fields of a record that look personal, by their path in it."""
    return tuple(_walk("", record, 0))


def _of_value(name: str, value: Value) -> Iterator[Finding]:
    if value.kind is AttributeKind.GEO_PROPERTY:
        return iter(())
    return _walk(name, value.value, 0)


def _walk(path: str, value: JsonValue, depth: int) -> Iterator[Finding]:
    named = _by_name(path) if path else None
    if named and _says_something(value):
        yield Finding(path, named)
    elif isinstance(value, str):
        looks_like = _by_value(value)
        if looks_like:
            yield Finding(path, looks_like)
    elif depth < _DEPTH:
        yield from _below(path, value, depth)


def _below(path: str, value: JsonValue, depth: int) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _walk(f"{path}.{name}" if path else name, member, depth + 1)
    elif isinstance(value, Sequence):
        for member in value:
            yield from _walk(path, member, depth + 1)


def _by_name(name: str) -> str | None:
    last = re.split(r"[./]", name)[-1]
    words = " ".join(_WORDS.findall(last)).lower()
    if _HARMLESS.search(words):
        return None
    padded = f" {words} "
    return next((told for known, told in _NAMES if f" {known} " in padded), None)


def _says_something(value: JsonValue) -> bool:
    """Tell whether a value could name a person: a flag or a zero does not."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return value > 999
    if isinstance(value, str):
        return value.strip() != ""
    return len(value) > 0


def _by_value(text: str) -> str | None:
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    mac = _MAC.fullmatch(text)
    if mac and mac.group(1) in _MADE_UP:
        return "the address of somebody's telephone"
    if _IBAN.fullmatch(text) and _is_iban(text.replace(" ", "")):
        return "a bank account"
    return next((told for form, told in _FORMS if form.fullmatch(text)), None)


def _is_iban(text: str) -> bool:
    """Check the two digits that make it divisible (ISO 7064, MOD 97-10)."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1
