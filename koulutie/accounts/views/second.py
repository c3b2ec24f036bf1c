"""The second step at the door, and choosing one's own second steps."""

from __future__ import annotations

from datetime import timedelta

import segno
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from koulutie.accounts.actions import factors as steps
from koulutie.accounts.actions import passkeys
from koulutie.accounts.forms import CodeForm, PasswordForm
from koulutie.accounts.models import Factor
from koulutie.accounts.views.door import HALF, PROVED, address_of, let_in, our_own
from koulutie.core.errors import DomainError
from koulutie.registry.access import public
from koulutie.registry.actions import count_try, forget_tries
from koulutie.registry.models import Person
from koulutie.ui.http import Request
from koulutie.ui.views import signed_in

OWN = "shows and changes only what belongs to whoever asks; others are led to the door"
NEW_KEY, CHALLENGE = "new_app_key", "passkey"  # in the session, until used
HALF_LASTS = timedelta(minutes=10)
PROOF_LASTS = timedelta(minutes=10)


def half_in(request: Request) -> Person | None:
    """Return who gave the password a moment ago and owes the second step."""
    half = request.session.get(HALF)
    if not half or request.now.timestamp() - half["at"] > HALF_LASTS.total_seconds():
        return None
    return Person.objects.filter(pk=half["person"], is_active=True).first()


def has_step(person: Person) -> bool:
    """Say whether a person has a second step beyond codes on paper."""
    return any(one.kind != Factor.Kind.RECOVERY for one in steps.factors_of(person))


def site(request: Request) -> passkeys.Site:
    """Return the site as the browser sees it."""
    host = request.get_host()
    return passkeys.Site(
        host=host.rsplit(":", 1)[0], origin=f"{request.scheme}://{host}"
    )


@public("somebody who gave the right password a moment ago; others are led to the door")
@require_http_methods(["GET", "POST"])
def second(request: Request) -> HttpResponse:
    """Ask for the second step, and let in who takes it."""
    person = half_in(request)
    if person is None:
        return redirect("accounts:sign_in")
    if not has_step(person):
        return redirect("accounts:add_code")
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and takes_step(request, person, form):
        return let_in(request, person, request.session[HALF]["next"])
    challenge = passkeys.to_prove(person=person, site=site(request))
    if challenge:
        request.session[CHALLENGE] = challenge.state
    context = {"form": form, "challenge": challenge}
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/second.html", context, status=status)


def takes_step(request: Request, person: Person, form: CodeForm) -> bool:
    """Say whether the code or the passkey is right; tries are counted like passwords."""
    answer = request.POST.get("passkey", "")
    form.is_valid()
    try:
        attempt = count_try(
            name=f"second step of person:{person.pk}",
            address=address_of(request),
            now=request.now,
        )
    except DomainError as refusal:
        form.add_error(None, _(refusal.message)) if form.is_bound else None
        return False
    if answer:
        is_right = passkeys.proves(
            person=person,
            site=site(request),
            state=request.session.pop(CHALLENGE, None) or {},
            answer=answer,
            now=request.now,
        )
    else:
        code = form.cleaned_data.get("code", "") if form.is_bound else ""
        is_right = bool(code) and steps.opens(person=person, code=code, now=request.now)
        if code and not is_right:
            text = _(
                "The code is not right, or it was used already. Wait for the next."
            )
            form.add_error("code", text)
    if is_right:
        forget_tries(attempt)
    return is_right


def lately_proved(request: Request) -> Person | None:
    """Return who signed in or gave the password once more in the last ten minutes."""
    person = signed_in(request)
    since = request.now.timestamp() - request.session.get(PROVED, 0)
    return person if since < PROOF_LASTS.total_seconds() else None


def to_prove(request: Request) -> HttpResponse:
    """Lead to the page that asks for the password once more, and back to the steps."""
    return redirect("accounts:prove" if signed_in(request) else "accounts:sign_in")


@public(OWN)
@require_http_methods(["GET", "POST"])
def prove(request: Request) -> HttpResponse:
    """Ask for the password once more."""
    person = signed_in(request)
    if person is None or not person.has_usable_password():
        return redirect("accounts:account" if person else "accounts:sign_in")
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            attempt = count_try(
                name=person.username, address=address_of(request), now=request.now
            )
        except DomainError as refusal:
            form.add_error(None, _(refusal.message))
        else:
            if person.check_password(form.cleaned_data["password"]):
                forget_tries(attempt)
                request.session[PROVED] = int(request.now.timestamp())
                target = our_own(request, reverse("accounts:factors"))
                return HttpResponseRedirect(target)
            form.add_error("password", _("The password is not right. Try again."))
    status = 422 if form.is_bound else 200
    return render(request, "accounts/prove.html", {"form": form}, status=status)


@public(OWN)
@require_GET
def factors(request: Request) -> HttpResponse:
    """Show a person's second steps, and what can be added."""
    person = lately_proved(request)
    if person is None:
        return to_prove(request)
    challenge = passkeys.to_register(person=person, site=site(request))
    request.session[CHALLENGE] = challenge.state
    kept = steps.factors_of(person)
    context = {
        "factors": [one for one in kept if one.kind != Factor.Kind.RECOVERY],
        "papers": sum(one.kind == Factor.Kind.RECOVERY for one in kept),
        "challenge": challenge,
    }
    return render(request, "accounts/factors.html", context)


@public(OWN)
@require_http_methods(["GET", "POST"])
def add_code(request: Request) -> HttpResponse:
    """Set an authenticator app up: at the door for who must have one, else from the account."""
    newcomer = half_in(request) if signed_in(request) is None else None
    if newcomer is not None and has_step(newcomer):
        return redirect("accounts:second")
    person = newcomer or lately_proved(request)
    if person is None:
        return to_prove(request)
    key = request.session.setdefault(NEW_KEY, steps.new_key())
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        code = form.cleaned_data["code"]
        if steps.add_app(person=person, key=key, code=code, now=request.now):
            del request.session[NEW_KEY]
            if newcomer is not None:
                let_in(request, person, "")
            return show_recovery(request, person)
        form.add_error("code", _("The code is not right. Wait for the next one."))
    context = {
        "form": form,
        "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "picture": segno.make(steps.app_address(key, person)).svg_data_uri(scale=5),
        "is_newcomer": newcomer is not None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "accounts/add_code.html", context, status=status)


@public(OWN)
@require_POST
def add_passkey(request: Request) -> HttpResponse:
    """Keep a passkey that the browser made."""
    person = lately_proved(request)
    if person is None:
        return to_prove(request)
    is_first = not has_step(person)
    if not passkeys.register(
        person=person,
        site=site(request),
        state=request.session.pop(CHALLENGE, None) or {},
        answer=request.POST.get("passkey", ""),
        now=request.now,
    ):
        messages.error(request, _("The passkey could not be added. Try again."))
        return redirect("accounts:factors")
    return show_recovery(request, person) if is_first else redirect("accounts:factors")


@public(OWN)
@require_POST
def recovery(request: Request) -> HttpResponse:
    """Give new codes for the paper."""
    person = lately_proved(request)
    if person is None or not has_step(person):
        return to_prove(request)
    return show_recovery(request, person)


def show_recovery(request: Request, person: Person) -> HttpResponse:
    """Show new recovery codes, this once."""
    codes = steps.new_recovery_codes(person=person, now=request.now)
    shown = [" ".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]
    return render(request, "accounts/recovery.html", {"codes": shown})


@public(OWN)
@require_POST
def remove(request: Request) -> HttpResponse:
    """Take one of one's own second steps away."""
    person = lately_proved(request)
    if person is None:
        return to_prove(request)
    which = request.POST.get("factor", "")
    if which.isdecimal() and len(which) < len(str(2**63)):
        steps.remove(person=person, pk=int(which), now=request.now)
    return redirect("accounts:factors")
