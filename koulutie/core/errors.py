"""The exceptions of Koulutie.

    KoulutieError
    ├── DomainError          a person can act on it; its sentence is shown
    │   ├── DefinitionError  a YAML definition says something we do not understand
    │   ├── SourceError      a file cannot be read as what it claims to be
    │   ├── IntakeError      a batch cannot go on as asked
    │   ├── AccessDenied     inside the asker's scope, but not allowed
    │   └── StaleVersion     the facts version named is no longer kept
    └── Fault                ours; never caught, never shown

A sentence says what, where and what to do. It is written once, in English, with named
placeholders, and is the gettext message id of its Finnish and Swedish forms.
"""

from __future__ import annotations

from collections.abc import Mapping


def gettext_noop(message: str) -> str:
    """Return the message unchanged; marks it for xgettext without importing Django."""
    return message


class KoulutieError(Exception):
    """Anything that Koulutie itself raises."""


class Fault(KoulutieError):
    """A broken invariant of ours."""


class DomainError(KoulutieError):
    """A refusal that a person can act on.

    Parameters
    ----------
    message
        A sentence marked with `gettext_noop`, with placeholders such as ``%(file)s``.
    **params
        What the placeholders stand for.
    """

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params: Mapping[str, object] = params
        super().__init__(message % params if params else message)


class DefinitionError(DomainError):
    """A definition file is wrong; names file, line, key and what was expected."""


class SourceError(DomainError):
    """A source file as a whole cannot be read."""


class IntakeError(DomainError):
    """A batch cannot be taken further in the way that was asked."""


class AccessDenied(DomainError):
    """The thing is in the asker's scope, but this action on it is not allowed."""


class StaleVersion(DomainError):
    """The facts version asked for was cleared away."""
