"""How a person is known at the door: outside identities, pupils' accounts, open sessions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from koulutie.registry.models import Person, Pupil
from koulutie.registry.models.places import Classified


class ExternalIdentity(models.Model):
    """Whom an identity provider calls by a subject.

    Without a person it waits: its owner tells the code to the main user, who ties it. Of
    the provider's claims nothing else is kept.
    """

    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="identities",
    )
    code = models.CharField(max_length=12, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once"),
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="identity_code_once"
            ),
            models.CheckConstraint(
                condition=Q(person=None) ^ Q(code=""), name="identity_waits_or_is_tied"
            ),
        ]

    class Privacy:
        fields: Classified = {
            "issuer": ("internal", "staff"),
            "subject": ("personal", "staff"),
            "person": ("personal", "staff"),
            "code": ("secret", "staff"),
            "seen_at": ("internal", "staff"),
        }

    def __str__(self) -> str:
        return f"identity:{self.pk}"


class PupilAccount(models.Model):
    """The account of a pupil, who signs in through the school's identity provider only."""

    person = models.OneToOneField(
        Person, on_delete=models.CASCADE, related_name="pupil_account"
    )
    pupil = models.OneToOneField(
        Pupil, on_delete=models.CASCADE, related_name="account"
    )

    class Privacy:
        fields: Classified = {
            "person": ("personal", "pupil"),
            "pupil": ("personal", "pupil"),
        }

    def __str__(self) -> str:
        return f"pupil_account:{self.pk}"


class Factor(models.Model):
    """What somebody proves themselves with beside the password."""

    class Kind(models.TextChoices):
        CODE = "code"  # an authenticator app's time-based code (RFC 6238)
        PASSKEY = "passkey"  # WebAuthn
        RECOVERY = "recovery"  # one of the codes on paper; each opens once

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # CODE: its key, encrypted. PASSKEY: the public key. RECOVERY: a keyed hash.
    material = models.TextField()
    counter = models.BigIntegerField(default=0)  # CODE: last step of time that opened
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(kind="code"), name="one_code_app"
            )
        ]

    class Privacy:
        fields: Classified = {
            "person": ("personal", "staff"),
            "kind": ("internal", "staff"),
            "material": ("secret", "staff"),
            "counter": ("internal", "staff"),
            "made_at": ("internal", "staff"),
        }

    def __str__(self) -> str:
        return f"factor:{self.pk}"


class OpenSession(models.Model):
    """A session that its owner can see and end. The session store says whether it lives."""

    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="open_sessions"
    )
    key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=60)  # "Firefox, Windows": no more is kept
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Privacy:
        fields: Classified = {
            "person": ("personal", "staff"),
            "key": ("secret", "staff"),
            "browser": ("personal", "staff"),
            "began_at": ("personal", "staff"),
            "seen_at": ("personal", "staff"),
        }

    def __str__(self) -> str:
        return f"open_session:{self.pk}"
