"""Hard cases: published, argued about by everybody, decided by who answers for it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from hanze.errors import Conflicting, InvalidInput, NotFound
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.projects import checked_id, checked_texts
from hanze.governance.records.hard_case import Argument, HardCase, Weighing
from hanze.governance.service import Change, Governance
from hanze.identity.caller import Caller
from hanze.identity.roles import STEWARD

__all__ = [
    "ArgumentNotFound",
    "CaseClosed",
    "CaseExists",
    "CaseNotFound",
    "CaseStillOpen",
    "Cases",
    "is_open",
]

_MOST_TEXT: Final = 5_000
_MOST_NAME: Final = 100
_STANCES: Final = ("for", "against", "")


class CaseNotFound(NotFound):
    """No hard case has this id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"Hard case {case_id[:200]} does not exist")


class ArgumentNotFound(NotFound):
    """The case has no such argument."""

    def __init__(self, argument_id: str) -> None:
        super().__init__(f"Argument {argument_id[:200]} does not exist")


class CaseClosed(Conflicting):
    """A case takes no arguments any more, or is decided already."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"Hard case {case_id} takes no arguments any more, or is decided")


class CaseStillOpen(Conflicting):
    """A case is decided after everybody had the time that they were promised."""

    def __init__(self, case: HardCase) -> None:
        super().__init__(
            f"Hard case {case.id} takes arguments until {case.open_until}; it is decided after that"
        )


def is_open(case: HardCase, today: str) -> bool:
    """Tell whether a case takes arguments."""
    return case.weighing is None and today <= case.open_until


@dataclass(frozen=True, slots=True)
class Cases:
    """What people do with hard cases."""

    governance: Governance

    def listed(self) -> tuple[HardCase, ...]:
        """List all cases, those that were published last first; they are public."""
        found = self.governance.cases.all().values()
        return tuple(sorted(found, key=lambda one: (one.published_at, one.id), reverse=True))

    def shown(self, case_id: str) -> HardCase:
        """Give one.

        Raises:
            CaseNotFound: There is none.
        """
        found = self.governance.cases.get(case_id)
        if found is None:
            raise CaseNotFound(case_id)
        return found

    def arguments_of(self, caller: Caller, case_id: str) -> tuple[Argument, ...]:
        """List what was said about a case, in its order; of what is hidden only why it is."""
        found = [one for one in self.governance.arguments.all().values() if one.case == case_id]
        steward = has_duty(caller, STEWARD)
        return tuple(
            one if steward or not one.hidden else msgspec.structs.replace(one, text="", name="")
            for one in sorted(found, key=lambda one: (one.at, one.id))
        )

    async def publish(self, caller: Caller, case: HardCase, *, today: str, now: str) -> HardCase:
        """Publish a case, so that everybody can argue about it.

        Raises:
            DutyMissing: The caller is no steward.
            Conflicting: There is one of this id.
            InvalidInput: It lacks something, or does not stay open for a day at least.
        """
        require_duty(caller, STEWARD)
        checked_id(case.id, "HardCase")
        if self.governance.cases.get(case.id) is not None:
            raise CaseExists(case.id)
        if case.project is not None and case.project not in self.governance.rules.projects:
            raise InvalidInput(
                f"Project {case.project[:200]} does not exist", field="project", value=case.project
            )
        kept = HardCase(
            id=case.id,
            kind=case.kind,
            title=checked_texts(case.title, "title"),
            question=checked_texts(case.question, "question", most=_MOST_TEXT * 4),
            project=case.project,
            open_until=_day_ahead(case.open_until, today),
            published_at=now,
            by=caller.actor,
        )
        await self._keep(caller, kept, "case.published", now)
        return kept

    async def argue(
        self, case_id: str, *, text: str, stance: str, name: str, today: str, now: str
    ) -> Argument:
        """Say something about a case; who says it need not be known, and no account names it.

        Raises:
            CaseNotFound: There is none.
            CaseClosed: It takes no arguments any more.
            InvalidInput: There is no text, or too much of it.
        """
        case = self.shown(case_id)
        if not is_open(case, today):
            raise CaseClosed(case_id)
        if not 0 < len(text.strip()) <= _MOST_TEXT:
            raise InvalidInput(f"An argument has 1 to {_MOST_TEXT} letters", field="text")
        if stance not in _STANCES or len(name) > _MOST_NAME:
            raise InvalidInput("An argument is for or against", field="stance", value=stance)
        key = case.id.removeprefix("urn:ngsi-ld:HardCase:")
        argument = Argument(
            id=f"urn:ngsi-ld:Argument:{key}-{secrets.token_hex(6)}",
            case=case.id,
            text=text.strip(),
            stance=stance,
            name=name.strip(),
            at=now,
        )
        account = account_of(
            Caller(actor="visitor"), "case.argued", [case.id, argument.id], now=now
        )
        await self.governance.change(Change(self.governance.arguments, argument), account=account)
        return argument

    async def hide(
        self, caller: Caller, case_id: str, argument_id: str, why: str, *, now: str
    ) -> Argument:
        """Show an argument no more, because it tells of somebody or breaks the law.

        Raises:
            DutyMissing: The caller is no steward.
            ArgumentNotFound: There is none.
            InvalidInput: It is not said why.
        """
        require_duty(caller, STEWARD)
        found = self.governance.arguments.get(argument_id)
        if found is None or found.case != case_id:
            raise ArgumentNotFound(argument_id)
        if not 0 < len(why.strip()) <= _MOST_NAME * 5:
            raise InvalidInput("Say why the argument is not shown", field="why")
        hidden = msgspec.structs.replace(found, hidden=why.strip(), hidden_by=caller.actor)
        account = account_of(caller, "case.argument_hidden", [case_id, argument_id], now=now)
        await self.governance.change(Change(self.governance.arguments, hidden), account=account)
        return hidden

    async def decide(
        self, caller: Caller, case_id: str, weighing: Weighing, *, today: str, now: str
    ) -> HardCase:
        """Write down what was decided, who weighed the arguments, and the council's decision.

        Raises:
            DutyMissing: The caller is no steward.
            CaseNotFound: There is none.
            CaseClosed: It is decided already.
            CaseStillOpen: Arguments are taken still.
            InvalidInput: The decision lacks something.
        """
        require_duty(caller, STEWARD)
        for field, said in (
            ("text", weighing.text),
            ("administrator", weighing.administrator),
            ("council", weighing.council),
        ):
            if not 0 < len(said.strip()) <= _MOST_TEXT * 4:
                raise InvalidInput(f"A decision must say its {field}", field=field)
        if weighing.url is not None and not weighing.url.startswith(("https://", "http://")):
            raise InvalidInput("url must be an address", field="url", value=weighing.url)
        async with self.governance.turn:
            case = self.shown(case_id)
            if case.weighing is not None:
                raise CaseClosed(case_id)
            if is_open(case, today):
                raise CaseStillOpen(case)
            weighed = msgspec.structs.replace(weighing, by=caller.actor, at=now)
            case = msgspec.structs.replace(case, weighing=weighed)
            await self._keep(caller, case, "case.decided", now)
        return case

    def citing(self, case_id: str) -> Sequence[str]:
        """List the projects whose assessments build on a case, by their ids."""
        found = self.governance.assessments.all().values()
        return sorted({one.project for one in found if case_id in one.cases})

    async def _keep(self, caller: Caller, case: HardCase, name: str, now: str) -> None:
        account = account_of(caller, name, [case.id], now=now)
        await self.governance.change(Change(self.governance.cases, case), account=account)


class CaseExists(Conflicting):
    """A hard case of this id was published already."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"Hard case {case_id} already exists")


def _day_ahead(text: str, today: str) -> str:
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidInput(
            "openUntil must be a day, as in 2026-05-31", field="openUntil", value=text
        ) from error
    if day <= today:
        raise InvalidInput(
            "A case is open for arguments for a day at least", field="openUntil", value=text
        )
    return day
