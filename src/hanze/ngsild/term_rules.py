"""How names expand and IRIs compact under the terms of one context (CIM 009, 4.6.2, 5.5.7).

The Core @context counts as the last of all and cannot be overridden: its terms win over the user's
for expansion and for compaction, and its `@vocab` is the fallback. A user's `@vocab` therefore only
says what the user's own definitions without `@id` mean.

Compaction follows JSON-LD 1.1 (API, 6.2): a term, else the name in the vocabulary, else the
shortest compact IRI, else the IRI itself; and only what expands to the same IRI again. It departs
from JSON-LD in two things: a term whose definition coerces the type still names its attribute, since
4.4 asks for such definitions; and a short form that is not a name of 4.6.2 is not used as one.
"""

import re
from collections.abc import Callable, Mapping

from hanze.errors import InvalidInput
from hanze.ngsild.term_definitions import KEYWORDS, Term
from hanze.ngsild.terms import DEFAULT_VOCAB
from hanze.ngsild.uri import is_uri

__all__ = ["TermRules"]

_NAME = re.compile(r"\w+")


class TermRules:
    """The terms of one context, with the rules of expansion and compaction, nothing remembered."""

    __slots__ = ("_inverse", "_prefixes", "_terms")

    def __init__(self, core: Mapping[str, Term], user: Mapping[str, Term]) -> None:
        self._terms = {**user, **core}
        # The core's terms win at compaction too, even over shorter ones (5.5.7).
        own = {name: term for name, term in user.items() if name not in core}
        self._inverse = {**_invert(own), **_invert(core)}
        self._prefixes = [
            (term.iri, name) for name, term in self._terms.items() if term.prefix and term.iri
        ]

    def expand_name(self, name: str) -> str:
        term = self._terms.get(name)
        if ":" in name:
            return self._expand_qualified(name, term)
        if not _is_name(name):
            raise _bad_name(name)
        if term is None:
            return DEFAULT_VOCAB + name
        if term.iri is None or term.iri in KEYWORDS:
            raise _unusable(name, term)
        return term.iri

    def _expand_qualified(self, name: str, term: Term | None) -> str:
        if term is not None:
            if term.iri is None or term.iri in KEYWORDS:
                raise _unusable(name, term)
            return term.iri
        prefix, _, suffix = name.partition(":")
        namespace = self._terms.get(prefix)
        if namespace and namespace.prefix and namespace.iri and not suffix.startswith("//"):
            if not _is_name(suffix):
                raise _bad_name(name)
            return namespace.iri + suffix
        if not is_uri(name):
            raise _bad_name(name)
        return name

    def expand_member(self, name: str) -> str:
        if name == "@context":
            raise InvalidInput(
                "A value contains an @context of its own", field="@context", clause="5.5.7"
            )
        if name.startswith("@"):
            return name
        term = self._terms.get(name)
        if term is None:
            return self._expand_unknown(name)
        if term.iri is None:
            raise _unusable(name, term)
        return term.iri

    def expand_vocab(self, text: str) -> str:
        if text.startswith("@"):
            return text
        term = self._terms.get(text)
        if term is None:
            return self._expand_unknown(text)
        if term.iri is None:
            raise _unusable(text, term)
        return DEFAULT_VOCAB + text if term.iri in KEYWORDS else term.iri

    def _expand_unknown(self, text: str) -> str:
        prefix, colon, suffix = text.partition(":")
        if not colon:
            return DEFAULT_VOCAB + text
        namespace = self._terms.get(prefix)
        if namespace and namespace.prefix and namespace.iri and not suffix.startswith("//"):
            return namespace.iri + suffix
        return text

    def compact(self, iri: str, expand: Callable[[str], str]) -> str:
        """Shorten an IRI to what `expand` turns into the same IRI again."""
        term = self._inverse.get(iri)
        if term is not None and _leads_to(iri, term, expand):
            return term
        if iri.startswith(DEFAULT_VOCAB):
            name = iri[len(DEFAULT_VOCAB) :]
            if _leads_to(iri, name, expand):
                return name
        candidates = [
            f"{prefix}:{iri[len(namespace) :]}"
            for namespace, prefix in self._prefixes
            if len(iri) > len(namespace) and iri.startswith(namespace)
        ]
        candidates.sort(key=lambda candidate: (len(candidate), candidate))
        return next((short for short in candidates if _leads_to(iri, short, expand)), iri)


def _leads_to(iri: str, candidate: str, expand: Callable[[str], str]) -> bool:
    try:
        return expand(candidate) == iri
    except InvalidInput:
        return False


def _is_name(text: str) -> bool:
    """Tell whether a text is a `name` of 4.6.2: letters, numbers and underscores after a letter."""
    return text[:1].isalpha() and _NAME.fullmatch(text) is not None


def _bad_name(name: str) -> InvalidInput:
    return InvalidInput(
        f"The name {name[:100]!r} must be a letter followed by letters, numbers and underscores, "
        "with a prefix at most, or a URI",
        value=name,
        clause="4.6.2",
    )


def _unusable(name: str, term: Term) -> InvalidInput:
    reason = term.refusal if term.iri is None else f"makes it an alias of {term.iri}"
    return InvalidInput(
        f"The name {name[:100]!r} cannot be used: the @context {reason}", value=name, clause="5.5.7"
    )


def _invert(terms: Mapping[str, Term]) -> dict[str, str]:
    """Choose a term for every IRI, as JSON-LD does for a node object, the coerced ones last."""
    order = sorted(
        ((name, term) for name, term in terms.items() if term.iri and term.iri not in KEYWORDS),
        key=lambda pair: (*_fitness(pair[1]), len(pair[0]), pair[0]),
        reverse=True,
    )
    return {term.iri: name for name, term in order if term.iri}


def _fitness(term: Term) -> tuple[bool, bool, bool]:
    """Rank a definition for attributes: uncoerced ones before others, `@set`, then `@id` first."""
    shaped = bool(term.containers - {"@set"}) or term.literal
    typed = term.coercion not in (None, "@id", "@none")
    return (shaped or typed, "@set" not in term.containers, term.coercion != "@id")
