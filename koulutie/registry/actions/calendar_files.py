"""Calendar days from a CSV or an iCalendar file: all of them, or none and a sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from icalendar import Calendar

from koulutie.core.errors import SourceError, gettext_noop
from koulutie.registry.actions.calendars import Day, Where, set_calendar_days
from koulutie.registry.models import CalendarDay, Person

Kinds = CalendarDay.DayKind

# Longest event that is plausibly a break; a longer one is a slip of the year.
LONGEST_EVENT = timedelta(days=100)

# What a calendar's own words mean; the first that is found in the event's name wins.
WORDS = (
    (
        Kinds.SATURDAY,
        ("lauantaityö", "koululauantai", "lördagsskola", "lördag", "saturday"),
    ),
    (Kinds.TRIP, ("retki", "leirikoulu", "utflykt", "lägerskola", "trip", "camp")),
    (Kinds.BREAK, ("loma", "lov", "break", "vacation")),
    (Kinds.HOLIDAY, ("juhlapäivä", "helgdag", "holiday")),
    (Kinds.EXTRA_FREE, ("vapaa", "ledig", "free", "day off")),
)


def import_calendar(
    *, content: bytes, file_name: str, where: Where, by: Person | None, now: datetime
) -> int:
    """Write a file's days for a place; return how many.

    CSV: columns ``date`` (or ``from`` and ``to``, both included) and ``kind``
    (its id or in words), and where wanted ``name`` and ``lessons``; comma, semicolon or tab. iCalendar: whole-day events,
    whose kind is read from their name.

    Raises
    ------
    SourceError
        Something in the file is not understood; nothing was written.
    """
    is_icalendar = file_name.lower().endswith((".ics", ".ical"))
    days = list(_days_of_ics(content) if is_icalendar else _days_of_csv(content))
    if not days:
        raise SourceError(
            gettext_noop("%(file)s has no days in it. Nothing was written."),
            file=file_name,
        )
    return set_calendar_days(where=where, days=_once(days), by=by, now=now)


def _once(days: list[Day]) -> Iterator[Day]:
    """Yield each date once; two that disagree cannot both hold."""
    seen: dict[date, Day] = {}
    for day in days:
        earlier = seen.setdefault(day.date, day)
        if earlier.kind != day.kind:
            raise SourceError(
                gettext_noop("%(date)s stands twice, as %(first)s and as %(second)s."),
                date=day.date.isoformat(),
                first=earlier.kind,
                second=day.kind,
            )
    yield from seen.values()


def _days_of_csv(content: bytes) -> Iterator[Day]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    columns = {(name or "").strip().lower() for name in reader.fieldnames or ()}
    if "kind" not in columns or not columns & {"date", "from"}:
        raise SourceError(
            gettext_noop(
                "The first line must name the columns date (or from and to) and kind."
            )
        )
    for line, row in enumerate(reader, start=2):
        cells = {
            (name or "").strip().lower(): (value or "").strip()
            for name, value in row.items()
            if isinstance(value, str | None)
        }
        if any(cells.values()):
            yield from _days_of_row(line, cells)


def _days_of_row(line: int, cells: Mapping[str, str]) -> Iterator[Day]:
    first = _date(line, cells.get("date") or cells.get("from", ""))
    last = _date(line, cells["to"]) if cells.get("to") else first
    lessons = cells.get("lessons", "").replace(",", ".")
    try:
        amount = float(lessons) if lessons else None
    except ValueError as error:
        raise SourceError(
            gettext_noop("Line %(line)d: %(value)s is not a number of lessons."),
            line=line,
            value=lessons,
        ) from error
    for day in _span(first, last):
        yield Day(
            date=day,
            kind=_kind_in(cells.get("kind", "")),
            name=cells.get("name", ""),
            lessons=amount,
        )


def _date(line: int, text: str) -> date:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a plain date
        except ValueError:
            continue
    raise SourceError(
        gettext_noop(
            "Line %(line)d: %(value)s is not a date. Write 2026-10-12 or 12.10.2026."
        ),
        line=line,
        value=text or "–",
    )


def _span(first: date, last: date) -> Iterator[date]:
    """Yield the days from first to last, both included."""
    length = last - first
    if not timedelta() <= length <= LONGEST_EVENT:
        raise SourceError(
            gettext_noop("%(first)s to %(last)s is not a span of days."),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    for offset in range(length.days + 1):
        yield first + timedelta(days=offset)


def _days_of_ics(content: bytes) -> Iterator[Day]:
    try:
        events = Calendar.from_ical(content).walk("VEVENT")
    except ValueError as error:
        raise SourceError(gettext_noop("This is not an iCalendar file.")) from error
    for event in events:
        name = str(event.get("SUMMARY", ""))
        if "RRULE" in event:
            raise SourceError(
                gettext_noop("The event %(name)s repeats. Write each of its days out."),
                name=name,
            )
        first = _plain_date(event, "DTSTART", name)
        end = _plain_date(event, "DTEND", name) if "DTEND" in event else None
        last = max(first, end - timedelta(days=1)) if end else first
        for day in _span(first, last):
            yield Day(date=day, kind=_kind_of(name), name=name)


def _plain_date(event: Mapping[str, object], key: str, name: str) -> date:
    value = getattr(event.get(key), "dt", None)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise SourceError(
            gettext_noop(
                "The event %(name)s is not a whole-day event. Days off have dates, no times."
            ),
            name=name,
        )
    return value


def _kind_in(cell: str) -> str:
    """Return the kind that a cell names by its id or in words; else the cell itself."""
    return cell if cell in Kinds.values else _kind_in_words(cell) or cell


def _kind_in_words(text: str) -> str | None:
    lower = text.lower()
    for kind, words in WORDS:
        if any(word in lower for word in words):
            return kind.value
    return None


def _kind_of(name: str) -> str:
    kind = _kind_in_words(name)
    if kind is not None:
        return kind
    raise SourceError(
        gettext_noop(
            "What the event %(name)s means for school is not clear from its name. "
            "Use words such as break, holiday, day off or Saturday school day."
        ),
        name=name,
    )
