"""The funnel's rules: stages may loop and be skipped with a reason; only scaling up asks for more."""

from enum import Enum
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.projects import STAGES, Project
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "Move",
    "keep_stage_history",
    "keep_stages",
    "keep_stuck",
    "move_of",
    "scaling_gaps",
]

_STOPPED: Final = "stopped"
_SCALED: Final = "scaled"


class Move(Enum):
    """What a change of stage is; all but one step forward asks for a reason."""

    FORWARD = "forward"
    SKIP = "skip"
    LOOP = "loop"
    STOP = "stop"
    RESUME = "resume"


_TOLD: Final = {
    Move.SKIP: "skips a stage",
    Move.LOOP: "goes back",
    Move.STOP: "stops the project",
    Move.RESUME: "takes a stopped project up again",
}


def move_of(origin: str, stage: str) -> Move:
    """Tell what going from one stage to another is; the two differ."""
    if stage == _STOPPED:
        return Move.STOP
    if origin == _STOPPED:
        return Move.RESUME
    steps = STAGES.index(stage) - STAGES.index(origin)
    if steps < 0:
        return Move.LOOP
    return Move.FORWARD if steps == 1 else Move.SKIP


def scaling_gaps(project: Project) -> tuple[str, ...]:
    """List what a project lacks for scaling up: of "money", "value" and "lead"."""
    case = project.business_case
    gaps = []
    if case is None or (case.costs is None and case.benefits is None):
        gaps.append("money")
    if case is None or not any(text.strip() for text in case.value.values()):
        gaps.append("value")
    if project.lead is None:
        gaps.append("lead")
    return tuple(gaps)


_GAPS: Final = {
    "money": ("businessCase", "a business case with money (businessCase.costs or .benefits)"),
    "value": ("businessCase", "a business case with its value for the city (businessCase.value)"),
    "lead": ("lead", "a lead"),
}


def keep_stages(step: Step[Project]) -> None:
    """Ask a reason for all but one step forward, and a business case and a lead for scaling up.

    Raises:
        RuleBroken: Names what is missing.
    """
    project = step.after
    if project is None:
        return
    before = step.before
    if before is not None and before.stage != project.stage:
        move = move_of(before.stage, project.stage)
        if move is not Move.FORWARD and not (step.wrote("stage_reason") and project.stage_reason):
            raise RuleBroken(
                f"Going from {before.stage} to {project.stage} {_TOLD[move]}: the same change must "
                "write stageReason, which says why",
                field="stageReason",
                value=project.stage,
            )
    if project.stage == _SCALED:
        gaps = scaling_gaps(project)
        if gaps:
            wanted = ", ".join(_GAPS[gap][1] for gap in gaps)
            raise RuleBroken(
                f"Project {project.id} needs {wanted} to be in stage scaled",
                field=_GAPS[gaps[0]][0],
                value=_SCALED,
            )


def keep_stuck(step: Step[Project]) -> None:
    """Ask since when a project is stuck.

    Raises:
        InvalidRecord: `stuckReasons` without `stuckSince`.
    """
    project = step.after
    if project is not None and project.stuck_reasons and project.stuck_since is None:
        raise InvalidRecord(
            Project, "must name a day where stuckReasons are given", field="stuckSince"
        )


def keep_stage_history(step: Step[Project]) -> None:
    """Keep what was written of earlier changes of stage; new ones come after them.

    Raises:
        RuleBroken: An earlier one was changed or taken away.
    """
    before, after = step.before, step.after
    if before is None or after is None:
        return
    if after.stage_history[: len(before.stage_history)] != before.stage_history:
        raise RuleBroken(
            "What stageHistory tells of earlier changes must stay as it is; new ones are added "
            "at its end",
            field="stageHistory",
        )
