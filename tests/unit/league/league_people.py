"""Members with keys, for tests of what they say and decide."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hanze.league.deciding import founded
from hanze.league.identity import KeyPair, encoded
from hanze.league.ledger import LedgerLimits, ledger_of
from hanze.league.membership import State, absorbed
from hanze.league.model import Me
from hanze.league.speaking import spoken
from hanze.league.statements import (
    Opinion,
    Record,
    Statement,
    Verdict,
    make_rotation,
    make_statement,
)

__all__ = ["LIMITS", "LONG_AGO", "NOW", "Person", "heard", "node_of", "said_by"]

NOW = "2026-05-01T12:00:00Z"
LONG_AGO = "2026-01-01T00:00:00Z"
LIMITS = LedgerLimits(
    members=50, introductions=50, oldest="2026-02-01T00:00:00Z", latest="2026-05-01T12:01:00Z"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A member; its key is the same in every run."""

    name: str
    keys: tuple[KeyPair, ...]
    chain: tuple[str, ...] = field(default=())

    @classmethod
    def called(cls, name: str) -> "Person":
        return cls(name, (_key(name),))

    @property
    def id(self) -> str:
        return self.keys[0].thumbprint

    @property
    def key(self) -> KeyPair:
        return self.keys[-1]

    def rotated(self, to: str = "next") -> "Person":
        new = _key(f"{self.name} {to} {len(self.keys)}")
        link = make_rotation(self.id, new, self.key, at=NOW)
        return replace(self, keys=(*self.keys, new), chain=(*self.chain, link))

    def record(self, sequence: int = 1, *, at: str = NOW, **changed: str) -> Statement:
        said = Record(
            by=self.id,
            chain=self.chain,
            at=at,
            sequence=sequence,
            name=changed.get("name", self.name),
            city=self.name,
            url=changed.get("url", f"https://{self.name.lower()}.example"),
            alias=self.name.lower(),
        )
        return make_statement(said, self.key)

    def says(
        self, verdict: Verdict, about: "Person", sequence: int = 1, *, at: str = NOW
    ) -> Statement:
        said = Opinion(
            by=self.id,
            chain=self.chain,
            at=at,
            sequence=sequence,
            about=about.id,
            key=about.key.thumbprint,
            verdict=verdict,
        )
        return make_statement(said, self.key)


def node_of(person: Person) -> State:
    """Found the node of a member."""
    me = Me(
        id=person.id,
        key=person.key.thumbprint,
        name=person.name,
        city=person.name,
        url=f"https://{person.name.lower()}.example",
        alias=person.name.lower(),
        founded_at=NOW,
    )
    return said_by(founded(State(), me, own_url=True), person)


def said_by(state: State, person: Person) -> State:
    """Have a node say what is new."""
    return spoken(state, person.key, now=NOW, renewed_before=LONG_AGO)


def heard(state: State, statements: Sequence[Statement], now: str = NOW) -> State:
    """Have a node hear something."""
    until = "2026-05-01T13:00:00Z"
    return absorbed(state, ledger_of(statements), LIMITS, now=now, followed_until=until)


def _key(name: str) -> KeyPair:
    return KeyPair.of_seed(encoded(hashlib.sha256(name.encode()).digest()))
