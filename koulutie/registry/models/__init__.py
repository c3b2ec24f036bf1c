"""Schools, years, classes, pupils, guardians, staff, grants; the access log; facts versions.

Every model classifies each of its fields in `class Privacy`: (class, retention). Classes:
none, internal, personal, sensitive (GDPR art. 9 or protected identity), secret.
Retention names a rule of `definitions/retention.yaml`.
"""

from koulutie.registry.models.doors import ScopedManager
from koulutie.registry.models.log import (
    AccessEvent,
    LogExpiry,
    LogSeal,
    LogSealRange,
    OpenedPupil,
)
from koulutie.registry.models.people import (
    Enrolment,
    Guardian,
    PartialTimetable,
    Person,
    Pupil,
    PupilKey,
)
from koulutie.registry.models.places import (
    CalendarDay,
    Classified,
    Language,
    LessonTotal,
    Municipality,
    School,
    SchoolClass,
    SchoolYear,
)
from koulutie.registry.models.trust import (
    FactsVersion,
    Grant,
    Notice,
    SignInAttempt,
)

__all__ = [
    "AccessEvent",
    "CalendarDay",
    "Classified",
    "Enrolment",
    "FactsVersion",
    "Grant",
    "Guardian",
    "Language",
    "LessonTotal",
    "LogExpiry",
    "LogSeal",
    "LogSealRange",
    "Municipality",
    "Notice",
    "OpenedPupil",
    "PartialTimetable",
    "Person",
    "Pupil",
    "PupilKey",
    "School",
    "SchoolClass",
    "SchoolYear",
    "ScopedManager",
    "SignInAttempt",
]
