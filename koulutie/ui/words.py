"""What kinds, actions, purposes, fields and reaches are called on the pages."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from koulutie.core.definitions.roles import Action, FieldGroup, ScopeKind
from koulutie.core.scope import Purpose
from koulutie.registry.audit import Kind

KINDS: dict[str, Promise] = {
    Kind.VIEW: _("Opened"),
    Kind.LIST: _("Opened a list"),
    Kind.SEARCH: _("Searched"),
    Kind.EXPORT: _("Took out a file"),
    Kind.PRINT: _("Printed"),
    Kind.API: _("Read by a program"),
    Kind.ACT: _("Did something"),
    Kind.DENIED: _("Was refused"),
}

ACTIONS: dict[str, Promise] = {
    Action.VIEW_TODAY: _("Today"),
    Action.VIEW_CLASS: _("Class page"),
    Action.VIEW_PUPIL: _("Pupil’s page"),
    Action.VIEW_SCHOOL: _("School page"),
    Action.VIEW_FIGURE: _("Rows behind a figure"),
    Action.VIEW_DEFINITION: _("Definitions of figures"),
    Action.HANDLE_TASK: _("Task of a pupil"),
    Action.RECEIVE_BATCH: _("Sending a file in"),
    Action.ACCEPT_BATCH: _("Accepting a file"),
    Action.VIEW_BATCH: _("Imported file"),
    Action.EDIT_MAPPING: _("Mark types"),
    Action.EDIT_CALENDAR: _("School days"),
    Action.EDIT_ROSTER: _("Roster"),
    Action.WRITE_NOTE: _("Notes of a pupil"),
    Action.READ_RESTRICTED_NOTE: _("Restricted note"),
    Action.VIEW_ACCESS_LOG: _("Access log"),
    Action.RELEASE_LOG: _("Giving out a pupil’s log"),
    Action.VIEW_READERS: _("Who can see a pupil"),
    Action.BREAK_GLASS: _("Opening with a reason"),
    Action.VIEW_GRANTS: _("Roles given"),
    Action.EDIT_GRANTS: _("Giving roles"),
    Action.VIEW_MUNICIPALITY: _("Municipality’s figures"),
    Action.VIEW_RETENTION: _("What is kept and how long"),
    Action.EXPORT_PUPIL: _("All data of a pupil as a file"),
    Action.ERASE_PUPIL: _("Erasing a pupil"),
    Action.CONFIRM_ERASURE: _("Confirming that a pupil is erased"),
    "sign_in": _("Signing in"),
    "grant": _("A role was given"),
    "revoke": _("A role was ended"),
    "close_glass": _("An opening ended"),
    "take_in_roster": _("A roster came in"),
    "delete_log": _("Old log was deleted"),
    "retention": _("A run of retention"),
    "withdraw_erasure": _("An erasure was withdrawn"),
    "choose_context": _("A role to act in was chosen"),
    "end_session": _("A sign-in was ended"),
    "add_factor": _("A second step was added"),
    "remove_factor": _("A second step was removed"),
    "recovery_codes": _("Recovery codes were made"),
    "tie_identity": _("An outside account was tied to a person"),
    "make_link": _("A link for a guardian was made"),
    "revoke_link": _("A link for a guardian was withdrawn"),
    "spend_link": _("A guardian opened a link"),
    "figures": _("Figures on the command line"),
    "explain": _("Rows behind a step, on the command line"),
    "simulate": _("A ladder was tried on past years"),
    "save_profile": _("Columns of a file were named"),
    "set_folder_rule": _("The rule of the watched folder"),
    "set_partial_timetable": _("A partial timetable was agreed"),
    "create_person": _("An account was opened"),
    "close_person": _("An account was closed"),
}

PURPOSES: dict[str, Promise] = {
    Purpose.ATTENDANCE: _("following absences"),
    Purpose.SUPPORT: _("supporting the pupil"),
    Purpose.COACHING: _("coach work"),
    Purpose.STATISTICS: _("statistics"),
    Purpose.INTAKE: _("bringing marks in"),
    Purpose.OVERSIGHT: _("oversight"),
}

FIELDS: dict[str, Promise] = {
    FieldGroup.COUNTS: _("counts"),
    FieldGroup.NAMES: _("names"),
    FieldGroup.ABSENCE: _("absences"),
    FieldGroup.HEALTH: _("health as the reason"),
    FieldGroup.FEEDBACK: _("feedback marks"),
    FieldGroup.TASKS: _("steps and tasks"),
    FieldGroup.NOTES: _("notes"),
    FieldGroup.ROWS: _("rows of imported files"),
    FieldGroup.SETTINGS: _("settings"),
    FieldGroup.LOG: _("access log"),
    FieldGroup.FOUND: _("name and school"),
}

REACHES: dict[str, Promise] = {
    ScopeKind.MUNICIPALITY: _("municipality"),
    ScopeKind.SCHOOL: _("school"),
    ScopeKind.SCHOOL_CLASS: _("class"),
    ScopeKind.PUPIL: _("one pupil"),
    ScopeKind.OPENED_PUPIL: _("a pupil opened with a reason"),
}


def called(names: dict[str, Promise], name: str) -> str:
    """Return what a name is called; a name of an older version stands as it is."""
    return str(names.get(name, name))


def listed(names: dict[str, Promise], chosen: Iterable[str]) -> str:
    """Return several as one text, in the order of the table."""
    wanted = set(chosen)
    return ", ".join(str(text) for name, text in names.items() if name in wanted)
