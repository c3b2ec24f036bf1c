"""How a person is known at the door: outside identities, pupils' accounts, open sessions."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from koulutie.registry.models import Guardian, Person, Pupil, ScopedManager
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


class GuardianLink(models.Model):
    """A link for one guardian, about one pupil, for one purpose: opens once, until a day.

    Only a hash of it is kept, so nobody who reads the table can open it.
    """

    class About(models.TextChoices):
        TALK = "talk"  # what the school and the guardian talk about
        SURVEY = "survey"  # answering a survey

    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    about = models.CharField(max_length=10, choices=About.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # exclusive
    spent_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager("pupil")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="link_in_order"
            )
        ]

    class Privacy:
        fields: Classified = {
            "guardian": ("personal", "pupil"),
            "pupil": ("personal", "pupil"),
            "about": ("personal", "pupil"),
            "token_hash": ("secret", "pupil"),
            "made_by": ("personal", "pupil"),
            "made_at": ("internal", "pupil"),
            "expires_at": ("internal", "pupil"),
            "spent_at": ("internal", "pupil"),
            "revoked_at": ("internal", "pupil"),
        }

    def __str__(self) -> str:
        return f"guardian_link:{self.pk}"
