"""Mapping profiles: how one municipality's delimited or workbook export is to be read."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from koulutie.core.definitions.base import Definition, LocalText, Part, Unexpected
from koulutie.core.errors import gettext_noop
from koulutie.core.tables import RAW_MARK, RAW_OFFERED, RAW_ROSTER


class FileFormat(StrEnum):
    """How the file is made."""

    DELIMITED = "delimited"
    WORKBOOK = "workbook"  # xlsx, xls, ods


class Rows(StrEnum):
    """What one row of the file is."""

    MARKS = "marks"
    OFFERED = "offered"
    ROSTER = "roster"


class Encoding(StrEnum):
    """How the bytes are letters."""

    AUTO = "auto"  # a byte order mark, else UTF-8 if the bytes are, else Windows-1252
    UTF_8 = "utf-8"
    WINDOWS_1252 = "windows-1252"
    CP850 = "cp850"  # "MS-DOS" in Primus
    UTF_16 = "utf-16"


class Separator(StrEnum):
    """What stands between values."""

    AUTO = "auto"
    SEMICOLON = ";"
    COMMA = ","
    TAB = "tab"
    BAR = "|"


class DecimalMark(StrEnum):
    """What stands before decimals."""

    POINT = "."
    COMMA = ","


FIELDS: dict[Rows, tuple[str, ...]] = {
    Rows.MARKS: tuple(name for name in RAW_MARK.names if name != "line"),
    Rows.OFFERED: tuple(name for name in RAW_OFFERED.names if name != "line"),
    Rows.ROSTER: tuple(name for name in RAW_ROSTER.names if name != "line"),
}
# Any one of the fields inside a tuple is enough.
NEEDED: dict[Rows, tuple[tuple[str, ...], ...]] = {
    Rows.MARKS: (("pupil_key",), ("date",), ("type_name",)),
    Rows.OFFERED: (("pupil_key", "class_code", "group_code"), ("date",)),
    Rows.ROSTER: (("pupil_key",), ("last_name",)),
}


class YesNo(Part):
    """A short list of the words that mean yes, and those that mean no."""

    yes: tuple[str, ...] = Field(min_length=1)
    """Words for yes."""
    no: tuple[str, ...] = Field(min_length=1)
    """Words for no."""


class MappingProfile(Definition):
    """How to read a file whose columns a municipality chose itself."""

    title: LocalText
    """Its name on screens."""
    description: LocalText
    """Which export it fits."""
    format: FileFormat
    """How the file is made."""
    rows: Rows
    """What one row is."""
    source_db: str
    """The name of the source database; pupils' keys are unique only inside one."""
    columns: dict[str, str]
    """From a column's name in the file to our field. A column that the file lacks stays empty,
    unless rows cannot be read without it. In version_at both date and time may stand."""
    header: tuple[str, ...] = ()
    """The columns' names in order, where the file has no header row of its own."""
    constants: dict[str, str] = {}
    """Fields that are the same on every row, such as school_number."""
    ignored: tuple[str, ...] = ()
    """Columns left out on purpose, such as free text."""
    sheet: str | None = None
    """The sheet of a workbook; left out: the first."""
    encoding: Encoding = Encoding.AUTO
    """How the bytes are letters."""
    separator: Separator = Separator.AUTO
    """What stands between values."""
    date_formats: tuple[str, ...] = ("%Y-%m-%d", "%d.%m.%Y")
    """Forms of dates, in the notation of strptime, tried in order."""
    time_formats: tuple[str, ...] = ("%H:%M", "%H.%M", "%H:%M:%S")
    """Forms of times of day, tried in order."""
    decimal_mark: DecimalMark = DecimalMark.POINT
    """A point or a comma."""
    booleans: YesNo = YesNo(
        yes=("1", "true", "yes", "k", "kyllä", "ja", "x"),
        no=("0", "false", "no", "e", "ei", "nej"),
    )
    """Words for yes and no."""

    @property
    def has_header(self) -> bool:
        """Whether the first row of the file names the columns."""
        return not self.header

    @model_validator(mode="after")
    def _fits_the_table(self) -> Self:
        self._check_fields()
        self._check_needed()
        self._check_header()
        return self

    def _check_fields(self) -> None:
        given = [*self.columns.values(), *self.constants]
        strange = sorted(set(given) - set(FIELDS[self.rows]))
        if strange:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: no such field for %(rows)s: "
                    "%(names)s. Expected some of: %(fields)s."
                ),
                rows=self.rows.value,
                names=", ".join(strange),
                fields=", ".join(FIELDS[self.rows]),
            )
        twice = sorted({name for name in given if given.count(name) > 1})
        if twice:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: filled from more than one place: "
                    "%(names)s. Expected one column or one constant for each field."
                ),
                names=", ".join(twice),
            )

    def _check_needed(self) -> None:
        given = {*self.columns.values(), *self.constants}
        missing = [names for names in NEEDED[self.rows] if not given & set(names)]
        if missing:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: %(rows)s cannot be read without: "
                    "%(names)s. Expected a column or a constant for each."
                ),
                rows=self.rows.value,
                names="; ".join(" or ".join(names) for names in missing),
            )

    def _check_header(self) -> None:
        strange = sorted({*self.columns, *self.ignored} - set(self.header))
        if self.header and strange:
            raise Unexpected(
                gettext_noop(
                    "%(file)s, line %(line)d, %(key)s: these columns are not in header: "
                    "%(names)s. Expected the names given in header."
                ),
                names=", ".join(strange),
            )
