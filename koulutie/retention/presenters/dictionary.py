"""The data dictionary as a page and as Markdown: by retention class, then by table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from koulutie import catalog
from koulutie.core.definitions.facts_columns import Secrecy
from koulutie.core.definitions.retention import CountedFrom, RetentionRule
from koulutie.retention.queries.dictionary import Entry, entries
from koulutie.ui.words import called

SECRECY: dict[str, Promise] = {
    Secrecy.NONE: gettext_lazy("not about a person"),
    Secrecy.INTERNAL: gettext_lazy("internal"),
    Secrecy.PERSONAL: gettext_lazy("personal"),
    Secrecy.SENSITIVE: gettext_lazy("sensitive"),
    Secrecy.SECRET: gettext_lazy("secret: kept as a hash or key"),
}
COUNTED_FROM: dict[str, Promise] = {
    CountedFrom.NEVER: gettext_lazy("kept as long as the system"),
    CountedFrom.LEAVING: gettext_lazy(
        "after the pupil has left the municipality’s schools"
    ),
    CountedFrom.END_OF_EMPLOYMENT: gettext_lazy("after the last role has ended"),
    CountedFrom.WRITTEN: gettext_lazy("after it was written"),
    CountedFrom.CLOSED: gettext_lazy("after the matter was closed"),
}
STORES: dict[str, Promise] = {
    "database": gettext_lazy("database"),
    "facts": gettext_lazy("facts store"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """The fields of one table in one class, by how private they are."""

    table: str
    title: str  # of a table of the facts; empty for a model
    store: str
    fields: tuple[tuple[str, str], ...]  # (secrecy, "name, name")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataClass:
    """One retention class with all that belongs to it."""

    id: str
    title: str
    description: str
    purpose: str
    law: str
    subjects: str
    kept: str
    basis: str
    tables: tuple[TableRows, ...]

    @property
    def is_personal(self) -> bool:
        """Say whether any of it is about persons."""
        return self.id != "permanent"


def how_long(rule: RetentionRule) -> str:
    """Return the time in words, in the language in force."""
    since = called(COUNTED_FROM, rule.counted_from)
    if rule.months is None:
        return since
    months = ngettext("%(n)d month", "%(n)d months", rule.months) % {"n": rule.months}
    return _("%(months)s %(since)s") % {"months": months, "since": since}


def data_classes(language: str) -> tuple[DataClass, ...]:
    """Return the dictionary in a language, class by class."""
    every = list(entries())
    with translation.override(language):
        return tuple(
            _class(rule, [one for one in every if one.rule.id == rule.id], language)
            for rule in catalog.current().retention.rules
        )


def _class(rule: RetentionRule, found: list[Entry], language: str) -> DataClass:
    tables = dict.fromkeys((one.store, one.table) for one in found)
    return DataClass(
        id=rule.id,
        title=rule.title.in_language(language),
        description=rule.description.in_language(language),
        purpose=rule.purpose.in_language(language),
        law=rule.law.in_language(language),
        subjects=rule.subjects.in_language(language),
        kept=how_long(rule),
        basis=rule.basis.in_language(language),
        tables=tuple(
            _table(store, table, [one for one in found if one.table == table], language)
            for store, table in tables
        ),
    )


def _table(store: str, table: str, found: Iterable[Entry], language: str) -> TableRows:
    by_secrecy: dict[str, list[str]] = {}
    for one in found:
        by_secrecy.setdefault(one.secrecy, []).append(one.field)
    titles = {one.id: one.title for one in catalog.current().facts_columns.tables}
    return TableRows(
        table=table,
        title=titles[table].in_language(language) if store == "facts" else "",
        store=called(STORES, store),
        fields=tuple(
            (called(SECRECY, secrecy), ", ".join(by_secrecy[secrecy]))
            for secrecy in Secrecy
            if secrecy in by_secrecy
        ),
    )


INTRODUCTION = (
    "Made by `koulutie dictionary --write` from the models, `koulutie/definitions/"
    "retention.yaml` and `facts_columns.yaml`; never edited by hand."
)


def markdown() -> str:
    """Return the dictionary in English, for docs/generated/data-dictionary.md."""
    lines = ["# Data dictionary: what is kept, for what, on what ground, how long", ""]
    lines.append(INTRODUCTION)
    for one in data_classes("en"):
        lines += ["", f"## {one.title} (`{one.id}`)", "", one.description, ""]
        lines += [
            f"- Purpose: {one.purpose}",
            f"- Legal basis: {one.law}",
            f"- Whose data: {one.subjects}",
            f"- Kept: {one.kept}. {one.basis}",
            "",
            "| table | store | secrecy | fields |",
            "|---|---|---|---|",
        ]
        for table in one.tables:
            lines += [
                f"| `{table.table}` | {table.store} | {secrecy} | {names} |"
                for secrecy, names in table.fields
            ]
    return "\n".join(lines) + "\n"
