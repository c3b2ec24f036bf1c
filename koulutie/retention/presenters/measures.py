"""What protects the data, and which risks it answers: texts of the generated documents."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Texts = tuple[tuple[Promise, Promise], ...]

MEASURES: Texts = (
    (
        _("Access"),
        _(
            "Everything is refused that no role, purpose and scope allows; each role ends on "
            "a day; a pupil outside one’s scope is opened only with a reason, for three hours."
        ),
    ),
    (
        _("Log"),
        _(
            "Every opening of a pupil’s data is written before the answer leaves, and sealed "
            "so that a change shows."
        ),
    ),
    (
        _("Pseudonyms"),
        _("The facts store knows pupils as numbers; names are in the registry only."),
    ),
    (
        _("Retention"),
        _("Every night erases what has been kept long enough, and reports what went."),
    ),
    (
        _("Files from outside"),
        _(
            "They are read by a process of their own without keys or the right to write, "
            "within limits of size and time."
        ),
    ),
    (
        _("Availability"),
        _(
            "A killed process leaves the old state or the new one; backups are made and "
            "restored as the operator’s guide says."
        ),
    ),
)

RISKS: Texts = (
    (
        _("somebody sees a pupil whom they do not work with"),
        _(
            "Roles over classes and named pupils, refusal by default, the sealed access log, "
            "the principal’s weekly list of openings."
        ),
    ),
    (
        _("a health reason becomes known to those who do not need it"),
        _(
            "The health class is shown by need only, coaches never see it, and it leaves in "
            "no export by default."
        ),
    ),
    (
        _("a pupil is labelled by a wrong or incomplete mark"),
        _(
            "Coverage stands beside every figure, every step opens to its rows, corrections "
            "withdraw a step, and a minimum of lessons is needed before any label."
        ),
    ),
    (
        _("data are kept for too long or used for something else"),
        _(
            "A retention time for every field, a purpose in every role, and erasing that is "
            "on from the start."
        ),
    ),
    (
        _("a pupil under protected identity is found"),
        _(
            "Such a pupil is in no list, search, export or log of anybody whose role does not "
            "name them."
        ),
    ),
    (
        _("data leak from a backup, a file or a stolen device"),
        _(
            "Pages are kept in no cache, given files hold no names in their own name, keys lie "
            "outside the database; encrypting disks and backups is the operator’s task."
        ),
    ),
)
