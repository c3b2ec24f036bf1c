"""From bytes to the tree of an attendance page; each other page gets its own sentence."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from lxml import etree, html

from koulutie.core.errors import SourceError, gettext_noop

MOST_BYTES = 20 * 1024 * 1024  # a school year of one pupil is under half a megabyte

NOT_ATTENDANCE = gettext_noop(
    "%(file)s is a page of Wilma, but not the attendance page. Open the lesson marks of the "
    "pupil (Tuntimerkinnät), choose the time span and save that page."
)
NOT_WILMA = gettext_noop(
    "%(file)s is a web page, but not one of Wilma. Open the pupil's lesson marks in Wilma and "
    "save that page."
)
SIGN_IN = gettext_noop(
    "%(file)s is Wilma's sign-in page: the session had ended. Sign in, open the pupil's lesson "
    "marks and save the page again."
)
WEB_ARCHIVE = gettext_noop(
    "%(file)s is a web archive of one file (MHTML). Save the page in the browser as “web page, "
    "HTML only” and retry."
)
CUT = gettext_noop(
    "%(file)s ends in the middle of the page: it was cut on the way. Save the page again."
)
TOO_LARGE = gettext_noop(
    "%(file)s is far larger than an attendance page. Save only the pupil's lesson marks."
)
NOT_UTF8 = gettext_noop(
    "%(file)s is not UTF-8 text as Wilma's pages are. Save the page in the browser as "
    "“web page, HTML only” and retry."
)
TOO_DEEP = gettext_noop(
    "The parts of %(file)s are nested deeper than in any page of Wilma. It was not read. Save "
    "the page in the browser again."
)

_SIGNS = ("attendance-single", "<!doctype html", "<html")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_page(head: bytes) -> bool:
    """Say whether the bytes begin a web page or an archive of one."""
    encoding = "utf-16" if head.startswith(_UTF16) else "utf-8-sig"
    text = head.decode(encoding, "replace").lstrip().casefold()
    is_html = text.startswith("<") and any(sign in text for sign in _SIGNS)
    return is_html or _is_archive(text)


def _is_archive(text: str) -> bool:
    head = text[:2000].casefold()
    is_mail = head.startswith(("from:", "mime-version:", "content-type:"))
    return is_mail and "multipart/related" in head


def open_page(source: BinaryIO, file: str) -> html.HtmlElement:
    """Return the parsed page.

    Raises
    ------
    SourceError
        When it is too large, not UTF-8, an archive, a sign-in page, not Wilma's, or cut.
    """
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise SourceError(TOO_LARGE, file=file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(NOT_UTF8, file=file) from error
    if _is_archive(text.lstrip()):
        raise SourceError(WEB_ARCHIVE, file=file)
    page = _parse(text, file)
    lower = text.casefold()
    if page.xpath("//input[@type='password']"):
        raise SourceError(SIGN_IN, file=file)
    if "wilma" not in lower and "attendance-single" not in lower:
        raise SourceError(NOT_WILMA, file=file)
    # The parser mends what is cut, so the end is looked for in the text itself. A page that
    # was cut before its table would else look like a page without marks.
    if "</html" not in lower[-4096:]:
        raise SourceError(CUT, file=file)
    return page


def _parse(text: str, file: str) -> html.HtmlElement:
    # Without huge_tree, libxml2 stops at 256 levels: what is nested deeper is an attack.
    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    try:
        page = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise SourceError(CUT, file=file) from error
    # It stops without an exception, and the rest of the page would be missing.
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise SourceError(TOO_DEEP, file=file)
    return page


def refuse_other_pages(page: html.HtmlElement, file: str) -> None:
    """Let a page without a table pass only where it is the attendance page all the same."""
    if not page.xpath("//form[contains(@action, '/attendance/view')]"):
        raise SourceError(NOT_ATTENDANCE, file=file)
