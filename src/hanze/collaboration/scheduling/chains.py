"""The fewest people who can do a number of things one after the other."""

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["chains"]

_Thing = TypeVar("_Thing")


def chains(
    things: Sequence[_Thing], before: Callable[[_Thing, _Thing], bool]
) -> list[list[_Thing]]:
    """Divide things into as few chains as can be; each thing of a chain is before the next.

    As many things as can be get a thing that follows, each its own: a largest matching, by
    augmenting paths (Fulkerson, 1956).

    Args:
        things: In an order in which none is before an earlier one.
        before: An order: of three things in a row the first is before the last.
    """
    followers = [
        [other for other in range(at + 1, len(things)) if before(thing, things[other])]
        for at, thing in enumerate(things)
    ]
    leader: dict[int, int] = {}

    def place(at: int, tried: set[int]) -> bool:
        for other in followers[at]:
            if other not in tried:
                tried.add(other)
                if other not in leader or place(leader[other], tried):
                    leader[other] = at
                    return True
        return False

    for at in range(len(things)):
        place(at, set())
    follower = {at: other for other, at in leader.items()}
    found = []
    for at in range(len(things)):
        if at not in leader:
            chain = [at]
            while chain[-1] in follower:
                chain.append(follower[chain[-1]])
            found.append([things[number] for number in chain])
    return found
