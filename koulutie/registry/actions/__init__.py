"""Every write to the registry: one transaction, one event in the access log."""

from koulutie.registry.actions.calendar_files import import_calendar
from koulutie.registry.actions.calendars import (
    Day,
    Where,
    clear_calendar_days,
    set_calendar_days,
    set_lesson_total,
    set_partial_timetable,
    set_school_year_dates,
)
from koulutie.registry.actions.glass import close_opened, open_with_reason, see_notices
from koulutie.registry.actions.grants import check_reach, grant, revoke
from koulutie.registry.actions.people import (
    choose_language,
    close_person,
    create_person,
    set_password,
)
from koulutie.registry.actions.places import (
    ensure_class,
    ensure_municipality,
    ensure_pupil,
    ensure_school,
    ensure_school_year,
)
from koulutie.registry.actions.roster import take_in_roster
from koulutie.registry.actions.roster_rows import Notice, RosterReport
from koulutie.registry.actions.sign_in import count_try, forget_tries, sign_in
from koulutie.registry.actions.versions import commit_version, mark_cleared

__all__ = [
    "Day",
    "Notice",
    "RosterReport",
    "Where",
    "check_reach",
    "choose_language",
    "clear_calendar_days",
    "close_opened",
    "close_person",
    "commit_version",
    "count_try",
    "create_person",
    "ensure_class",
    "ensure_municipality",
    "ensure_pupil",
    "ensure_school",
    "ensure_school_year",
    "forget_tries",
    "grant",
    "import_calendar",
    "mark_cleared",
    "open_with_reason",
    "revoke",
    "see_notices",
    "set_calendar_days",
    "set_lesson_total",
    "set_partial_timetable",
    "set_password",
    "set_school_year_dates",
    "sign_in",
    "take_in_roster",
]
