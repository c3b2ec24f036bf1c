"""Log lines without personal data, as JSON or as plain lines.

What a line may say is listed, not what it may not: the text that a programmer wrote, whole
numbers, and the keys below. A value that is put into the text is left out unless it is a
number, because it may be a name, a file or a search; of a failure stay its kind and the
places in the code, never its message or the values there (OWASP ASVS 5.0 V16.2.5).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType

from koulutie.core.errors import DomainError

# What `extra={...}` may add to a line: ids and closed words of ours.
KEYS = ("request_id", "route", "status_code", "batch", "directive", "count", "seconds")
LEFT_OUT = "…"
_FORMAT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?([a-zA-Z%])")
_QUERY = re.compile(r"\?[^\s\"'<>]+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_HETU = re.compile(r"\b\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]\b", re.IGNORECASE)

Failure = tuple[type[BaseException], BaseException, TracebackType | None]


class SafeFormatter(logging.Formatter):
    """Writes one line; `as_json` decides how."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
        }
        line |= known_extras(record)
        if record.exc_info and record.exc_info[0] is not None:
            line["failure"] = failure_of(record.exc_info)
        if self.as_json:
            return json.dumps(line, ensure_ascii=False)
        return " ".join(
            str(value)
            if name in {"time", "level", "logger", "message"}
            else f"{name}={value}"
            for name, value in line.items()
        )


def message_of(record: logging.LogRecord) -> str:
    """Return what the programmer wrote, with numbers filled in and all else left out."""
    written = record.msg.message if isinstance(record.msg, DomainError) else record.msg
    return masked(
        filled(written, record.args) if isinstance(written, str) else LEFT_OUT
    )


def filled(text: str, args: object) -> str:
    """Put values into a text of the %-kind, those that may be told."""
    if not args:
        return text
    values = iter(args if isinstance(args, tuple) else ())
    named = args if isinstance(args, dict) else {}

    def put(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        return told(named.get(match[1]) if match[1] else next(values, None))

    return _FORMAT.sub(put, text)


def told(value: object) -> str:
    """Return a value as a line may tell it."""
    if isinstance(value, DomainError):
        return value.message
    return str(value) if isinstance(value, int | float) else LEFT_OUT


def masked(text: str) -> str:
    """Take queries, mail addresses and identity codes out of a text; make it one line."""
    text = _QUERY.sub("?" + LEFT_OUT, " ".join(text.split()))
    return _HETU.sub(LEFT_OUT, _MAIL.sub(LEFT_OUT, text))


def known_extras(record: logging.LogRecord) -> dict[str, object]:
    """Return the listed keys that the record carries, and what its request is called."""
    found = {key: getattr(record, key) for key in KEYS if hasattr(record, key)}
    request = getattr(record, "request", None)
    if request_id := getattr(request, "id", None):
        found["request_id"] = request_id
    if match := getattr(request, "resolver_match", None):
        found["route"] = match.view_name
    return {
        key: value if isinstance(value, int | float) else masked(str(value))
        for key, value in found.items()
    }


def failure_of(info: Failure) -> list[str]:
    """Return the kinds and places of a failure and of what led to it, without messages."""
    lines: list[str] = []
    error: BaseException | None = info[1]
    while error is not None and len(lines) < 200:
        kind = type(error)
        lines.append(f"{kind.__module__}.{kind.__qualname__}")
        frames = traceback.extract_tb(error.__traceback__)
        lines += [f"  {one.filename}:{one.lineno} {one.name}" for one in frames]
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return lines


def logging_settings(*, level: str, as_json: bool) -> dict[str, object]:
    """Return the settings of `logging`: one handler, one formatter, no mail."""
    ours = {"handlers": [], "propagate": True}
    off = {"handlers": [], "propagate": False}  # the access log is the registry's
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "safe": {"()": "koulutie.config.logs.SafeFormatter", "as_json": as_json}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "safe"}},
        # Django and gunicorn bring handlers of their own, which would quote what they met.
        "loggers": {
            "django": ours,
            "django.server": ours,
            "gunicorn.error": ours,
            "gunicorn.access": off,
        },
        "root": {"handlers": ["stderr"], "level": level},
    }


def catch_uncaught() -> None:
    """Log what nobody caught, where Python would print its message with the values in it."""

    def tell(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        logging.getLogger(__name__).critical(
            "nobody caught a failure", exc_info=(kind, error, trace)
        )

    def tell_of_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            tell(found.exc_type, found.exc_value, found.exc_traceback)

    sys.excepthook = tell
    threading.excepthook = tell_of_thread
