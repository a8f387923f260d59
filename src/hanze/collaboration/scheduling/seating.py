"""Who sits where: what a model chose, with the names of tables and interpreters."""

from collections.abc import Iterable, Mapping

from hanze.collaboration.scheduling.chains import chains
from hanze.collaboration.scheduling.moves import Kept
from hanze.collaboration.scheduling.possible import Possible
from hanze.collaboration.scheduling.problem import Meeting, Pair
from hanze.collaboration.scheduling.room import Option, Room

__all__ = ["seated"]


def seated(
    day: Possible, room: Room, chosen: Iterable[Option], before: Mapping[Pair, Kept]
) -> tuple[Meeting, ...]:
    """Name the table and the interpreter of each option, in order of time and table.

    Who stays at their slot keeps table and interpreter where the option lets them; the others get
    what is left, in order of pair.

    Args:
        day: What is planned.
        room: Of the same day; interpreters apart where the way matters and there was a plan before.
        chosen: With slots; they obey every rule.
        before: What pairs had in the plan before.
    """
    options = sorted(chosen)
    staying = {
        option.pair: before[option.pair]
        for option in options
        if option.pair in before and before[option.pair].slot == option.slot
    }
    tables = _tables(day, room, options, staying)
    translators = _translators(day, room, options, staying)
    order = {key: number for number, key in enumerate(day.slots)}
    return tuple(
        sorted(
            (
                Meeting(
                    option.slot, tables[option.pair], *option.pair, translators.get(option.pair)
                )
                for option in options
            ),
            key=lambda one: (order[one.slot], one.table, one.pair),
        )
    )


def _tables(
    day: Possible, room: Room, options: Iterable[Option], staying: Mapping[Pair, Kept]
) -> dict[Pair, str]:
    in_cell: dict[tuple[str, str], dict[Pair, str | None]] = {}
    for option in options:
        old = staying[option.pair].table if option.pair in staying else None
        fits = old is not None and room.place_of(day, old) == option.place
        in_cell.setdefault((option.slot, option.place), {})[option.pair] = old if fits else None
    found: dict[Pair, str] = {}
    for (_, place), wanted in in_cell.items():
        found.update(_given(room.tables[place], wanted))
    return found


def _translators(
    day: Possible, room: Room, options: Iterable[Option], staying: Mapping[Pair, Kept]
) -> dict[Pair, str]:
    found: dict[Pair, str] = {}
    of_kind: dict[str, list[Option]] = {}
    for option in options:
        if option.kind is not None:
            of_kind.setdefault(option.kind, []).append(option)
    for kind, own in of_kind.items():
        if day.clashes:
            found.update(_by_chains(day, room.kinds[kind], own))
            continue
        for slot in day.slots:
            wanted = {
                option.pair: staying[option.pair].translator if option.pair in staying else None
                for option in own
                if option.slot == slot
            }
            found.update(_given(room.kinds[kind], wanted))
    return found


def _given(keys: Iterable[str], wanted: Mapping[Pair, str | None]) -> dict[Pair, str]:
    """Give each pair what it wants, where it is among the keys, and the others what is left."""
    left = list(keys)
    found: dict[Pair, str] = {}
    for pair, key in wanted.items():
        if key in left:
            left.remove(key)
            found[pair] = key
    others = [pair for pair in wanted if pair not in found]
    return found | dict(zip(others, left, strict=False))


def _by_chains(day: Possible, keys: Iterable[str], options: list[Option]) -> dict[Pair, str]:
    """Give each interpreter meetings between which there is time for the way."""
    order = {key: number for number, key in enumerate(day.slots)}

    def before(one: Option, other: Option) -> bool:
        clash = (one.slot, one.place, other.slot, other.place) in day.clashes
        return order[one.slot] < order[other.slot] and not clash

    in_time = sorted(options, key=lambda option: (order[option.slot], option))
    return {
        option.pair: key
        for key, chain in zip(keys, chains(in_time, before), strict=False)
        for option in chain
    }
