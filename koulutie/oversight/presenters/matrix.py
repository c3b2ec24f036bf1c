"""The roles' matrix, role x action x purpose x fields, from the table that decides."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation

from koulutie.core.definitions.roles import Permission, Role, Roles
from koulutie.ui.words import (
    ACTIONS,
    FIELDS,
    PURPOSES,
    REACHES,
    called,
    listed,
)

INTRODUCTION = (
    "Made by `koulutie roles --write` from `koulutie/definitions/roles.yaml`; never edited by "
    "hand. What is not listed is denied."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One permission of a role."""

    action: str
    action_id: str
    purposes: str
    fields: str
    reaches: str  # only through grants of this reach; empty: all the role has


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRows:
    """A role with what it may do; what is not here is denied."""

    role: str
    title: str
    description: str
    reaches: str
    cells: tuple[Cell, ...]


def matrix(roles: Roles, language: str) -> tuple[RoleRows, ...]:
    """Return every role with its permissions, in the language."""
    with translation.override(language):
        return tuple(_role(role, language) for role in roles.roles)


def markdown(roles: Roles) -> str:
    """Return the matrix in English, for docs/generated/roles.md."""
    lines = [
        "# Roles: who may do what, for what, and what they then see",
        "",
        INTRODUCTION,
    ]
    for one in matrix(roles, "en"):
        lines += [
            *("", f"## {one.title} (`{one.role}`)", "", one.description, ""),
            *(f"Given over: {one.reaches}.", ""),
            "| action | for | sees | only through |",
            "|---|---|---|---|",
            *(
                f"| {cell.action} (`{cell.action_id}`) | {cell.purposes} | "
                f"{cell.fields or '–'} | {cell.reaches or '–'} |"
                for cell in one.cells
            ),
        ]
    return "\n".join(lines) + "\n"


def _role(role: Role, language: str) -> RoleRows:
    return RoleRows(
        role=role.id,
        title=role.title.in_language(language),
        description=role.description.in_language(language),
        reaches=listed(REACHES, role.scopes),
        cells=tuple(_cell(one) for one in role.permissions),
    )


def _cell(permission: Permission) -> Cell:
    return Cell(
        action=called(ACTIONS, permission.action),
        action_id=permission.action.value,
        purposes=listed(PURPOSES, permission.purposes),
        fields=listed(FIELDS, permission.fields),
        reaches=listed(REACHES, permission.scopes),
    )
