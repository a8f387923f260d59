"""Points that would touch each other on a map are drawn as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Cluster", "Point", "cluster"]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the picture, what stands there, and of which theme it is."""

    x: float
    y: float
    key: str
    theme: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Cluster:
    """Points that are drawn as one.

    Attributes:
        x: Of the middle of its points, by weight.
        y: Likewise.
        weight: How many entities it stands for.
        key: Of its first point.
        themes: Of all its points.
    """

    x: float
    y: float
    weight: int
    key: str
    themes: frozenset[str]


def cluster(points: Iterable[Point], distance: float) -> tuple[Cluster, ...]:
    """Merge points until no two results are closer than `distance`; largest first.

    A grid first, so that the work does not grow with the square of the number of points; then
    neighbours whose middles are still too close, heaviest first.
    """
    cells: dict[tuple[int, int], list[Point]] = {}
    for point in points:
        cells.setdefault((int(point.x // distance), int(point.y // distance)), []).append(point)
    waiting = sorted(
        (_middle([_of(point) for point in cell]) for cell in cells.values()),
        key=lambda item: (-item.weight, item.x, item.y),
    )
    merged: list[Cluster] = []
    while waiting:
        merged = _merge_close(waiting, distance)
        if len(merged) == len(waiting):
            break
        waiting = merged
    return tuple(sorted(merged, key=lambda item: (-item.weight, item.x, item.y)))


def _merge_close(items: Sequence[Cluster], distance: float) -> list[Cluster]:
    result: list[Cluster] = []
    for item in items:
        for index, other in enumerate(result):
            if (item.x - other.x) ** 2 + (item.y - other.y) ** 2 < distance**2:
                result[index] = _middle([other, item])
                break
        else:
            result.append(item)
    return result


def _of(point: Point) -> Cluster:
    return Cluster(point.x, point.y, point.weight, point.key, frozenset((point.theme,)))


def _middle(items: Sequence[Cluster]) -> Cluster:
    weight = sum(item.weight for item in items)
    return Cluster(
        x=sum(item.x * item.weight for item in items) / weight,
        y=sum(item.y * item.weight for item in items) / weight,
        weight=weight,
        key=items[0].key,
        themes=frozenset().union(*(item.themes for item in items)),
    )
