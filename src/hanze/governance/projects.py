"""Projects and processing activities: registered, checked by the security officer, shown."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.errors import InvalidInput, NotFound
from hanze.governance.activation import check_digest
from hanze.governance.assessing import SPECIAL_CATEGORIES
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.forms import known_terms
from hanze.governance.purposes import purpose_iri
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.agreement import Signature
from hanze.governance.service import Change, Governance
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD

__all__ = [
    "ActivityNotFound",
    "ProjectNotFound",
    "Projects",
    "checked_id",
    "checked_texts",
    "may_see_inside",
]

_KEY: Final = re.compile(r"[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)+")
_LANGUAGES: Final = ("nl", "en", "ko")
_LONGEST: Final = 200
_MOST_TEXT: Final = 20_000
_MOST_DAYS: Final = 36_500
_PD: Final = "https://w3id.org/dpv/pd#"
_INSIDE: Final = (STEWARD, OWNER, OPERATOR, SECURITY_OFFICER, AUDITOR)


class ProjectNotFound(NotFound):
    """No project has this id."""

    def __init__(self, project_id: str) -> None:
        super().__init__(f"Project {project_id[:200]} does not exist")


class ActivityNotFound(NotFound):
    """No processing activity has this id, or it is confidential."""

    def __init__(self, activity_id: str) -> None:
        super().__init__(f"Processing activity {activity_id[:200]} does not exist")


def may_see_inside(caller: Caller) -> bool:
    """Tell whether a caller may read assessments and notes of checks, and what is confidential."""
    return has_duty(caller, *_INSIDE)


def checked_id(given: str, kind: str) -> str:
    """Check an id of our own kinds: `urn:ngsi-ld:<kind>:<city>:<key>`.

    Raises:
        InvalidInput: It is none.
    """
    prefix = f"urn:ngsi-ld:{kind}:"
    if not given.startswith(prefix) or not _KEY.fullmatch(given.removeprefix(prefix)):
        raise InvalidInput(f"The id must be {prefix}<city>:<key>", field="id", value=given)
    if len(given) > _LONGEST:
        raise InvalidInput(f"The id has more than {_LONGEST} letters", field="id", value=given)
    return given


def checked_texts(texts: dict[str, str], field: str, *, most: int = _LONGEST) -> dict[str, str]:
    """Check a text by language: at least one, in languages that the node speaks.

    Raises:
        InvalidInput: It is none.
    """
    found = {code: text.strip() for code, text in texts.items() if text.strip()}
    strange = found.keys() - set(_LANGUAGES)
    if strange or not found:
        said = min(strange) if strange else None
        raise InvalidInput(f"{field} is told in {', '.join(_LANGUAGES)}", field=field, value=said)
    if any(len(text) > most for text in found.values()):
        raise InvalidInput(f"{field} has more than {most} letters", field=field)
    return found


@dataclass(frozen=True, slots=True)
class Projects:
    """What stewards and the security officer do with projects and activities."""

    governance: Governance

    def listed(self, caller: Caller) -> tuple[Project, ...]:
        """List all projects by their ids; everybody may know which there are."""
        found = self.governance.rules.projects
        return tuple(_told(found[name], caller) for name in sorted(found))

    def shown(self, caller: Caller, project_id: str) -> Project:
        """Give one project.

        Raises:
            ProjectNotFound: There is none.
        """
        return _told(self._project(project_id), caller)

    def activities(self, caller: Caller, project_id: str | None = None) -> tuple[Activity, ...]:
        """List the processing activities that the caller may know of, of one project or all."""
        found = self.governance.activities.all()
        inside = may_see_inside(caller)
        return tuple(
            found[name]
            for name in sorted(found)
            if (inside or not found[name].confidential)
            and (project_id is None or found[name].project == project_id)
        )

    def activity(self, caller: Caller, activity_id: str) -> Activity:
        """Give one processing activity.

        Raises:
            ActivityNotFound: There is none, or it is not told to this caller.
        """
        found = self.governance.activities.get(activity_id)
        if found is None or (found.confidential and not may_see_inside(caller)):
            raise ActivityNotFound(activity_id)
        return found

    async def put(self, caller: Caller, project: Project, *, now: str) -> Project:
        """Make a project, or change its title, its owner and its sources.

        Whoever adds a source to a project that was checked has it checked again.

        Raises:
            DutyMissing: The caller is no steward.
            InvalidInput: It lacks something.
        """
        require_duty(caller, STEWARD)
        checked_id(project.id, "Project")
        async with self.governance.turn:
            before = self.governance.projects.get(project.id)
            kept = Project(
                id=project.id,
                title=checked_texts(project.title, "title"),
                owner=project.owner.strip()[:_LONGEST] or self.governance.rules.own,
                sources=tuple(sorted({one.strip() for one in project.sources if one.strip()})),
                security_check=before.security_check if before else None,
                check_notes=before.check_notes if before else "",
            )
            await self._keep(caller, kept, "project.set", now)
        return self.shown(caller, project.id)

    async def check(self, caller: Caller, project_id: str, notes: str, *, now: str) -> Project:
        """Sign that a project, with the sources that it has, is secure.

        Raises:
            DutyMissing: The caller is no security officer.
            ProjectNotFound: There is none.
            InvalidInput: The notes do not say what was checked.
        """
        require_duty(caller, SECURITY_OFFICER)
        if not 0 < len(notes.strip()) <= _MOST_TEXT:
            raise InvalidInput("The notes must say what was checked", field="notes")
        async with self.governance.turn:
            project = msgspec.structs.replace(self._project(project_id), check_notes=notes.strip())
            signature = Signature(
                party=self.governance.rules.own,
                by=caller.actor,
                at=now,
                digest=check_digest(project),
            )
            project = msgspec.structs.replace(project, security_check=signature)
            await self._keep(caller, project, "project.checked", now)
        return self.shown(caller, project_id)

    async def uncheck(self, caller: Caller, project_id: str, *, now: str) -> Project:
        """Withdraw the security check: the project stops at once.

        Raises:
            DutyMissing: The caller is no security officer.
            ProjectNotFound: There is none.
        """
        require_duty(caller, SECURITY_OFFICER)
        async with self.governance.turn:
            project = msgspec.structs.replace(self._project(project_id), security_check=None)
            await self._keep(caller, project, "project.check_withdrawn", now)
        return self.shown(caller, project_id)

    async def put_activity(self, caller: Caller, activity: Activity, *, now: str) -> Activity:
        """Register a processing activity, or change it (GDPR art. 30).

        Raises:
            DutyMissing: The caller is no steward.
            ProjectNotFound: Its project does not exist.
            InvalidInput: It lacks something.
        """
        require_duty(caller, STEWARD)
        activity = _checked_activity(activity, self.governance.rules.own)
        if activity.project is not None:
            self._project(activity.project)
        for dataset in activity.datasets:
            if dataset not in self.governance.rules.datasets:
                raise InvalidInput(
                    f"Dataset {dataset[:200]} does not exist", field="datasets", value=dataset
                )
        account = account_of(caller, "activity.set", [activity.id], now=now)
        await self.governance.change(Change(self.governance.activities, activity), account=account)
        return activity

    def _project(self, project_id: str) -> Project:
        found = self.governance.rules.projects.get(project_id)
        if found is None:
            raise ProjectNotFound(project_id)
        return found

    async def _keep(self, caller: Caller, project: Project, name: str, now: str) -> None:
        account = account_of(caller, name, [project.id], now=now)
        await self.governance.change(Change(self.governance.projects, project), account=account)


def _told(project: Project, caller: Caller) -> Project:
    """Keep the notes of the security check from those whom they do not concern."""
    if may_see_inside(caller):
        return project
    return msgspec.structs.replace(project, check_notes="", sources=())


def _checked_activity(activity: Activity, own: str) -> Activity:
    checked_id(activity.id, "ProcessingActivity")
    if not activity.purposes:
        raise InvalidInput("An activity must have a purpose", field="purposes")
    days = activity.retention_days
    if days is not None and not 0 < days <= _MOST_DAYS:
        raise InvalidInput("retentionDays must be at least 1", field="retentionDays", value=days)
    terms = known_terms()
    for field, iri, known in (
        ("legalBasis", activity.legal_basis, terms.basis),
        ("specialGround", activity.special_ground, terms.special_ground),
    ):
        if iri is not None and not any(iri.startswith(one.iri) for one in known):
            raise InvalidInput(f"{field} must be an IRI of DPV EU GDPR", field=field, value=iri)
    written = (
        one.replace("pd:", _PD, 1) if one.startswith("pd:") else one for one in activity.categories
    )
    categories = tuple(dict.fromkeys(written))
    if activity.special_ground is None and not SPECIAL_CATEGORIES.isdisjoint(categories):
        raise InvalidInput(
            "Special categories of personal data need a ground (GDPR art. 9)", field="specialGround"
        )
    purposes = (purpose_iri(one, field="purposes") for one in activity.purposes)
    return msgspec.structs.replace(
        activity,
        title=checked_texts(activity.title, "title"),
        organisation=activity.organisation.strip()[:_LONGEST] or own,
        purposes=tuple(dict.fromkeys(purposes)),
        categories=categories,
    )
