"""From local contexts to term definitions (JSON-LD 1.1, 5.1 to 5.3; CIM 009, 4.4 and 5.5.7).

What JSON-LD knows and NGSI-LD forbids or cannot carry is never dropped in silence: scoped contexts
are refused at once; a term that is mapped to null, to a reverse property or to a keyword is kept
with the reason why it cannot be a name, so that only its use is refused.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.terms import CORE_CONTEXTS, DEFAULT_VOCAB
from hanze.ngsild.uri import is_uri

__all__ = ["KEYWORDS", "Term", "define_terms"]

KEYWORDS: Final = frozenset(
    (
        *("@base", "@container", "@context", "@direction", "@graph", "@id", "@import", "@included"),
        *("@index", "@json", "@language", "@list", "@nest", "@none", "@prefix", "@propagate"),
        *("@protected", "@reverse", "@set", "@type", "@value", "@version", "@vocab"),
    )
)

_CONTAINERS = frozenset(("@list", "@set", "@language", "@index", "@graph", "@id", "@type"))
_MEMBERS = frozenset(
    (
        *("@id", "@reverse", "@container", "@context", "@language", "@nest", "@prefix", "@type"),
        *("@protected", "@index", "@direction"),
    )
)
_SETTINGS = frozenset(
    ("@base", "@direction", "@language", "@propagate", "@protected", "@version", "@vocab")
)
_COERCIONS = frozenset(("@id", "@vocab", "@json", "@none"))

#: Definitions that refer to definitions; deeper than this is an attack, not a vocabulary.
_MAX_CHAIN = 40


class Term(msgspec.Struct, frozen=True):
    """What a context says of one term.

    Attributes:
        iri: The IRI or keyword it stands for; `None` when it cannot be used, see `refusal`.
        coercion: `@type` of the definition: "@id", "@vocab", ..., an IRI, or `None`.
        containers: `@container` of the definition.
        prefix: Whether it may be the part before the colon of a compact IRI.
        literal: Whether the definition fixes a language: a term for strings only.
        refusal: Why the term cannot be used, for the error message.
    """

    iri: str | None
    coercion: str | None = None
    containers: frozenset[str] = frozenset()
    prefix: bool = False
    literal: bool = False
    refusal: str = "maps it to null"


def define_terms(
    documents: tuple[JsonObject, ...], initial: Mapping[str, Term] | None = None
) -> dict[str, Term]:
    """Process local contexts, one after the other.

    Args:
        documents: Local context objects without references to others.
        initial: Terms that are there before; the fallback vocabulary is the Core @context's.

    Raises:
        InvalidInput: A definition is not valid, or is a scoped context (5.5.7).
    """
    terms = dict(initial or {})
    vocab: str | None = DEFAULT_VOCAB
    for document in documents:
        local = _LocalContext(document, terms, vocab)
        local.define_all()
        vocab = local.vocab
    return terms


def _invalid(term: str, problem: str) -> InvalidInput:
    return InvalidInput(
        f"The @context defines {term[:100]!r} {problem}", field="@context", value=term, clause="4.4"
    )


class _LocalContext:
    """One local context while its terms are being defined into `terms`."""

    def __init__(self, document: JsonObject, terms: dict[str, Term], vocab: str | None) -> None:
        self._document = document
        self._terms = terms
        self._defined: set[str] = set()
        self._pending: set[str] = set()
        self.vocab = vocab

    def define_all(self) -> None:
        self._check_keywords()
        if "@vocab" in self._document:
            self.vocab = self._vocab_of(self._document["@vocab"])
        for term in self._document:
            if term not in _SETTINGS:
                self._define(term)

    def _check_keywords(self) -> None:
        """Check the members that are no terms.

        `@base`, `@language` and `@direction` change how RDF reads a document and nothing in
        NGSI-LD: ids are absolute URIs (4.6.4) and strings carry their language in a languageMap.
        """
        for keyword in ("@base", "@language", "@direction"):
            if not isinstance(self._document.get(keyword), str | None):
                raise _invalid(keyword, "as something else than a string or null")
        for keyword in ("@protected", "@propagate"):
            if not isinstance(self._document.get(keyword, True), bool):
                raise _invalid(keyword, "as something else than a boolean")
        if self._document.get("@propagate") is False:
            raise _invalid("@propagate", "as false, which only scoped contexts may (5.5.7)")
        if self._document.get("@version", 1.1) != 1.1:
            raise _invalid("@version", "as something else than 1.1")

    def _vocab_of(self, value: JsonValue) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise _invalid("@vocab", "as something else than a string or null")
        # Only what came before counts here, not this document's own prefixes (JSON-LD 1.1, 4.1.2).
        expanded = self._expand(value, self._terms.get) if value else self.vocab
        if expanded is None or not is_uri(expanded):
            raise _invalid("@vocab", "as something else than an absolute IRI")
        return expanded

    def _define(self, term: str) -> None:
        if term in self._defined:
            return
        if term in self._pending or len(self._pending) > _MAX_CHAIN:
            raise _invalid(term, "by itself, or through too many other terms")
        if not term or term.startswith("@"):
            raise _invalid(term, "although that name is reserved by JSON-LD")
        self._pending.add(term)
        self._terms.pop(term, None)
        self._terms[term] = self._term_of(term, self._document[term])
        self._pending.discard(term)
        self._defined.add(term)

    def _term_of(self, term: str, value: JsonValue) -> Term:
        simple = isinstance(value, str)
        if value is None:
            return Term(iri=None)
        if isinstance(value, str):
            value = {"@id": value}
        if not isinstance(value, Mapping):
            raise _invalid(term, "as something else than a string, an object or null")
        self._check_members(term, value)
        if "@reverse" in value:
            return Term(iri=None, refusal="makes it a reverse property")
        iri = self._iri_of(term, value)
        if iri is None:
            return Term(iri=None)
        return Term(
            iri=iri,
            coercion=self._coercion_of(term, value.get("@type")),
            containers=_containers_of(term, value.get("@container")),
            prefix=_is_prefix(term, iri, value, simple=simple),
            literal="@language" in value,
        )

    def _check_members(self, term: str, definition: JsonObject) -> None:
        if "@context" in definition and not _is_of_core(term, definition):
            raise InvalidInput(
                f"The @context gives {term[:100]!r} a scoped context",
                field="@context",
                value=term,
                clause="5.5.7",
            )
        unknown = definition.keys() - _MEMBERS
        if unknown:
            raise _invalid(term, f"with the member {min(unknown)[:100]!r}, unknown to JSON-LD")
        for member in ("@reverse", "@nest", "@index"):
            if member in definition and not isinstance(definition[member], str):
                raise _invalid(term, f"with a {member} that is not a string")
        if not isinstance(definition.get("@protected", True), bool):
            raise _invalid(term, "with an @protected that is not a boolean")

    def _iri_of(self, term: str, definition: JsonObject) -> str | None:
        identifier = definition.get("@id", term)
        if identifier is None:
            return None
        if not isinstance(identifier, str):
            raise _invalid(term, "with an @id that is not a string")
        iri = self._expand(identifier) if identifier != term else self._own_iri(term)
        if iri is None:
            return None
        if iri == "@context" or (iri not in KEYWORDS and not is_uri(iri)):
            raise _invalid(term, f"as {iri[:100]!r}, which is not an absolute IRI")
        return iri

    def _own_iri(self, term: str) -> str | None:
        """Say what a definition without `@id` means: a compact IRI, or a name in the vocabulary."""
        prefix, colon, suffix = term.partition(":")
        if colon and prefix:
            known = self._lookup(prefix)
            return known.iri + suffix if known and known.iri else term
        if self.vocab is None:
            raise _invalid(term, "without an IRI, and has no @vocab")
        return self.vocab + term

    def _expand(self, text: str, lookup: Callable[[str], Term | None] | None = None) -> str | None:
        """Expand an IRI that stands in a definition (JSON-LD 1.1 API, 5.2.2)."""
        lookup = lookup or self._lookup
        if text in KEYWORDS:
            return text
        known = lookup(text)
        if known is not None:
            return known.iri
        prefix, colon, suffix = text.partition(":")
        if colon and prefix:
            if suffix.startswith("//"):
                return text
            known = lookup(prefix)
            return known.iri + suffix if known and known.prefix and known.iri else text
        return text if self.vocab is None else self.vocab + text

    def _lookup(self, term: str) -> Term | None:
        if term in self._document and term not in KEYWORDS:
            self._define(term)
        return self._terms.get(term)

    def _coercion_of(self, term: str, value: JsonValue) -> str | None:
        if value is None:
            return None
        expanded = self._expand(value) if isinstance(value, str) else None
        if expanded is None or (expanded not in _COERCIONS and not is_uri(expanded)):
            raise _invalid(term, "with an @type that is not an IRI")
        return expanded


def _is_of_core(term: str, definition: JsonObject) -> bool:
    """Tell whether a definition is the Core @context's own: some publish copies of it."""
    return any(core.get(term) == definition for core in CORE_CONTEXTS.values())


def _containers_of(term: str, value: JsonValue) -> frozenset[str]:
    names = [value] if isinstance(value, str) else value or ()
    if not isinstance(names, list | tuple) or not all(
        isinstance(name, str) and name in _CONTAINERS for name in names
    ):
        raise _invalid(term, "with an @container unknown to JSON-LD")
    return frozenset(name for name in names if isinstance(name, str))


def _is_prefix(term: str, iri: str, definition: JsonObject, *, simple: bool) -> bool:
    explicit = definition.get("@prefix")
    if explicit is None:
        return simple and ":" not in term and "/" not in term and iri[-1] in ":/?#[]@"
    if not isinstance(explicit, bool) or ":" in term or "/" in term:
        raise _invalid(term, "with an @prefix that is not a boolean or has no place there")
    return explicit
