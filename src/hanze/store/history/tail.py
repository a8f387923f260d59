"""What was journaled and is not in the archive yet, in memory."""

from typing import Final

from hanze.store.history.batch import Batch

__all__ = ["Segment", "Tail"]

#: What an instance costs beside its texts: eight columns and a place in two lists.
_INSTANCE_BYTES: Final = 72
#: From here on the archive is to take what there is, without waiting for the clock.
_DUE_BYTES: Final = 8 << 20
#: From here on writers wait until it did.
_MOST_BYTES: Final = 96 << 20


class Segment:
    """Journal rows that go to the archive together.

    Attributes:
        batch: What they say, one after the other.
        last: The number of the last row.
    """

    __slots__ = ("batch", "bytes", "last")

    def __init__(self) -> None:
        self.batch = Batch()
        self.bytes = 0
        self.last = 0

    def add(self, number: int, batch: Batch) -> int:
        """Add a journal row; returns what it costs."""
        self.batch.extend(batch)
        texts = sum(map(len, filter(None, batch.texts))) + sum(map(len, filter(None, batch.rests)))
        cost = len(batch) * _INSTANCE_BYTES + texts
        self.bytes += cost
        self.last = number
        return cost


class Tail:
    """Segments: the last one grows, those before it are on their way to the archive.

    Args:
        flushed: The number of the last journal row that the archive is known to have.
    """

    def __init__(self, flushed: int) -> None:
        self.flushed = flushed
        #: Rows that were replayed: until the archive was asked, nobody knows which it has.
        self._replayed: list[tuple[int, Batch]] = []
        self._segments: list[Segment] = [Segment()]
        self._bytes = 0

    @property
    def is_due(self) -> bool:
        return self._bytes >= _DUE_BYTES

    @property
    def is_full(self) -> bool:
        return self._bytes >= _MOST_BYTES

    @property
    def instances(self) -> int:
        """How many instances there are, for those who count."""
        return sum(len(segment.batch) for segment in self._segments)

    @property
    def bytes(self) -> int:
        """About how much memory the tail takes."""
        return self._bytes

    def replay(self, number: int, batch: Batch) -> None:
        """Add a row that the journal held when the store was opened."""
        self._replayed.append((number, batch))
        self.add(number, batch)

    def add(self, number: int, batch: Batch) -> None:
        """Add the row of a commit."""
        self._bytes += self._segments[-1].add(number, batch)

    def segments(self) -> list[Segment]:
        """Return those with anything in them, the oldest first."""
        return [segment for segment in self._segments if segment.batch]

    def settle(self, flushed: int) -> None:
        """Drop replayed rows that the archive turns out to have."""
        known, self._replayed = self._replayed, []
        if not any(number <= flushed for number, _ in known):
            return
        later = Segment()
        for number, batch in known:
            if number > flushed:
                later.add(number, batch)
        first = self._segments[0]
        lengths = sum(len(batch) for _, batch in known)
        strokes = sum(len(batch.strokes) for _, batch in known)
        if first.batch.mark() != (lengths, strokes):
            later.batch.extend(first.batch.after((lengths, strokes)))
        later.last = first.last
        self._segments[0] = later
        self._bytes = sum(segment.bytes for segment in self._segments)

    def seal(self) -> list[Segment]:
        """Return all that there is; what comes goes into another segment."""
        if self._segments[-1].batch:
            self._segments.append(Segment())
        return self._segments[:-1]

    def drop(self, segment: Segment) -> None:
        """Forget a segment, which the archive now has."""
        self._segments.remove(segment)
        self._bytes -= segment.bytes
        self.flushed = segment.last
