"""Search over all records in Dutch, English and Korean: by words, and by what words are about.

A question and a record meet by a lemma (in one language), by a concept of the vocabulary (across
languages, and with what is below it), by the name of a city, organisation, standard or platform
that the record names, or by an id or code. Nothing is asked of others: the index is made of the
collective, and follows it.
"""

import asyncio
import gc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.annotations import read_apart
from hanze.collaboration.collective import SET_ASIDE, Collective, Held
from hanze.collaboration.index.asking import Asked, read_question
from hanze.collaboration.index.names import Names
from hanze.collaboration.index.reading import Terms, terms_of, texts_of
from hanze.collaboration.index.reasons import Matched, Reasons, codes_in
from hanze.collaboration.index.rows import Rows, theme_concept
from hanze.collaboration.index.texts import TextIndex
from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.records.record import Record, text_of
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.vocabulary.concept import Vocabulary

__all__ = ["Hit", "Matched", "Search"]

_CODE: Final = 100.0
_TITLE_ITSELF: Final = 10.0
_PHRASE: Final = 2.0
#: Records that are read literally for a phrase, the best first.
_MOST_READ: Final = 5_000

#: Texts read in one go, in a thread: some 50 ms; and those of them added before others get a turn.
_SLICE: Final = 80
_ADDED: Final = 20
_ROWS_SLICE: Final = 100
_COMPACT_FROM: Final = 1_000
_REMEMBERED: Final = 200

#: A record, and the concepts of its themes.
Read = tuple[Held[Record], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that is found.

    Attributes:
        held: The record, and where it is from.
        score: Above 0; only to compare hits of one question.
        matches: The best first.
    """

    held: Held[Record]
    score: float
    matches: tuple[Matched, ...]


class Search:
    """The index. Made at once; filled by `refresh`, in the background where there is much to do.

    Args:
        annotator: Gives what reads texts now. Another one than before, because cities added
            concepts, has all texts read anew.
        beside: Called in the reading thread with each record that is read: who annotates it as
            well does so at little cost, while its words are known.
    """

    def __init__(
        self,
        annotator: Callable[[], Annotator],
        beside: Callable[[Held[Record]], object] = lambda _: None,
    ) -> None:
        self._give_annotator = annotator
        self._beside = beside
        self._annotator: Annotator | None = None
        self._collective: Collective | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._empty()

    def _empty(self) -> None:
        #: The columns of all records; complete after `refresh`, whatever is pending.
        self.rows = Rows()
        self._names = Names()
        self._texts = TextIndex()
        self._pending: dict[str, None] = {}
        self._version = -1
        self._asked: dict[tuple[str, str], Asked] = {}

    @property
    def pending(self) -> int:
        """Records whose texts are not in the index yet: they are found by code only."""
        return len(self._pending)

    @property
    def annotator(self) -> Annotator:
        """What reads texts."""
        if self._annotator is None:
            self._annotator = self._give_annotator()
        return self._annotator

    @property
    def vocabulary(self) -> Vocabulary:
        """Whose concepts are found."""
        return self.annotator.vocabulary

    async def refresh(self, collective: Collective, *, wait_s: float | None = 0.3) -> "Search":
        """Follow what changed in the collective; return itself.

        Args:
            collective: Refreshed; the same each time.
            wait_s: Seconds after which the rest of the texts is read in the background, while
                `pending` tells how many are left; `None` waits for all.
        """
        async with self._lock:
            if self._annotator is None:
                # A vocabulary takes a moment to load.
                self._annotator = await asyncio.to_thread(self._give_annotator)
            elif self._annotator is not (now := self._give_annotator()):
                self._annotator = now
                self._empty()
            await self._follow(collective)
            if self._pending and (self._task is None or self._task.done()):
                self._task = asyncio.create_task(self._read_pending())
        task = self._task
        if task is not None:
            await asyncio.wait({task}, timeout=wait_s)
            if task.done():
                self._task = None if self._task is task else self._task
                task.result()
        return self

    async def prepare(self, text: str, language: str) -> None:
        """Have a question read in a thread: the first one in a language loads what reads it."""
        if text.strip():
            await asyncio.to_thread(self._read, text, language)

    async def close(self) -> None:
        """Stop what runs in the background."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def find(
        self,
        text: str,
        language: str,
        *,
        kinds: Collection[type[Record]] | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Find records, the best first.

        Args:
            text: What is looked for, in any of the languages; "in quotes" what must be there
                literally; its last word may be unfinished. A long text is a description.
            language: Of who asks: that of the labels.
            kinds: Types of records; `None` is all.
            limit: How many at most.
        """
        scores = self.scores(text, language)
        if kinds is not None:
            codes = [self.rows.codes["kind"].known(kind.__name__) for kind in kinds]
            scores = scores * np.isin(self.rows.column("kind"), [c for c in codes if c is not None])
        found = np.flatnonzero(scores)
        best = found[np.lexsort((self.rows.places[found], -scores[found]))][:limit]
        hits = []
        for row in best:
            held = self.rows.held[row]
            if held is not None:
                matches = self.matches(text, language, held)
                hits.append(Hit(held, float(scores[row]), matches))
        return hits

    def scores(self, text: str, language: str) -> NDArray[np.float32]:
        """Score every row of `rows`; 0 is not found."""
        asked = self._read(text, language)
        size = len(self.rows)
        scores = self._texts.scores(asked, self._names, size)
        if asked.phrases:
            self._read_literally(asked, scores)
        self._add_named(asked, scores)
        return scores

    def matches(self, text: str, language: str, held: Held[Record]) -> tuple[Matched, ...]:
        """Tell why a record is found, the best reason first."""
        asked = self._read(text, language)
        row = self.rows.row(held.record.id)
        reasons = Reasons(self._texts, self._names, self.vocabulary, self._title)
        return reasons.of(asked, held.record, row, language) if row is not None else ()

    def _title(self, record_id: str, language: str) -> str:
        held = self._collective.find(record_id) if self._collective else None
        return text_of(held.record.title, language) if held is not None else ""

    def _read(self, text: str, language: str) -> Asked:
        key = (text, language)
        asked = self._asked.get(key)
        if asked is None:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            asked = self._asked[key] = read_question(text, language, self.annotator)
        return asked

    def _read_literally(self, asked: Asked, scores: NDArray[np.float32]) -> None:
        """Leave only what has the phrases."""
        scores[~self._texts.may_have(asked.phrase_lemmas, len(scores))] = 0
        candidates = np.flatnonzero(scores)
        order = candidates[np.lexsort((self.rows.places[candidates], -scores[candidates]))]
        scores[order[_MOST_READ:]] = 0
        for row in order[:_MOST_READ]:
            held = self.rows.held[row]
            there = held is not None and _has_phrases(held.record, asked.phrases)
            scores[row] *= _PHRASE if there else 0

    def _add_named(self, asked: Asked, scores: NDArray[np.float32]) -> None:
        """Put on top what has the code that is asked for, or exactly the title."""
        for code in codes_in(asked):
            named = self._names.by_code(code)
            if named and code == asked.text and ":" in code:
                # A whole id: nothing else is meant, though its parts are words.
                scores[:] = 0
            for record_id in named:
                self._raise(record_id, _CODE, scores)
        for record_id in self._names.by_title(asked.text):
            self._raise(record_id, _TITLE_ITSELF, scores)

    def _raise(self, record_id: str, by: float, scores: NDArray[np.float32]) -> None:
        row = self.rows.row(record_id)
        if row is not None:
            scores[row] += by

    async def _follow(self, collective: Collective) -> None:
        """Bring the columns up to date; what is to be read joins the pending."""
        known = collective is self._collective and self._version >= 0
        version = collective.version
        changed = collective.changed_since(self._version) if known else None
        if changed is None:
            changed = {id_ for id_ in self.rows.ids if collective.find(id_) is None}
            fresh = [held.record.id for held in collective.every() if not self._has(held)]
        else:
            fresh = sorted(changed)
            changed = set()
        self._collective = collective
        for id_ in changed:
            self._drop(id_)
        for number, id_ in enumerate(_with_those_of_themes(fresh, collective)):
            self._take(id_, collective)
            if number % _ROWS_SLICE == _ROWS_SLICE - 1:
                await asyncio.sleep(0)
        if self.rows.dead > max(_COMPACT_FROM, len(self.rows) // 4):
            self._texts.keep(self.rows.compact())
        self._version = version

    def _has(self, held: Held[Record]) -> bool:
        row = self.rows.row(held.record.id)
        return row is not None and self.rows.held[row] is held

    def _take(self, record_id: str, collective: Collective) -> None:
        held = collective.find(record_id)
        if held is None:
            self._drop(record_id)
            return
        self._texts.drop(self.rows.row(record_id))
        self.rows.put(held, collective, self.vocabulary)
        self._names.put(held.record)
        # To the end: rows are read in their order.
        self._pending.pop(record_id, None)
        self._pending[record_id] = None

    def _drop(self, record_id: str) -> None:
        self._texts.drop(self.rows.row(record_id))
        self.rows.drop(record_id)
        self._names.drop(record_id)
        self._pending.pop(record_id, None)

    async def _read_pending(self) -> None:
        read_before = 0
        while self._pending:
            batch = []
            for record_id in islice(self._pending, _SLICE):
                row = self.rows.row(record_id)
                held = self.rows.held[row] if row is not None else None
                if held is not None:
                    batch.append((held, self._concepts_of_themes(held.record)))
            annotator = self.annotator
            read = await read_apart(self._reader(annotator), batch)
            for number, ((held, _), terms) in enumerate(zip(batch, read, strict=True)):
                row = self.rows.row(held.record.id)
                # It may have changed meanwhile: then it is among the pending again.
                same = row is not None and self.rows.held[row] is held
                if row is not None and same and annotator is self._annotator:
                    self._texts.add(row, terms)
                    self._pending.pop(held.record.id, None)
                if number % _ADDED == _ADDED - 1:
                    await asyncio.sleep(0)
            read_before += len(batch)
            if read_before >= SET_ASIDE:
                gc.freeze()
                read_before = 0

    def _reader(self, annotator: Annotator) -> Callable[[Read], Terms]:
        def read(one: Read) -> Terms:
            held, about = one
            terms = terms_of(held.record, annotator, about)
            self._beside(held)
            return terms

        return read

    def _concepts_of_themes(self, record: Record) -> tuple[str, ...]:
        collective = self._collective
        if collective is None:
            return ()
        return tuple(theme_concept(theme, collective) for theme in record.themes)


def _with_those_of_themes(ids: Sequence[str], collective: Collective) -> list[str]:
    """Add what names a theme that changed: it may now be below another."""
    found = dict.fromkeys(ids)
    for id_ in ids:
        held = collective.find(id_)
        if held is not None and isinstance(held.record, Theme):
            found.update(dict.fromkeys(one.source for one in collective.referring(id_)))
    return list(found)


def _has_phrases(record: Record, phrases: Sequence[str]) -> bool:
    texts = [*record.title.values()]
    for text in texts_of(record):
        texts += [text] if isinstance(text, str) else text.values()
    plain = [" ".join(text.casefold().split()) for text in texts]
    return all(any(phrase in text for text in plain) for phrase in phrases)
