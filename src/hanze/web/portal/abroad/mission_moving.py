"""The form that moves a mission to other days."""

from typing import Final

from hanze.collaboration.collective import Held
from hanze.collaboration.missions.moving import move_mission
from hanze.collaboration.records.missions import Mission
from hanze.errors import HanzeError, InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import refusal
from hanze.web.portal.forms import Given

__all__ = ["move", "refused_move"]

#: Field of the record → field of the form.
_FIELDS: Final = {"starts": "new_starts", "ends": "new_ends", "registerBefore": "new_starts"}


async def move(desk: Desk, held: Held[Mission], given: Given) -> None:
    """Move the mission, and its programme where that is asked for.

    Raises:
        InvalidInput: A day is none, or does not fit.
    """
    starts = given.day("new_starts")
    if starts is None:
        raise InvalidInput("A mission is moved to a day", field="starts")
    await move_mission(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        starts,
        ends=given.day("new_ends"),
        programme="along" in given,
        now=desk.visit.now,
    )


def refused_move(desk: Desk, error: HanzeError) -> dict[str, str]:
    """Say beside which field of the form it was refused."""
    field = error.field or ""
    if field.startswith("programme"):
        code = "along" if field.endswith(".starts") else f"programme.{field.rpartition('.')[2]}"
        return {"along": desk.code("refusal", f"Mission.{code}")}
    return refusal(desk, error, "Mission", _FIELDS)
