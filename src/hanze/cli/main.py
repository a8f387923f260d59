"""The command `hanze`: finds a command, loads only that one, and turns errors into exit codes."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from hanze import __version__
from hanze.cli.exits import FAILED, exit_code
from hanze.errors import HanzeError

__all__ = ["COMMANDS", "cli", "main"]

#: Name → where it is and what it does; only the command that runs is imported.
COMMANDS = {
    "serve": ("hanze.cli.serve:serve", "Run a node until it is stopped."),
    "demo": ("hanze.cli.demo:demo", "Run a node with a fictional city in it that changes live."),
    "import": ("hanze.cli.importing:importing", "Bring measurements and records in from files."),
    "vocabulary": (
        "hanze.cli.vocabulary:vocabulary",
        "Show the concepts of the field in three languages, and add a city's own.",
    ),
    "record": (
        "hanze.cli.record:record",
        "List, show, add, merge and export the records of the collective.",
    ),
    "member": (
        "hanze.cli.member:member",
        "Let cities take part as tenants, and move them to a node of their own.",
    ),
    "league": (
        "hanze.cli.league:league",
        "Take part in a league of nodes: invite, join, share, ban, leave.",
    ),
    "subscription": (
        "hanze.cli.subscription:subscription",
        "See who is told of changes, pause and resume that.",
    ),
    "registration": (
        "hanze.cli.registration:registration",
        "See which other brokers are asked, add and remove them.",
    ),
    "snapshot": (
        "hanze.cli.snapshot:snapshot",
        "Freeze what queries find, and work with it apart from the rest.",
    ),
    "notification": (
        "hanze.cli.notification:notification",
        "See what waits to be told; send dead letters again, or throw them away.",
    ),
    "history": (
        "hanze.cli.history:history",
        "Show what is kept of the past, take it elsewhere, bring it in.",
    ),
    "query": ("hanze.cli.query:query", "Show entities."),
    "search": (
        "hanze.cli.search:search",
        "Find records in three languages, and say why each is found.",
    ),
    "matchday": (
        "hanze.cli.matchday:matchday",
        "Plan days of meetings between cities and companies of two countries.",
    ),
    "match": ("hanze.cli.match:match", "Find who fits whom, and plan programmes of matches."),
    "mission": (
        "hanze.cli.mission:mission",
        "See who travels where and when, and make programmes for delegations.",
    ),
    "country": (
        "hanze.cli.country:country",
        "See what countries offer: challenges, projects, money, partners, events.",
    ),
    "relation": (
        "hanze.cli.relation:relation",
        "See what happened with partners abroad, and what they are interested in.",
    ),
    "lead": ("hanze.cli.lead:lead", "Say who leads a theme between two countries."),
    "mentor": ("hanze.cli.mentor:mentor", "Match mentors with students, here and abroad."),
    "indicators": (
        "hanze.cli.indicators:indicators",
        "Count what comes of cooperation across borders.",
    ),
    "permission": (
        "hanze.cli.permission:permission",
        "Keep what a mission may cost, and what it did.",
    ),
    "report": ("hanze.cli.report:report", "Read, write, print and publish reports of missions."),
    "followup": ("hanze.cli.followup:followup", "See what became of missions, and tell it."),
    "voucher": (
        "hanze.cli.voucher:voucher",
        "Ask for vouchers for missions, give them, see what is left.",
    ),
    "fair": (
        "hanze.cli.fair:fair",
        "See which cities go to a fair together, tell one's own story.",
    ),
    "pilot": (
        "hanze.cli.pilot:pilot",
        "Sign pilots for their host, and check what another host signed.",
    ),
    "insight": (
        "hanze.cli.insight:insight",
        "See what is usual, watch for what is not, decide on proposals.",
    ),
    "source": (
        "hanze.cli.source:source",
        "Follow what streams in: sensors over MQTT, webhooks, services that are asked.",
    ),
    "classify": ("hanze.cli.classify:classify", "Say who may read what is of a type."),
    "dataset": (
        "hanze.cli.dataset:dataset",
        "See and change which data are open, and why others are not.",
    ),
    "catalogue": (
        "hanze.cli.catalogue:catalogue",
        "Show the catalogue of open data, check it, read those of others.",
    ),
    "agreement": (
        "hanze.cli.agreement:agreement",
        "Offer, sign, change and revoke agreements about closed data.",
    ),
    "cooperation": (
        "hanze.cli.cooperation:cooperation",
        "Work with cities abroad in five steps, and see what is due.",
    ),
    "accord": (
        "hanze.cli.accord:accord",
        "Draft, offer, sign and follow what cities agree on.",
    ),
    "document": (
        "hanze.cli.document:document",
        "Keep files of agreements, minutes and costs.",
    ),
    "account": ("hanze.cli.account:account", "Make, list and revoke the accounts of people."),
    "client": ("hanze.cli.client:client", "Make, list and revoke API clients of organisations."),
    "project": (
        "hanze.cli.project:project",
        "Register projects; they wait until they are assessed and checked.",
    ),
    "assessment": (
        "hanze.cli.assessment:assessment",
        "Assess what projects do to people's privacy: pre-scan and DPIA.",
    ),
    "activity": (
        "hanze.cli.activity:activity",
        "Keep the register of processing activities.",
    ),
    "contact": ("hanze.cli.contact:contact", "Name people as contacts by their own word."),
    "waiting": ("hanze.cli.contact:waiting", "Decide as a parent about what children brought in."),
    "group": (
        "hanze.cli.group:group",
        "Drafts and closed groups: records that not everybody sees yet.",
    ),
    "case": (
        "hanze.cli.case:case",
        "Publish hard cases, hear everybody, write down the decision.",
    ),
    "security": ("hanze.cli.incident:security", "List what waits for the security officer."),
    "incident": (
        "hanze.cli.incident:incident",
        "Report incidents, keep the clock of data breaches, and practise both.",
    ),
    "emergency": (
        "hanze.cli.emergency:emergency",
        "Answer what must be answered first, while the rest waits.",
    ),
    "criticality": (
        "hanze.cli.criticality:criticality",
        "Say what comes first in an emergency, and what waits.",
    ),
    "consent": (
        "hanze.cli.consent:consent",
        "See and end consents of residents, and keep their receipts.",
    ),
    "request": (
        "hanze.cli.request:request",
        "Answer what residents ask for, before its clock runs out.",
    ),
    "sensors": (
        "hanze.cli.registers:sensors",
        "See the register of sensors in public space, and print their QR codes.",
    ),
    "algorithm": (
        "hanze.cli.registers:algorithm",
        "See and keep the register of algorithms.",
    ),
    "token": ("hanze.cli.token:token", "Make, list and revoke the tokens that writing needs."),
    "log": (
        "hanze.cli.log:log",
        "See who did and read what and why, and verify that the log is whole.",
    ),
    "backup": (
        "hanze.cli.backup:backup",
        "Copy a node with its whole history, also a running one.",
    ),
    "export": (
        "hanze.cli.exporting:export",
        "Write all of a node to one file in open formats.",
    ),
    "restore": ("hanze.cli.exporting:restore", "Make a node of such a file."),
    "doctor": ("hanze.cli.doctor:doctor", "Check whether a node can run here, and what is wrong."),
    "config": ("hanze.cli.config:config", "Show settings, and where each value comes from."),
}


class _LazyGroup(click.Group):
    """Knows its commands by name: importing all of them would take longer than most run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="hanze %(version)s")
def cli() -> None:
    """An open urban platform for a city."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 asked wrongly."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(args=given, prog_name="hanze", standalone_mode=False)
    except click.ClickException as error:
        if "--json" in given and error.exit_code:
            _report_json("UsageError", error.format_message(), None)
        else:
            error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(FAILED)
    except HanzeError as error:
        _report(error, as_json="--json" in given)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader of a pipe went away; python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: HanzeError, *, as_json: bool) -> None:
    if as_json:
        _report_json(type(error).__name__, str(error), error.field)
    else:
        click.echo(f"Error: {error}", err=True)


def _report_json(kind: str, detail: str, field: str | None) -> None:
    import orjson  # noqa: PLC0415  # only here: most commands need none

    click.echo(orjson.dumps({"error": kind, "detail": detail, "field": field}), err=True)
