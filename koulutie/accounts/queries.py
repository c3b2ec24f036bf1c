"""Whom the pages of accounts may name."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from koulutie.core.scope import Scope
from koulutie.registry.models import Municipality, Person


def staff(scope: Scope) -> QuerySet[Person]:
    """Return the open accounts of staff in the scope's schools, and of who has no grant yet."""
    municipalities = Municipality.objects.filter(school__in=scope.school_ids)
    within = (
        Q(grants=None)
        | Q(grants__municipality__in=municipalities)
        | Q(grants__school__in=scope.school_ids)
        | Q(grants__school_class__school__in=scope.school_ids)
    )
    return Person.objects.filter(within, is_active=True, pupil_account=None).distinct()
