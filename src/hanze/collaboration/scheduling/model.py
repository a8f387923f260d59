"""A day as a model of whole numbers for OR-Tools CP-SAT.

There are two. The whole one chooses a slot, a place and an interpreter for each meeting. The loose
one only chooses who meets whom, with whose help, and counts what the day has in all: whatever plan
there is obeys it too, so nothing that it proves impossible is possible. It is far smaller.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hanze.collaboration.matching.solver import SolverMissing
from hanze.collaboration.scheduling.possible import Possible
from hanze.collaboration.scheduling.problem import Pair
from hanze.collaboration.scheduling.room import ANYWHERE, Option, Room
from hanze.collaboration.scheduling.ways import Cell

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["Model", "loose_model", "whole_model"]


class Model:
    """Variables and the rules between them.

    Attributes:
        cp: OR-Tools' module.
        rules: The model of OR-Tools.
        options: Whether a pair meets so.
        meets: Whether a pair meets, in order of pair.
    """

    def __init__(self, options: Iterable[Option]) -> None:
        try:
            from ortools.sat.python import cp_model  # noqa: PLC0415  # an extra; 1.5 s to import
        except ImportError as error:
            raise SolverMissing(
                "OR-Tools is not installed: pip install 'hanze[collective]'"
            ) from error
        self.cp = cp_model
        self.rules = cp_model.CpModel()
        self.options = {option: self.rules.new_bool_var("") for option in options}
        self.meets: dict[Pair, cp_model.IntVar] = {}
        self._summed: list[Pair] = []
        ways: defaultdict[Pair, list[Option]] = defaultdict(list)
        for option in self.options:
            ways[option.pair].append(option)
        for pair, own in ways.items():
            if len(own) == 1:
                self.meets[pair] = self.options[own[0]]
            else:
                self.meets[pair] = meets = self.rules.new_bool_var("")
                self.rules.add(self._count(own) == meets)
                self._summed.append(pair)

    def worth(self, worths: Mapping[Pair, int]) -> "cp_model.LinearExprT":
        """Add up what pairs that meet are worth."""
        return self.cp.LinearExpr.weighted_sum(
            [self.meets[pair] for pair in worths], list(worths.values())
        )

    def suggest(self, plan: Collection[Option]) -> None:
        """Name a plan to start from."""
        pairs = {option.pair for option in plan}
        self.rules.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools types all but this
        for option, chosen in self.options.items():
            self.rules.add_hint(chosen, option in plan)
        for pair in self._summed:
            self.rules.add_hint(self.meets[pair], pair in pairs)

    def at_most(self, options: Sequence[Option], limit: int) -> None:
        """Let no more than some of the options be chosen."""
        if len(options) <= limit:
            return
        if limit == 1:
            self.rules.add_at_most_one(self.options[option] for option in options)
        else:
            self.rules.add(self._count(options) <= limit)

    def _count(self, options: Collection[Option]) -> "cp_model.LinearExprT":
        return self.cp.LinearExpr.sum([self.options[option] for option in options])


def whole_model(day: Possible, room: Room, options: Iterable[Option]) -> Model:
    """Model every rule of a day.

    Args:
        day: What is planned.
        room: Of the same day.
        options: What may be chosen.
    """
    model = Model(options)
    guests: _InCells = defaultdict(lambda: defaultdict(list))
    kinds: _InCells = defaultdict(lambda: defaultdict(list))
    places: defaultdict[Cell, list[Option]] = defaultdict(list)
    for option in model.options:
        cell = option.slot, option.place
        for key in option.pair:
            guests[key][cell].append(option)
        if option.kind is not None:
            kinds[option.kind][cell].append(option)
        places[cell].append(option)
    exclusive = room.ways.exclusive or [frozenset([(slot, ANYWHERE)]) for slot in day.slots]
    for key, in_cells in guests.items():
        _limit_meetings(day, model, key)
        for group in exclusive:
            model.at_most(_within(in_cells, group), 1)
    for kind, in_cells in kinds.items():
        for group in exclusive:
            model.at_most(_within(in_cells, group), len(room.kinds[kind]))
    for (_, place), own in places.items():
        model.at_most(own, len(room.tables[place]))
    return model


def loose_model(day: Possible, room: Room) -> Model:
    """Model what the day has in all: everybody's meetings, tables and interpreters' time."""
    model = Model(
        Option(candidate.pair, kind=kind)
        for candidate in day.candidates
        for kind in room.kinds_for(candidate)
    )
    for key in day.guests:
        _limit_meetings(day, model, key)
    model.at_most(list(model.options), len(day.slots) * len(day.places))
    for kind, keys in room.kinds.items():
        there = len(day.slots.keys() - day.translators[kind].away)
        model.at_most([one for one in model.options if one.kind == kind], len(keys) * there)
    return model


_InCells = defaultdict[str, defaultdict[Cell, list[Option]]]


def _within(in_cells: Mapping[Cell, Sequence[Option]], group: Collection[Cell]) -> list[Option]:
    return [option for cell in sorted(group) for option in in_cells.get(cell, ())]


def _limit_meetings(day: Possible, model: Model, key: str) -> None:
    own = [meets for pair, meets in model.meets.items() if key in pair]
    most = day.most(day.guests[key])
    if len(own) > most:
        model.rules.add(model.cp.LinearExpr.sum(own) <= most)
