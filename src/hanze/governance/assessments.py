"""Assessments: begun, answered, advised on by the data protection officer, approved by the controller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from hanze.errors import Conflicting, Denied, InvalidInput, NotFound
from hanze.governance.answering import checked_answers
from hanze.governance.assessing import approvable, digest_of
from hanze.governance.duties import account_of, require_duty
from hanze.governance.projects import ProjectNotFound, may_see_inside
from hanze.governance.records.activity import Project
from hanze.governance.records.agreement import Signature
from hanze.governance.records.assessment import Advice, Assessment, AssessmentKind
from hanze.governance.service import Change, Governance
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER, OWNER, STEWARD

__all__ = [
    "AssessmentApproved",
    "AssessmentNotFound",
    "Assessments",
    "DraftExists",
    "NotTheController",
]

_PROJECT: Final = "urn:ngsi-ld:Project:"
_MOST_TEXT: Final = 20_000
_MOST_NAME: Final = 200
#: An assessment is looked at again after at most three years (Model DPIA Rijksdienst).
_LONGEST_DAYS: Final = 3 * 366


class AssessmentNotFound(NotFound):
    """No assessment has this id, or the caller is not to read it."""

    def __init__(self, assessment_id: str) -> None:
        super().__init__(f"Assessment {assessment_id[:200]} does not exist")


class AssessmentApproved(Conflicting):
    """What was approved does not change: a new version does."""

    def __init__(self, assessment_id: str) -> None:
        super().__init__(
            f"Assessment {assessment_id} is approved; begin a new version to change it"
        )


class DraftExists(Conflicting):
    """The project has a draft of this kind already."""

    def __init__(self, assessment_id: str) -> None:
        super().__init__(f"Assessment {assessment_id} is a draft already; it is approved first")
        self.value = assessment_id[:100]


class NotTheController(Denied):
    """Only the organisation that owns the project approves its assessments."""

    def __init__(self, owner: str) -> None:
        named = owner or "the node's own organisation (`governance.organisation`, which is not set)"
        super().__init__(f"Only {named}, which owns the project, can approve its assessment")


@dataclass(frozen=True, slots=True)
class Assessments:
    """What people do with assessments."""

    governance: Governance

    def listed(self, caller: Caller, project_id: str | None = None) -> tuple[Assessment, ...]:
        """List the assessments that the caller may read, the newest version of each kind first."""
        if not may_see_inside(caller):
            return ()
        found = self.governance.assessments.all().values()
        mine = [one for one in found if project_id is None or one.project == project_id]
        return tuple(sorted(mine, key=lambda one: (one.project, one.kind.value, -one.version)))

    def shown(self, caller: Caller, assessment_id: str) -> Assessment:
        """Give one.

        Raises:
            AssessmentNotFound: There is none, or the caller is not to read it.
        """
        found = self.governance.assessments.get(assessment_id)
        if found is None or not may_see_inside(caller):
            raise AssessmentNotFound(assessment_id)
        return found

    async def begin(
        self, caller: Caller, project_id: str, kind: AssessmentKind, *, now: str
    ) -> Assessment:
        """Begin an assessment, or a new version of one that was approved, with its answers.

        Raises:
            DutyMissing: The caller is no steward.
            ProjectNotFound: There is no such project.
            DraftExists: One of this kind is being written.
        """
        require_duty(caller, STEWARD)
        async with self.governance.turn:
            project = self._project(project_id)
            before = self._newest(project_id, kind)
            if before is not None and not before.approved:
                raise DraftExists(before.id)
            version = before.version + 1 if before is not None else 1
            key = project.id.removeprefix(_PROJECT)
            assessment = Assessment(
                id=f"urn:ngsi-ld:Assessment:{key}-{kind.value}-{version}",
                kind=kind,
                project=project.id,
                version=version,
                answers=dict(before.answers) if before is not None else {},
                cases=before.cases if before is not None else (),
                created_at=now,
                changed_at=now,
                changed_by=caller.actor,
            )
            await self._keep(caller, assessment, "assessment.begun", now)
        return assessment

    async def answer(
        self,
        caller: Caller,
        assessment_id: str,
        given: Mapping[str, Sequence[str]],
        *,
        cases: Sequence[str] | None = None,
        now: str,
    ) -> Assessment:
        """Answer questions; those that are not given stay as they are.

        Args:
            given: As `answering.checked_answers` takes them.
            cases: Ids of all hard cases that it builds on; `None` leaves them.

        Raises:
            DutyMissing: The caller is no steward.
            AssessmentNotFound: There is none.
            AssessmentApproved: It does not change any more.
            InvalidInput: An answer does not fit its question, or a case does not exist.
        """
        require_duty(caller, STEWARD)
        async with self.governance.turn:
            assessment = self._draft(caller, assessment_id)
            answers = assessment.answers | checked_answers(assessment.kind, given)
            for case in cases or ():
                if self.governance.cases.get(case) is None:
                    raise InvalidInput(
                        f"Hard case {case[:200]} does not exist", field="cases", value=case
                    )
            assessment = msgspec.structs.replace(
                assessment,
                answers={key: value for key, value in answers.items() if value},
                cases=assessment.cases if cases is None else tuple(dict.fromkeys(cases)),
                changed_at=now,
                changed_by=caller.actor,
            )
            await self._keep(caller, assessment, "assessment.answered", now)
        return assessment

    async def advise(
        self, caller: Caller, assessment_id: str, officer: str, text: str, *, now: str
    ) -> Assessment:
        """Write down what the data protection officer advises about the answers as they are.

        Raises:
            DutyMissing: The caller is no steward.
            AssessmentNotFound: There is none.
            AssessmentApproved: It does not change any more.
            InvalidInput: The officer or the advice is missing.
        """
        require_duty(caller, STEWARD)
        for field, said, most in (("officer", officer, _MOST_NAME), ("text", text, _MOST_TEXT)):
            if not 0 < len(said.strip()) <= most:
                raise InvalidInput(f"The {field} is missing, or too long", field=field)
        async with self.governance.turn:
            assessment = self._draft(caller, assessment_id)
            advice = Advice(
                officer=officer.strip(),
                text=text.strip(),
                by=caller.actor,
                at=now,
                digest=digest_of(assessment),
            )
            assessment = msgspec.structs.replace(assessment, advice=advice)
            await self._keep(caller, assessment, "assessment.advised", now)
        return assessment

    async def approve(
        self, caller: Caller, assessment_id: str, review_by: str, *, now: str
    ) -> Assessment:
        """Approve and sign it for the controller: from now on the project is bound by it.

        Args:
            review_by: Date text: by when it is looked at again.

        Raises:
            DutyMissing: The caller signs for nobody.
            NotTheController: The project is another organisation's.
            AssessmentNotFound: There is none.
            AssessmentApproved: It is approved already.
            AssessmentNotReady: Something is missing (`assessing.approvable`).
            InvalidInput: The day of the review does not lie within three years.
        """
        require_duty(caller, OWNER)
        review_by = _review_day(review_by, now)
        async with self.governance.turn:
            assessment = self._draft(caller, assessment_id)
            owner = self._project(assessment.project).owner
            if (caller.organisation or "") != owner and DEVELOPER not in caller.roles:
                raise NotTheController(owner)
            approvable(assessment)
            signature = Signature(
                party=owner, by=caller.actor, at=now, digest=digest_of(assessment)
            )
            assessment = msgspec.structs.replace(
                assessment, signature=signature, review_by=review_by
            )
            await self._keep(caller, assessment, "assessment.approved", now)
        return assessment

    def _project(self, project_id: str) -> Project:
        found = self.governance.rules.projects.get(project_id)
        if found is None:
            raise ProjectNotFound(project_id)
        return found

    def _newest(self, project_id: str, kind: AssessmentKind) -> Assessment | None:
        found = self.governance.assessments.all().values()
        mine = [one for one in found if one.project == project_id and one.kind is kind]
        return max(mine, key=lambda one: one.version, default=None)

    def _draft(self, caller: Caller, assessment_id: str) -> Assessment:
        assessment = self.shown(caller, assessment_id)
        if assessment.approved:
            raise AssessmentApproved(assessment_id)
        return assessment

    async def _keep(self, caller: Caller, assessment: Assessment, name: str, now: str) -> None:
        account = account_of(caller, name, [assessment.id, assessment.project], now=now)
        change = Change(self.governance.assessments, assessment)
        await self.governance.change(change, account=account)


def _review_day(text: str, now: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            "The day of the review must be a date, as in 2026-05-31", field="reviewBy", value=text
        ) from error
    ahead = (day - date.fromisoformat(now[:10])).days
    if not 0 < ahead <= _LONGEST_DAYS:
        raise InvalidInput(
            "The review must be within three years from now", field="reviewBy", value=text
        )
    return day.isoformat()
