"""The `koulutie` command: clear text for people, ``--json`` for machines.

Each command is one short function here; what it does lives in the rooms below. Exit code
0: done; 1: refused with a sentence (nothing was changed); 2: the command line was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koulutie import __version__
from koulutie.core.errors import DomainError

if TYPE_CHECKING:
    from koulutie.jobs.intake import ImportReport

Arguments = argparse.Namespace


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except DomainError as refusal:
        return refuse(str(refusal), as_json=getattr(options, "json", False))
    except BrokenPipeError:
        return 1


def refuse(sentence: str, *, as_json: bool) -> int:
    """Say why nothing was done."""
    if as_json:
        print(json.dumps({"error": sentence}, ensure_ascii=False))
    else:
        print(sentence, file=sys.stderr)
    return 1


def say(options: Arguments, facts: dict[str, Any], lines: Iterable[str]) -> None:
    """Print the facts as one JSON object, or the lines for a person."""
    if options.json:
        print(json.dumps(facts, ensure_ascii=False, default=str))
    else:
        for line in lines:
            print(line)


def start_django() -> None:
    """Load the settings and the apps, and bring the database up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "koulutie.config.settings")
    import django

    django.setup()
    from django.conf import settings

    from koulutie.config.logs import catch_uncaught
    from koulutie.registry import walls

    walls.open_process()
    if settings.DEPLOYMENT.is_production:
        catch_uncaught()


def start_home() -> None:
    """Load Django, stop at a bad definition, and bring the home's database up to date."""
    start_django()
    from django.core.management import call_command

    from koulutie import catalog

    catalog.current()
    call_command("migrate", verbosity=0, interactive=False)


def now() -> datetime:
    """Read the clock once, at the edge."""
    from koulutie.ui import clock

    return clock.now()


# --- commands ----------------------------------------------------------------------------


def version(options: Arguments) -> None:
    say(options, {"version": __version__}, [f"Koulutie {__version__}"])


def check(options: Arguments) -> int:
    """Check every definition; a bad one is named with file, line, key and what was expected."""
    start_django()
    from django.conf import settings

    from koulutie import catalog

    problems = [str(problem) for problem in catalog.problems(*settings.DEFINITIONS)]
    late = [] if problems else catalog.current().warnings(on=now().date())
    warnings = [str(warning) for warning in late]
    say(
        options,
        {"problems": problems, "warnings": warnings},
        [*problems, *warnings, f"{len(problems)} problems, {len(warnings)} warnings"],
    )
    return int(bool(problems))


def messages(options: Arguments) -> None:
    """Compile the translations; with --extract, gather them anew first (needs xgettext)."""
    start_django()
    from koulutie.ui import messages as catalogues

    if options.extract:
        catalogues.extract_all()
    count = catalogues.compile_all()
    if not options.quiet:
        print(f"{count} catalogues compiled")


def import_files(options: Arguments) -> int:
    """Read files through the same path as an upload in the browser."""
    start_home()
    from koulutie.jobs.intake.reporting import together

    told = [import_one(name, options) for name in options.files]
    say(options, told[0] if len(told) == 1 else together(told), ())
    return int(any(one["is_refused"] for one in told))


def import_one(name: str, options: Arguments) -> dict[str, Any]:
    """Import one file; a person reads at once what became of it."""
    from koulutie.jobs import intake

    try:
        report = intake.import_file(
            Path(name),
            school=options.school,
            class_code=options.class_code,
            pupil_key=options.pupil,
            profile=options.profile,
            mapping=Path(options.map) if options.map else None,
            dry_run=options.dry_run,
            accept=options.accept,
            exported_at=options.exported_at,
            by=None,
            now=now(),
        )
    except DomainError as refusal:  # the other files may still be taken in
        if not options.json:
            refuse(str(refusal), as_json=False)
        return {"file": name, "is_refused": True, "error": str(refusal)}
    if not options.json:
        print(*report_lines(name, report), sep="\n", flush=True)
    return report.facts


def report_lines(name: str, report: ImportReport) -> Iterable[str]:
    """Yield an import report as a person reads it."""
    yield f"{name}: {report.sentence}"
    for key in ("read", "new", "changed", "unchanged", "rejected", "absent_lessons"):
        yield f"  {key.replace('_', ' '):<16}{report.facts[key]:>8}"
    for line in (*report.notes, *(f"unmapped: {one}" for one in report.unmapped)):
        yield f"  {line}"


def night(options: Arguments) -> None:
    """Do what the night does: refresh figures, crossings, tasks; clear what is not kept."""
    start_home()
    from koulutie.jobs import night as the_night

    report = the_night.run(as_of=options.as_of or now().date(), now=now())
    say(options, report.facts, report.lines)


def access_log(options: Arguments) -> int:
    """Verify every seal of the access log (1: something was touched), or seal now."""
    start_home()
    from koulutie.jobs import log

    report = {"verify": log.verify, "seal": log.seal}[options.what](now=now())
    say(options, report.facts, report.lines)
    return int(not report.is_sound)


def retention(options: Arguments) -> None:
    """Erase what has been kept long enough; --dry-run: only say what is due."""
    start_home()
    from koulutie.jobs import retention as job

    at = now()
    report = job.run(as_of=at.date(), now=at, dry_run=options.dry_run)
    say(options, report.facts, report.lines)


def roles(options: Arguments) -> None:
    """Print the matrix of roles; with --write, into the documentation."""
    start_django()
    from koulutie import catalog
    from koulutie.oversight.presenters.matrix import markdown

    text = markdown(catalog.current().roles)
    if options.write:
        Path("docs/generated/roles.md").write_text(text)
    say(options, {"roles": text}, [] if options.write else [text.rstrip()])


def dictionary(options: Arguments) -> None:
    """Print the data dictionary; --write: it, the record of processing and the assessment."""
    start_django()
    from koulutie.retention.presenters import dictionary as data
    from koulutie.retention.presenters.documents import generated

    text = data.markdown()
    if options.write:
        for name, content in {"data-dictionary.md": text, **generated()}.items():
            Path("docs/generated", name).write_text(content)
    say(options, {"dictionary": text}, [] if options.write else [text.rstrip()])


def figures(options: Arguments) -> None:
    """Print the figures of a school or a pupil."""
    start_home()
    from koulutie.jobs import reading

    rows = reading.figures(
        school=options.school, pupil=options.pupil, as_of=options.as_of, now=now()
    )
    lines = [
        f"{row['pupil']:>10}  {row['indicator']:<32} {row['window_key']:<14} "
        f"{'–' if row['value'] is None else format(row['value'], '.2f'):>9} "
        f"{row['withheld'] or ''}"
        for row in rows
    ]
    say(options, {"figures": rows}, lines or [reading.NO_FIGURES])


def explain(options: Arguments) -> None:
    """Say why a pupil reached a step: the rows, the limit, the definition."""
    start_home()
    from koulutie.jobs import reading

    answer = reading.explain(pupil=options.pupil, step=options.step, now=now())
    say(options, answer.facts, answer.lines)


def ladder(options: Arguments) -> int:
    """List, check or simulate ladders."""
    start_home()
    from koulutie.jobs import reading

    answer = {
        "list": reading.ladder_list,
        "check": reading.ladder_check,
        "simulate": reading.ladder_simulation,
    }[options.what](name=options.name, now=now())
    say(options, answer.facts, answer.lines)
    return 0


def synth(options: Arguments) -> None:
    """Write synthetic marks of any size in the project's own format."""
    from koulutie.demo import synth as synthesis

    made = synthesis.synth(
        pupils=options.pupils, out=Path(options.out), seed=options.seed
    )
    say(
        options,
        {"files": made},
        [f"{name}: {rows} rows" for name, rows in made.items()],
    )


def demo(options: Arguments) -> None:
    """Make the demo municipality through intake, like anyone's; then serve it."""
    start_home()
    from koulutie.demo import load

    report = load.ensure(seed=options.seed, now=now(), tell=progress(options))
    say(options, report.facts, report.lines)
    if not options.no_serve:
        serve(options)


def progress(options: Arguments) -> Callable[[str], None]:
    """Return what tells a waiting person how far we are; silent for machines."""
    return (lambda line: None) if options.json else lambda line: print(line, flush=True)


def serve(options: Arguments) -> None:
    """Serve the pages and work through accepted batches, until interrupted."""
    start_home()
    from koulutie.config import server

    server.run(host=options.host, port=options.port, tell=progress(options))


# --- the command line ------------------------------------------------------------------------


def moment(text: str) -> datetime:
    """Parse an ISO date or moment; a plain date means its midnight in local time."""
    from zoneinfo import ZoneInfo

    parsed = datetime.fromisoformat(text)
    return (
        parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo("Europe/Helsinki"))
    )


def at_least_one(text: str) -> int:
    """Parse a number of things to make."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)


def add_server_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8000)


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    top = argparse.ArgumentParser(prog="koulutie", description=__doc__.split("\n")[0])
    top.add_argument("--version", action="version", version=f"Koulutie {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[Arguments], int | None]
    ) -> argparse.ArgumentParser:
        summary = (run.__doc__ or name).split("\n")[0]
        made = commands.add_parser(name, help=summary, description=summary)
        made.add_argument(
            "--json", action="store_true", help="one object, for machines"
        )
        made.set_defaults(run=run)
        return made

    command("version", version)
    command("check", check)
    add_import(command("import", import_files))
    command("night", night).add_argument("--as-of", type=date.fromisoformat)
    command("roles", roles).add_argument("--write", action="store_true")
    command("dictionary", dictionary).add_argument("--write", action="store_true")
    add_retention(command("retention", retention))
    command("log", access_log).add_argument("what", choices=["verify", "seal"])
    one = command("figures", figures)
    one.add_argument("--school", metavar="NUMBER")
    one.add_argument("--pupil", metavar="ID")
    one.add_argument("--as-of", type=date.fromisoformat)
    one = command("explain", explain)
    one.add_argument("pupil", metavar="PUPIL")
    one.add_argument("step", metavar="STEP")
    one = command("ladder", ladder)
    one.add_argument("what", choices=["list", "check", "simulate"])
    one.add_argument("name", nargs="?", metavar="LADDER")
    one = command("synth", synth)
    one.add_argument("--pupils", type=at_least_one, required=True)
    one.add_argument("--out", required=True, metavar="DIR")
    one.add_argument("--seed", type=int, default=1)
    one = command("demo", demo)
    one.add_argument("--no-serve", action="store_true")
    one.add_argument("--seed", type=int, default=1)
    add_server_options(one)
    add_server_options(command("serve", serve))
    one = command("messages", messages)
    one.add_argument("--extract", action="store_true")
    one.add_argument("--quiet", action="store_true")
    return top


def add_retention(one: argparse.ArgumentParser) -> None:
    one.add_argument("what", choices=["run"])
    one.add_argument("--dry-run", action="store_true", help="look, erase nothing")


def add_import(one: argparse.ArgumentParser) -> None:
    """Declare the options of `import`; --school, --class and --pupil create what is missing."""
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--school", metavar="NUMBER", help="the school the file is about")
    one.add_argument("--class", dest="class_code", metavar="CODE")
    one.add_argument("--pupil", metavar="ID", help="whose page this is")
    one.add_argument("--profile", metavar="NAME", help="how the columns are laid out")
    one.add_argument(
        "--map", metavar="FILE", help="mark type name to kind (YAML or CSV)"
    )
    one.add_argument("--exported-at", type=moment, help="when the file left its source")
    one.add_argument("--dry-run", action="store_true", help="look, change nothing")
    one.add_argument("--accept", action="store_true", help="take the marks in")
