"""Roles: who may do what, for which purpose, in what scope, and which fields are shown."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from koulutie.core.definitions.base import Id, LocalText, Part, Reviewed, Unexpected
from koulutie.core.errors import gettext_noop
from koulutie.core.scope import Purpose


class Action(StrEnum):
    """What a person may be allowed to do. Every view and operation names one."""

    VIEW_TODAY = "view_today"
    VIEW_CLASS = "view_class"
    VIEW_PUPIL = "view_pupil"
    VIEW_SCHOOL = "view_school"
    VIEW_FIGURE = "view_figure"
    VIEW_DEFINITION = "view_definition"
    HANDLE_TASK = "handle_task"
    WRITE_NOTE = "write_note"
    READ_RESTRICTED_NOTE = "read_restricted_note"
    RECEIVE_BATCH = "receive_batch"
    ACCEPT_BATCH = "accept_batch"
    VIEW_BATCH = "view_batch"
    EDIT_MAPPING = "edit_mapping"
    EDIT_CALENDAR = "edit_calendar"
    EDIT_ROSTER = "edit_roster"
    VIEW_ACCESS_LOG = "view_access_log"
    RELEASE_LOG = "release_log"  # one pupil's log leaves as a file
    VIEW_READERS = "view_readers"  # who can see this pupil, and why
    BREAK_GLASS = "break_glass"  # find a pupil outside the scope and open with a reason
    VIEW_GRANTS = "view_grants"
    EDIT_GRANTS = "edit_grants"
    VIEW_MUNICIPALITY = "view_municipality"
    VIEW_RETENTION = "view_retention"  # what is kept, how long; runs; the record
    EXPORT_PUPIL = "export_pupil"  # all data of one pupil leave as a file
    ERASE_PUPIL = "erase_pupil"  # the first of two persons
    CONFIRM_ERASURE = "confirm_erasure"  # the second


class ScopeKind(StrEnum):
    """Where a grant of a role may reach."""

    MUNICIPALITY = "municipality"
    SCHOOL = "school"
    SCHOOL_CLASS = "class"
    PUPIL = "pupil"
    OPENED_PUPIL = "opened_pupil"  # taken with a written reason, for hours


class FieldGroup(StrEnum):
    """What of a page's content is shown."""

    COUNTS = "counts"  # numbers about classes and schools, nobody named
    NAMES = "names"  # pupils' names and classes
    ABSENCE = "absence"  # marks and figures; health is shown as plain absence
    HEALTH = "health"  # that an absence is of the health class (GDPR article 9)
    FEEDBACK = "feedback"  # positive and corrective feedback marks
    TASKS = "tasks"  # steps reached, tasks, what adults answered
    NOTES = "notes"  # free text of reactions
    ROWS = "rows"  # rows of imported files
    SETTINGS = "settings"  # mappings, calendars, rosters, definitions
    LOG = "log"  # who opened what
    FOUND = "found"  # name and school of a pupil found outside the scope, nothing else


class Permission(Part):
    """One action for some purposes, and what is shown."""

    action: Action
    """The action."""
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    """For what it may be done."""
    fields: tuple[FieldGroup, ...] = ()
    """What is shown; nothing else is."""
    scopes: tuple[ScopeKind, ...] = ()
    """Only through grants of this reach; left out: all that the role can have."""

    def covers(
        self, *, action: Action, purpose: Purpose, scope: ScopeKind | None
    ) -> bool:
        """Say whether it allows the action for the purpose through a grant of the reach."""
        reaches = not self.scopes or scope in self.scopes
        return self.action is action and purpose in self.purposes and reaches


class Role(Part):
    """A role of the system."""

    id: Id
    """The name that grants and ladders use."""
    title: LocalText
    """Its name on screens."""
    description: LocalText
    """What the role is for and what it never shows."""
    scopes: tuple[ScopeKind, ...] = Field(min_length=1)
    """Where a grant of it may reach."""
    permissions: tuple[Permission, ...] = ()
    """What it may do. All else is denied."""

    @model_validator(mode="after")
    def _permissions_fit(self) -> Self:
        _once([permission.action.value for permission in self.permissions])
        strange = {
            scope.value
            for permission in self.permissions
            for scope in permission.scopes
        } - {scope.value for scope in self.scopes}
        if strange:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: a permission names scopes that the "
                    "role cannot have: %(names)s. Expected some of the role's scopes."
                ),
                names=", ".join(sorted(strange)),
            )
        return self

    @cached_property
    def purposes(self) -> frozenset[Purpose]:
        """Every purpose that the role can be granted for."""
        return frozenset(
            purpose for item in self.permissions for purpose in item.purposes
        )


class Party(Part):
    """Somebody a ladder names who has no role here: an office, a group, a service."""

    id: Id
    """The name that ladders use."""
    title: LocalText
    """Its name on screens."""
    carried_by: tuple[Id, ...] = ()
    """Roles that stand for it; none where it belongs to the wellbeing services county."""


class Roles(Reviewed):
    """The whole matrix."""

    roles: tuple[Role, ...] = Field(min_length=1)
    """The roles, each once."""
    parties: tuple[Party, ...] = ()
    """The other parties that ladders name, each once."""

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        _once([role.id for role in self.roles] + [party.id for party in self.parties])
        known = {role.id for role in self.roles}
        strangers = {
            name for party in self.parties for name in party.carried_by
        } - known
        if strangers:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: carried_by names roles that are "
                    "not here: %(names)s. Expected ids of roles in this file."
                ),
                names=", ".join(sorted(strangers)),
            )
        return self

    @cached_property
    def by_id(self) -> dict[str, Role]:
        """Each role by its id."""
        return {role.id: role for role in self.roles}

    @cached_property
    def party_by_id(self) -> dict[str, Party]:
        """Each party by its id."""
        return {party.id: party for party in self.parties}

    def fields(
        self,
        *,
        role: str,
        action: Action,
        purpose: Purpose,
        scope: ScopeKind | None = None,
    ) -> frozenset[FieldGroup] | None:
        """Return what a grant of the role shows in the action; None where it is denied.

        `scope` is the reach of the grant. Without it, a permission that is narrowed to
        some reach does not count.
        """
        for permission in self.by_id[role].permissions if role in self.by_id else ():
            if permission.covers(action=action, purpose=purpose, scope=scope):
                return frozenset(permission.fields)
        return None

    def carriers(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the roles that stand for roles and parties a ladder names, in order."""
        carriers: dict[str, None] = {}
        for name in names:
            party = self.party_by_id.get(name)
            for role in party.carried_by if party else (name,):
                carriers[role] = None
        return tuple(carriers)

    def title_of(self, name: str) -> LocalText:
        """Return the name on screens of a role or party; an unknown one raises KeyError."""
        return (self.by_id.get(name) or self.party_by_id[name]).title


def _once(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unexpected(
            gettext_noop(
                "%(file)s, line %(line)d, %(key)s: stands more than once: %(names)s. "
                "Expected each once."
            ),
            names=", ".join(twice),
        )
