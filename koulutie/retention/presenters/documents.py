"""The record of processing (GDPR article 30) and a template of the impact assessment (35).

Both are made from the data dictionary, the roles' table and the settings that name the
controller; what only the municipality can know is left as a line to fill in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from koulutie import catalog
from koulutie.core.definitions.facts_columns import Secrecy
from koulutie.retention.presenters.dictionary import SECRECY, DataClass, data_classes
from koulutie.retention.presenters.measures import MEASURES, RISKS
from koulutie.retention.queries.dictionary import Entry, entries

BLANK = gettext_lazy("To be filled in by the municipality")
LANGUAGES = ("fi", "sv", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, paragraphs, then terms with their texts."""

    title: str
    paragraphs: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page to print, the same as HTML and as Markdown."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def record_of_processing(controller: Mapping[str, str], language: str) -> Document:
    """Return the record of article 30(1), (a) to (g), in a language."""
    with translation.override(language):
        classes = [one for one in data_classes(language) if one.is_personal]
        return Document(
            title=_("Record of processing activities"),
            lead=_(
                "GDPR, article 30(1). Made from the data dictionary of Koulutie, so that it "
                "says what the system does."
            ),
            sections=(
                _controller(controller),
                *(_activity(one) for one in classes),
                _recipients(language),
                _measures(),
            ),
        )


def impact_assessment(controller: Mapping[str, str], language: str) -> Document:
    """Return the template of article 35(7), (a) to (d), in a language."""
    with translation.override(language):
        classes = [one for one in data_classes(language) if one.is_personal]
        return Document(
            title=_("Data-protection impact assessment (template)"),
            lead=_(
                "GDPR, article 35(7). What the system does stands here already; the "
                "municipality adds its own judgement and asks its data-protection officer."
            ),
            sections=(
                _controller(controller),
                _why_assessed(),
                _described(classes),
                _needed(),
                *_risks(),
                _measures(),
                _conclusion(),
            ),
        )


# --- sections ---------------------------------------------------------------------------


def _controller(controller: Mapping[str, str]) -> Section:
    return Section(
        title=_("Controller"),
        terms=(
            (_("Education provider"), controller.get("name") or str(BLANK)),
            (_("Contact"), controller.get("contact") or str(BLANK)),
            (_("Data-protection officer"), controller.get("officer") or str(BLANK)),
            (_("Processors and their contracts (article 28)"), str(BLANK)),
        ),
    )


def _activity(one: DataClass) -> Section:
    return Section(
        title=one.title,
        paragraphs=(one.description,),
        terms=(
            (_("Purpose"), one.purpose),
            (_("Legal basis"), one.law),
            (_("Whose data"), one.subjects),
            (_("Categories of data"), _categories(one)),
            (_("Kept"), f"{one.kept}. {one.basis}"),
        ),
    )


def _categories(one: DataClass) -> str:
    """Say how many fields of each secrecy the class has."""
    found = [entry for entry in entries() if entry.rule.id == one.id]
    counted = _by_secrecy(found)
    return ", ".join(
        _("%(secrecy)s (%(n)d)") % {"secrecy": SECRECY[secrecy], "n": n}
        for secrecy, n in counted.items()
    )


def _by_secrecy(found: list[Entry]) -> dict[Secrecy, int]:
    counts = {one: sum(entry.secrecy == one for entry in found) for one in Secrecy}
    return {one: n for one, n in counts.items() if n and one is not Secrecy.NONE}


def _recipients(language: str) -> Section:
    roles = catalog.current().roles.roles
    return Section(
        title=_("Recipients and transfers"),
        paragraphs=(
            _("Inside the municipality data are shown by role, purpose and scope:"),
        ),
        terms=(
            *(
                (one.title.in_language(language), one.description.in_language(language))
                for one in roles
            ),
            (
                _("Outside the municipality"),
                _(
                    "Nobody by the system itself. A pupil’s own data and a pupil’s log are "
                    "given out as files by a person, with a reason that is kept."
                ),
            ),
            (
                _("Transfers to third countries"),
                _("None by the system. Where it is hosted: %(blank)s.")
                % {"blank": BLANK},
            ),
        ),
    )


def _measures() -> Section:
    return Section(
        title=_("Security measures (article 32)"),
        terms=tuple((str(name), str(text)) for name, text in MEASURES),
    )


def _why_assessed() -> Section:
    return Section(
        title=_("Why an assessment is needed"),
        paragraphs=(
            _(
                "The data are about children, some of them are health data, and pupils are "
                "followed systematically: at least three of the criteria of the European "
                "guidelines (WP 248) are met."
            ),
            _(
                "There is no profiling in the sense of article 22: rules are declared and "
                "readable, a rule only opens a task, and a person decides."
            ),
        ),
    )


def _described(classes: list[DataClass]) -> Section:
    return Section(
        title=_("The processing, described"),
        paragraphs=(
            _(
                "Lesson marks come in as files from the school’s own register. Figures are "
                "computed every night, a step of the municipality’s ladder opens a task for "
                "a named adult, and the adult writes what was agreed."
            ),
        ),
        terms=tuple((one.title, f"{one.purpose} {one.law}") for one in classes),
    )


def _needed() -> Section:
    return Section(
        title=_("Necessity and proportionality"),
        terms=(
            (
                _("Fewer data would do?"),
                _(
                    "Exact illnesses, grades and free texts of imported marks are not taken "
                    "in. Names are in one table; figures know numbers only."
                ),
            ),
            (
                _("How are pupils and guardians told?"),
                str(BLANK),
            ),
            (
                _("How are their rights met?"),
                _(
                    "All data of one pupil can be given out as a file in the pupil’s "
                    "language; mistakes are corrected at their source and come in again; "
                    "a pupil can be erased by two persons together."
                ),
            ),
            (_("Whom did you ask for their view (article 35(9))?"), str(BLANK)),
        ),
    )


def _risks() -> tuple[Section, ...]:
    return tuple(
        Section(
            title=_("Risk: %(risk)s") % {"risk": risk},
            terms=(
                (_("What the system does about it"), str(answer)),
                (_("Likelihood and severity, as you judge them"), str(BLANK)),
                (_("What else you do"), str(BLANK)),
            ),
        )
        for risk, answer in RISKS
    )


def _conclusion() -> Section:
    return Section(
        title=_("Conclusion"),
        terms=(
            (_("Advice of the data-protection officer"), str(BLANK)),
            (_("Remaining risk, and whether the authority is consulted"), str(BLANK)),
            (_("Decided by, on, to be looked at again on"), str(BLANK)),
        ),
    )


# --- Markdown ---------------------------------------------------------------------------


MADE = (
    "Made by `koulutie dictionary --write`; never edited by hand. The controller's contact "
    "facts come from the settings of a deployment."
)


def markdown(document: Document) -> str:
    """Return the document as Markdown."""
    lines = [f"# {document.title}", "", document.lead, "", f"*{MADE}*"]
    for section in document.sections:
        lines += ["", f"## {section.title}"]
        for paragraph in section.paragraphs:
            lines += ["", paragraph]
        if section.terms:
            lines.append("")
        lines += [f"- **{term}**: {text}" for term, text in section.terms]
    return "\n".join(lines) + "\n"


def generated() -> dict[str, str]:
    """Return every generated document by its file's name, without a municipality's facts."""
    made: dict[str, str] = {}
    for language in LANGUAGES:
        record = record_of_processing({}, language)
        assessment = impact_assessment({}, language)
        with translation.override(language):
            made[f"record-of-processing.{language}.md"] = markdown(record)
            made[f"dpia.{language}.md"] = markdown(assessment)
    return made
