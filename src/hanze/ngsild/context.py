"""Expansion and compaction with a user @context and the Core @context (CIM 009, 4.4, 5.5.7).

A `Context` remembers what it computed: a name that was seen before costs a dictionary look-up.
The rules themselves are in `term_rules`, the reading of local contexts in `term_definitions`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import orjson

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.term_definitions import Term, define_terms
from hanze.ngsild.term_rules import TermRules
from hanze.ngsild.terms import (
    CORE_CONTEXT_URL,
    CORE_CONTEXTS,
    PROOF,
    PROOF_TERMS,
    core_url_of,
)

__all__ = ["CORE", "Context", "build_context"]

#: Names remembered per direction; a client that makes up more of them only costs time.
_MEMORY: Final = 8192
#: Names in use are short; longer ones would let clients fill the memory.
_LONGEST_REMEMBERED: Final = 512

#: Nesting of JSON inside one value that is followed.
_MAX_DEPTH: Final = 100

_SCALARS: Final = frozenset((str, int, float, bool, type(None)))


class _Memo(dict[str, str]):
    """A dictionary that computes what it does not have: a hit costs what a dictionary costs."""

    __slots__ = ("_compute",)

    def __init__(self, compute: Callable[[str], str]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: str) -> str:
        value = self._compute(key)
        if len(key) <= _LONGEST_REMEMBERED:
            if len(self) >= _MEMORY:
                self.clear()
            self[key] = value
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A user @context together with the Core @context; made by `build_context`.

    Two contexts are equal when they say the same of every term, whatever they were called.

    Attributes:
        key: Hash of the content; "core" for the newest Core @context alone.
        reference: The `@context` member of an answer: what the user gave, the core last.
        documents: The user's local contexts without references: enough to build it again.
        core: URL of the Core @context that counts.
        link: URL for a Link header; `None` when the user's part is not exactly one URL.
    """

    key: str
    reference: JsonValue
    documents: tuple[JsonObject, ...]
    core: str
    link: str | None
    _expanded_names: _Memo = field(repr=False)
    _compacted_names: _Memo = field(repr=False)
    _expanded_members: _Memo = field(repr=False)
    _compacted_members: _Memo = field(repr=False)
    _expanded_vocab: _Memo = field(repr=False)
    _compacted_vocab: _Memo = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def expand_name(self, term: str) -> str:
        """Expand the name of a type or attribute to its IRI.

        Raises:
            InvalidInput: It is not a name (4.6.2), or the @context forbids its use.
        """
        return self._expanded_names[term]

    def compact_name(self, iri: str) -> str:
        """Shorten the IRI of a type or attribute; `expand_name` turns it back."""
        return self._compacted_names[iri]

    def expand_member(self, name: str) -> str:
        """Expand the name of a member inside a Property's JSON value; any text may be one.

        Raises:
            InvalidInput: The @context maps it to null, or it is "@context" itself (5.5.7).
        """
        return self._expanded_members[name]

    def expand_vocab(self, text: str) -> str:
        """Expand a value that is a term: of a VocabProperty, `objectType`, `valueType`.

        Raises:
            InvalidInput: The @context maps it to null.
        """
        return self._expanded_vocab[text]

    def compact_vocab(self, iri: str) -> str:
        """Shorten what `expand_vocab` made."""
        return self._compacted_vocab[iri]

    def expand_value(self, value: JsonValue) -> JsonValue:
        """Expand the member names inside a Property's JSON value, at every depth.

        `type` and `id` become `@type` and `@id`, types are expanded; other strings and numbers stay
        as they are, and so does an object with `@value`.

        Raises:
            InvalidInput: Two members of an object stand for the same IRI, the value is nested too
                deeply, or a member name cannot be used.
        """
        if type(value) in _SCALARS:
            return value
        return _map_value(value, self._expanded_members, self._expanded_vocab, _MAX_DEPTH)

    def compact_value(self, value: JsonValue) -> JsonValue:
        """Do the inverse of `expand_value`."""
        if type(value) in _SCALARS:
            return value
        return _map_value(value, self._compacted_members, self._compacted_vocab, _MAX_DEPTH)

    def inside(self, attribute: str) -> "Context":
        """Give the context for the value of an attribute: another one only in `ngsildproof` (C.11).

        Args:
            attribute: IRI of the attribute.
        """
        if attribute != PROOF:
            return self
        return _with_proof(self)


def _map_value(value: JsonValue, names: _Memo, types: _Memo, depth: int) -> JsonValue:
    if type(value) in _SCALARS:
        return value
    if not depth:
        raise InvalidInput(f"A value is nested deeper than {_MAX_DEPTH} levels", clause="5.5.4")
    if isinstance(value, Mapping):
        return _map_object(value, names, types, depth - 1)
    if isinstance(value, list | tuple):
        return [_map_value(element, names, types, depth - 1) for element in value]
    return value


def _map_object(value: JsonObject, names: _Memo, types: _Memo, depth: int) -> JsonObject:
    if "@value" in value:
        return value
    mapped: dict[str, JsonValue] = {}
    for name, member in value.items():
        other = names[name]
        if other in mapped:
            raise InvalidInput(
                f"Two members of a value stand for {other[:100]}", field=name, clause="5.5.7"
            )
        if "@type" in (name, other):
            mapped[other] = _map_types(member, types)
        else:
            mapped[other] = _map_value(member, names, types, depth)
    return mapped


def _map_types(value: JsonValue, types: _Memo) -> JsonValue:
    """Map the `type` of an object in a value; what is not a type name there stays as it is."""
    if isinstance(value, str):
        return types[value]
    if isinstance(value, list | tuple):
        return [types[name] if isinstance(name, str) else name for name in value]
    return value


@lru_cache(maxsize=8)
def _core_terms(url: str) -> Mapping[str, Term]:
    return define_terms((CORE_CONTEXTS[url],))


def _assemble(
    terms: TermRules, key: str, reference: JsonValue, documents: tuple[JsonObject, ...], core: str
) -> Context:
    names = _Memo(terms.expand_name)
    members = _Memo(terms.expand_member)
    vocab = _Memo(terms.expand_vocab)
    return Context(
        key=key,
        reference=reference,
        documents=documents,
        core=core,
        link=_link_of(reference),
        _expanded_names=names,
        _compacted_names=_Memo(lambda iri: terms.compact(iri, terms.expand_name)),
        _expanded_members=members,
        _compacted_members=_Memo(lambda iri: _compact_member(terms, iri)),
        _expanded_vocab=vocab,
        _compacted_vocab=_Memo(lambda iri: terms.compact(iri, terms.expand_vocab)),
    )


def _compact_member(terms: TermRules, iri: str) -> str:
    if iri in ("@id", "@type"):
        return iri[1:]
    return terms.compact(iri, terms.expand_member)


def _link_of(reference: JsonValue) -> str | None:
    if isinstance(reference, str):
        return reference
    if isinstance(reference, list) and len(reference) == 2 and isinstance(reference[0], str):
        return reference[0]
    return None


def build_context(
    reference: JsonValue, documents: Sequence[JsonObject], *, core: str | None = None
) -> Context:
    """Build the context of a request.

    Args:
        reference: What the user gave as @context: URL, object, list of these, or `None`.
        documents: What it contains, in order: local context objects without references to others
            and without the Core @context.
        core: URL of the built-in Core @context that counts; when it is not given, the one that the
            reference names last, or else the newest.

    Raises:
        InvalidInput: A document is not a valid local context, or has scoped contexts (5.5.7).
    """
    entries = list(reference) if isinstance(reference, list | tuple) else [reference]
    cores = [url for entry in entries if isinstance(entry, str) and (url := core_url_of(entry))]
    core = core or (cores[-1] if cores else CORE_CONTEXT_URL)
    user = [entry for entry in entries if entry and not _is_core(entry)]
    used = tuple(document for document in documents if document)
    core_terms = _core_terms(core)
    rules = TermRules(core_terms, define_terms(used, core_terms) if used else {})
    return _assemble(rules, _key_of(used, core), [*user, core] if user else core, used, core)


@lru_cache(maxsize=256)
def _with_proof(context: Context) -> Context:
    """Add the terms that annex B scopes to `ngsildproof`; there they win over the user's."""
    core = _core_terms(context.core)
    scoped = define_terms(PROOF_TERMS, core)
    user = define_terms(context.documents, core) if context.documents else {}
    return _assemble(
        TermRules({**core, **scoped}, user),
        context.key + "#proof",
        context.reference,
        context.documents,
        context.core,
    )


def _is_core(entry: JsonValue) -> bool:
    return isinstance(entry, str) and core_url_of(entry) is not None


def _key_of(documents: tuple[JsonObject, ...], core: str) -> str:
    if not documents and core == CORE_CONTEXT_URL:
        return "core"
    content = orjson.dumps([core, *documents], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:32]


CORE: Final = build_context(None, ())
