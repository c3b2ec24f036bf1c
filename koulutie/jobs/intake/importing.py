"""One file from the command line: the same path as an upload, told in one report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow.compute as pc
from django.utils import translation

from koulutie import catalog
from koulutie.core.calendar import school_year_of
from koulutie.core.dialects.reading import Reading
from koulutie.core.errors import DomainError, IntakeError, gettext_noop
from koulutie.intake.actions import deciding, receiving
from koulutie.intake.actions.claiming import release_dead
from koulutie.intake.actions.concluding import failure_of
from koulutie.intake.actions.mapping import read_mapping_file, set_mapping
from koulutie.intake.actions.previewing import describe, look, preview
from koulutie.intake.actions.reading import read, silent
from koulutie.intake.actions.receiving import About
from koulutie.intake.actions.rosters import rolled_back
from koulutie.intake.models import Batch
from koulutie.intake.queries.lookups import key_of
from koulutie.jobs.intake.reporting import ImportReport, report_of
from koulutie.jobs.intake.taking_in import take_in
from koulutie.registry import actions as registry
from koulutie.registry.models import Municipality, Person, School, SchoolClass
from koulutie.registry.queries import latest_version, only_municipality

State = Batch.State

DRY = gettext_noop("%(file)s was looked at. Nothing was changed.")
WAITS = gettext_noop(
    "%(file)s waits for a person to accept it, as batch %(batch)s. Nothing is in yet."
)
DONE = gettext_noop("%(file)s was taken in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked of one file."""

    path: Path
    municipality: Municipality | None
    school: str | None
    class_code: str | None
    pupil_key: str | None
    profile: str | None
    mapping: Path | None
    accept: bool
    exported_at: datetime | None
    by: Person | None
    now: datetime


def import_file(  # noqa: PLR0913  # the options of the command
    path: Path,
    *,
    now: datetime,
    by: Person | None = None,
    municipality: Municipality | None = None,
    school: str | None = None,
    class_code: str | None = None,
    pupil_key: str | None = None,
    profile: str | None = None,
    mapping: Path | None = None,
    dry_run: bool = False,
    accept: bool = False,
    exported_at: datetime | None = None,
) -> ImportReport:
    """Read a file, and with `accept` take it in; told in English.

    `school`, `class_code` and `pupil_key` name what the file does not; what is missing of
    them is made. With a class, every pupil of the file whom nobody knows is made too, in
    that class. On a dry run nothing at all is written.

    Raises
    ------
    DomainError
        The file is not there, is empty, or cannot be kept; nothing was changed.
    """
    wish = Wish(
        path=path,
        municipality=municipality,
        school=school,
        class_code=class_code,
        pupil_key=pupil_key,
        profile=profile,
        mapping=mapping,
        accept=accept,
        exported_at=exported_at,
        by=by,
        now=now,
    )
    with translation.override(None):
        _refuse_absent(path)
        return _look(wish) if dry_run else _import(wish)


def _refuse_absent(path: Path) -> None:
    """Look before anything is made that the file is to fill."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise _not_there(path, error) from error


def _import(wish: Wish) -> ImportReport:
    release_dead(now=wish.now)
    about = _about(wish)
    _set_mappings(wish, about.municipality)
    _make_missing(wish, about)
    try:
        with wish.path.open("rb") as content:
            batch = receiving.receive(
                content=content,
                file_name=wish.path.name,
                about=about,
                via=Batch.Via.COMMAND,
                by=wish.by,
                now=wish.now,
            )
    except OSError as error:
        raise _not_there(wish.path, error) from error
    batch = _previewed(batch, wish)
    exact = _map_exact_names(batch, wish)
    if exact:
        batch = _previewed(batch, wish)
    return _decided(batch, wish, exact)


def _previewed(batch: Batch, wish: Wish) -> Batch:
    """Read the batch, or read it again where it waits under older meanings."""
    if batch.state in {State.PREVIEWED, State.FAILED}:
        batch = deciding.read_again(batch=batch, by=wish.by, now=wish.now)
    return preview(batch_id=batch.pk, now=wish.now)


def _decided(batch: Batch, wish: Wish, exact: tuple[str, ...]) -> ImportReport:
    """Take the batch in where that was asked and may be; else say what is in the way."""
    if batch.state == State.FAILED:
        return report_of(batch, sentence="", is_refused=True)
    if not wish.accept:
        sentence = WAITS % {"file": batch.file_name, "batch": batch.pk}
        return report_of(batch, sentence=sentence, is_refused=False)
    try:
        if (
            batch.state != State.ACCEPTED
        ):  # an earlier run may have died after accepting
            _refuse_unnamed(batch)
            deciding.accept(batch=batch, by=wish.by, now=wish.now)
    except DomainError as refusal:
        return report_of(
            batch, sentence=str(refusal), is_refused=True, by_exact_name=exact
        )
    batch = take_in(batch_id=batch.pk, now=wish.now)
    is_in = batch.state == State.TAKEN_IN
    return report_of(
        batch,
        sentence=DONE % {"file": batch.file_name} if is_in else "",
        is_refused=not is_in,
        by_exact_name=exact,
    )


def _refuse_unnamed(batch: Batch) -> None:
    """Name only the types that the catalogue does not know by their whole name either."""
    exact = catalog.current().mark_kinds.exact
    unnamed = [name for name in batch.unmapped if exact(name) is None]
    if unnamed:
        raise IntakeError(
            gettext_noop(
                "%(file)s cannot be taken in: these mark types have no meaning yet: "
                "%(types)s. Give it with --map, one type a line: name, semicolon, kind."
            ),
            file=batch.file_name,
            types=", ".join(unnamed),
        )


def _look(wish: Wish) -> ImportReport:
    """Do what the preview does, without a batch, and undo what had to be made for it."""
    with rolled_back():
        about = _about(wish)
        _set_mappings(wish, about.municipality)
        batch = _described(wish, about)
        rejected, refusal = None, None
        try:
            _make_missing(wish, about)
            reading = look(batch, wish.path, tell=silent)
            rejected = describe(batch, reading)
        except DomainError as error:
            refusal = error
            batch.failure = failure_of(error)
        latest = latest_version()
        return report_of(
            batch,
            sentence="" if refusal else DRY % {"file": batch.file_name},
            is_refused=refusal is not None,
            rejected=rejected,
            facts_version=latest.number if latest else None,
        )


def _described(wish: Wish, about: About) -> Batch:
    """Return the batch that the file would be, not saved; the file stays where it is."""
    try:
        kept = receiving.measure(wish.path)
    except OSError as error:
        raise _not_there(wish.path, error) from error
    return receiving.describe(
        kept=kept,
        file_name=wish.path.name,
        about=about,
        via=Batch.Via.COMMAND,
        now=wish.now,
    )


def _not_there(path: Path, error: OSError) -> IntakeError:
    return IntakeError(
        gettext_noop("%(file)s cannot be opened: %(problem)s."),
        file=str(path),
        problem=error.strerror or str(error),
    )


# --- what the command line names --------------------------------------------------------


def _about(wish: Wish) -> About:
    municipality = (
        wish.municipality
        or only_municipality()
        or registry.ensure_municipality(by=wish.by, now=wish.now)
    )
    return About(
        municipality=municipality,
        school=_school(wish, municipality),
        class_code=wish.class_code or "",
        pupil_key=wish.pupil_key or "",
        profile=wish.profile or "",
        exported_at=wish.exported_at,
    )


def _school(wish: Wish, municipality: Municipality) -> School | None:
    if not wish.school:
        return None
    return registry.ensure_school(
        municipality=municipality, number=wish.school, by=wish.by, now=wish.now
    )


def _make_missing(wish: Wish, about: About) -> None:
    """Make the class that was named, and in it the pupils whom nobody knows yet.

    A file about several schools gets a class of that code in each of them.
    """
    if not about.class_code:
        return
    batch = _described(wish, about)
    reading = read(wish.path, batch)
    if batch.contents != Batch.Contents.MARKS:
        return
    on = _last_day(reading, wish)
    for number, keys in _keys_by_school(reading, about).items():
        school = about.school or _school(
            replace(wish, school=number), about.municipality
        )
        if school is not None:
            _make_pupils(wish, about, batch, _class(wish, about, school, on), keys)


def _keys_by_school(reading: Reading, about: About) -> dict[str, list[str]]:
    """Return the pupils' keys by the school number that stands with them first.

    Where one school was named, pupils of others are nobody's business here.
    """
    if about.pupil_key:
        return {"": [about.pupil_key]}
    named = reading.marks.select(["pupil_key", "school_number"])
    pairs = named.group_by(["pupil_key", "school_number"]).aggregate([])
    wanted = {None, "", about.school.number} if about.school else None
    found: dict[str, str] = {}
    for row in pairs.to_pylist():
        if row["pupil_key"] and (wanted is None or row["school_number"] in wanted):
            found.setdefault(row["pupil_key"], row["school_number"] or "")
    keys: dict[str, list[str]] = defaultdict(list)
    for key, number in sorted(found.items()):
        keys["" if about.school else number].append(key)
    return keys


def _make_pupils(
    wish: Wish,
    about: About,
    batch: Batch,
    school_class: SchoolClass,
    keys: Iterable[str],
) -> None:
    for key in keys:
        known = key_of(about.municipality, batch.source_db, key)
        registry.ensure_pupil(
            municipality=about.municipality,
            source_db=known.source_db if known else batch.source_db,
            key=key,
            school_class=school_class,
            by=wish.by,
            now=wish.now,
        )


def _last_day(reading: Reading, wish: Wish) -> date:
    """Return the day whose school year the class is of."""
    last: date | None = pc.max(reading.marks["date"]).as_py()
    return last or (wish.exported_at or wish.now).date()


def _class(wish: Wish, about: About, school: School, on: date) -> SchoolClass:
    year = registry.ensure_school_year(
        municipality=about.municipality,
        year=school_year_of(on),
        by=wish.by,
        now=wish.now,
    )
    return registry.ensure_class(
        school=school,
        school_year=year,
        code=about.class_code,
        by=wish.by,
        now=wish.now,
    )


def _set_mappings(wish: Wish, municipality: Municipality) -> None:
    """Keep the meanings of the mapping file."""
    if wish.mapping is None:
        return
    try:
        text = wish.mapping.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "not UTF-8"
        raise _not_there(wish.mapping, OSError(0, problem)) from error
    meanings = read_mapping_file(text=text, file_name=wish.mapping.name)
    for name, meaning in meanings.items():
        set_mapping(
            municipality=municipality,
            school=None,
            type_name=name,
            kind=meaning.kind,
            lessons=meaning.lessons,
            by=wish.by,
            now=wish.now,
        )


def _map_exact_names(batch: Batch, wish: Wish) -> tuple[str, ...]:
    """Give a meaning to the types whose whole name the catalogue knows; return them.

    Only for who asked to accept, and only if that leaves no type without a meaning; a name
    that is merely similar stays a suggestion.
    """
    kinds = catalog.current().mark_kinds
    exact = {name: kinds.exact(name) for name in batch.unmapped}
    if not wish.accept or batch.state != State.PREVIEWED or None in exact.values():
        return ()
    told: list[str] = []
    for name, kind in exact.items():
        if kind is not None:
            set_mapping(
                municipality=batch.municipality,
                school=None,
                type_name=name,
                kind=kind,
                by=wish.by,
                now=wish.now,
            )
            told.append(f"{name} = {kind.value}")
    return tuple(told)
