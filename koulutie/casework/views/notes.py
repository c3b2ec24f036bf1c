"""Notes about a pupil: choose a type, write, change, read, withdraw."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from koulutie import catalog
from koulutie.casework.actions import notes as actions
from koulutie.casework.forms import NoteForm, WithdrawForm
from koulutie.casework.models import Note, NoteDraft
from koulutie.casework.presenters import notes as shown
from koulutie.casework.queries import notes as queries
from koulutie.core.definitions.note_types import NoteType, Restriction
from koulutie.core.definitions.roles import Action, FieldGroup
from koulutie.core.scope import Purpose
from koulutie.registry import access, audit
from koulutie.registry.access import OutsideScope, policy
from koulutie.registry.models import Pupil
from koulutie.ui.http import Request

FOR = (Purpose.ATTENDANCE, Purpose.SUPPORT)


@require_http_methods(["GET", "POST"])
@policy(Action.WRITE_NOTE, *FOR, opens_pupils=True)
def new_note(request: Request, pk: int) -> HttpResponse:
    """Choose a type with its guidance, then write."""
    pupil = access.get_pupil(request.scope, pk)
    request.opened = audit.Opened(target=f"pupil:{pk}", pupil_ids=frozenset({pk}))
    draft = queries.draft_of(by=request.user, pupil_id=pk, note=None)
    note_type = chosen_type(request, draft)
    if note_type is None:
        types = catalog.current().note_types.types
        context = {"pupil": pupil, "types": types, "crumbs": crumbs(pupil)}
        return render(request, "casework/note_types.html", context)
    form = form_of(request, note_type, draft, text="")
    if request.method == "POST" and (answer := saved(request, pupil, None, form)):
        return answer
    return note_form(request, pupil, form, note_type=note_type, draft=draft)


def chosen_type(request: Request, draft: NoteDraft | None) -> NoteType | None:
    """Return the type that the address or the draft names; a wrong one asks again."""
    asked = request.GET.get("kind") or (draft.kind if draft else "")
    return shown.type_of(asked)


def form_of(
    request: Request,
    note_type: NoteType,
    draft: NoteDraft | None,
    *,
    text: str,
    is_new: bool = True,
) -> NoteForm:
    """Return the form, filled with what was being written, else with the given text."""
    initial: dict[str, object] = {"text": text}
    if draft is not None:
        initial = {"text": draft.text, "is_restricted": draft.is_restricted}
    return NoteForm(bound(request), note_type=note_type, is_new=is_new, initial=initial)


def bound(request: Request) -> QueryDict | None:
    """Return what was sent; None for a form that is only shown."""
    return request.POST if request.method == "POST" else None


def saved(
    request: Request, pupil: Pupil, note: Note | None, form: NoteForm
) -> HttpResponse | None:
    """Do what the form asks; None when it is to be corrected."""
    back = redirect("casework:pupil", pk=pupil.pk)
    kind = note.kind if note else request.GET.get("kind", "")
    if "draft" in request.POST:
        keep(request, pupil.pk, note, kind)
        messages.success(request, _("Kept as a draft. Only you see it."))
        return back
    if not form.is_valid():
        return None
    save(request, pupil.pk, note, kind, form)
    messages.success(request, _("The note was saved."))
    return back


def save(
    request: Request, pupil_id: int, note: Note | None, kind: str, form: NoteForm
) -> None:
    """Save a new note, or a new form of one."""
    data = form.cleaned_data
    if note is None:
        restricted = data.get("is_restricted", False)
        actions.write_note(
            pupil_id=pupil_id,
            written=actions.Written(
                kind=kind, is_restricted=restricted, text=data["text"]
            ),
            scope=request.scope,
            by=request.user,
            now=request.now,
        )
        return
    actions.change_note(
        note_id=note.pk,
        text=data["text"],
        seen=whole_number(request.POST.get("revision", "")),
        scope=request.scope,
        by=request.user,
        now=request.now,
    )


def whole_number(text: str) -> int:
    """Return the number that a hidden field carries, 0 where somebody changed it."""
    return int(text) if text.isdecimal() else 0


def note_form(
    request: Request,
    pupil: Pupil,
    form: NoteForm,
    *,
    note_type: NoteType,
    draft: NoteDraft | None,
    note: Note | None = None,
) -> HttpResponse:
    """Show the form of a note with the guidance of its type."""
    is_restricted = note_type.restricted is Restriction.ALWAYS
    context = {
        "pupil": pupil,
        "form": form,
        "type": note_type,
        "draft": draft,
        "note": note,
        "restricted": note.is_restricted if note else is_restricted,
        "readers": shown.readers(is_restricted=False),
        "restricted_readers": shown.readers(is_restricted=True),
        "crumbs": crumbs(pupil),
    }
    status = 422 if form.errors else 200
    return render(request, "casework/note_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@policy(Action.WRITE_NOTE, *FOR, opens_pupils=True)
def change_note(request: Request, pk: int) -> HttpResponse:
    """Change one's own note; what it said before is kept."""
    note = own_note(request, pk)
    draft = queries.draft_of(by=request.user, pupil_id=note.pupil_id, note=note)
    note_type = shown.type_of(note.kind) or catalog.current().note_types.types[0]
    text = queries.text_of(note)
    form = form_of(request, note_type, draft, text=text, is_new=False)
    if request.method == "POST" and (answer := saved(request, note.pupil, note, form)):
        return answer
    return note_form(
        request, note.pupil, form, note_type=note_type, draft=draft, note=note
    )


@require_http_methods(["GET", "POST"])
@policy(Action.WRITE_NOTE, *FOR, opens_pupils=True)
def withdraw_note(request: Request, pk: int) -> HttpResponse:
    """Take back one's own note, with a reason."""
    note = own_note(request, pk)
    form = WithdrawForm(bound(request))
    if request.method == "POST" and form.is_valid():
        actions.withdraw_note(
            note_id=pk,
            reason=form.cleaned_data["reason"],
            scope=request.scope,
            by=request.user,
            now=request.now,
        )
        messages.success(request, _("The note was withdrawn."))
        return redirect("casework:pupil", pk=note.pupil_id)
    context = {"pupil": note.pupil, "form": form, "crumbs": crumbs(note.pupil)}
    status = 422 if form.errors else 200
    return render(request, "casework/note_withdraw.html", context, status=status)


@require_POST
@policy(Action.WRITE_NOTE, *FOR, opens_pupils=False)
def keep_draft(request: Request, pk: int) -> JsonResponse:
    """Keep what is being written. It shows nobody's data, so it leaves no opening."""
    access.get_pupil(request.scope, pk)
    number = request.POST.get("note", "")
    note = own_note(request, whole_number(number)) if number else None
    kind = note.kind if note else request.POST.get("kind", "")
    draft = keep(request, pk, note, kind)
    return JsonResponse({"kept": draft is not None})


def keep(
    request: Request, pupil_id: int, note: Note | None, kind: str
) -> NoteDraft | None:
    """Keep what the form holds as the person's draft."""
    return actions.keep_draft(
        pupil_id=pupil_id,
        note=note,
        written=actions.Written(
            kind=kind,
            is_restricted="is_restricted" in request.POST,
            text=request.POST.get("text", ""),
        ),
        scope=request.scope,
        by=request.user,
        now=request.now,
    )


@require_POST
@policy(Action.WRITE_NOTE, *FOR, opens_pupils=False)
def drop_draft(request: Request, pk: int) -> HttpResponse:
    """Throw away what was being written."""
    access.get_pupil(request.scope, pk)
    actions.drop_draft(pupil_id=pk, note=None, by=request.user)
    return redirect("casework:pupil", pk=pk)


@require_GET
@policy(Action.VIEW_PUPIL, *FOR)
def note(request: Request, pk: int) -> HttpResponse:
    """One note with its earlier forms; of a restricted one only that it exists."""
    found = opened_note(request, pk)
    if FieldGroup.NOTES not in request.verdict.fields_about(found.pupil_id):
        raise OutsideScope(f"note:{pk}")
    return note_page(request, found, shows_text=not found.is_restricted)


@require_GET
@policy(Action.READ_RESTRICTED_NOTE, *FOR, opens_pupils=True)
def note_text(request: Request, pk: int) -> HttpResponse:
    """The text of a restricted note, asked for one by one."""
    found = opened_note(request, pk)
    if request.htmx:
        context = {"text": queries.text_of(found)}
        return render(request, "casework/_note_text.html", context)
    return note_page(request, found, shows_text=True)


def note_page(request: Request, found: Note, *, shows_text: bool) -> HttpResponse:
    """Show one note."""
    forms = shown.history(queries.revisions_of(found)) if shows_text else []
    context = {
        "line": shown.line(found, person_id=request.user.pk),
        "forms": forms,
        "crumbs": crumbs(found.pupil),
    }
    return render(request, "casework/note.html", context)


def opened_note(request: Request, pk: int) -> Note:
    """Return a note of the scope and say in the log that it was opened."""
    found = queries.get_note(request.scope, pk)
    request.opened = audit.Opened(
        target=f"note:{pk}", pupil_ids=frozenset({found.pupil_id})
    )
    return found


def own_note(request: Request, pk: int) -> Note:
    """Return the person's own note; other people's are not to be changed by them."""
    found = opened_note(request, pk)
    if found.author_id != request.user.pk:
        raise OutsideScope(f"note:{pk}")
    return found


def crumbs(pupil: Pupil) -> tuple[tuple[str, str], ...]:
    """Return the way back to the pupil."""
    return (
        (_("Today"), "/"),
        (f"{pupil.first_name} {pupil.last_name}", f"/pupils/{pupil.pk}/"),
    )


@require_GET
@policy(Action.VIEW_DEFINITION, *FOR)
def words(request: Request) -> JsonResponse:
    """The word list, for the guard in the browser. It names nobody."""
    listed = catalog.current().word_list
    language = get_language() or "en"
    subjects = [
        {
            "id": one.id,
            "title": gettext("This seems to be about %(subject)s.")
            % {"subject": one.title.in_language(language)},
            "route": one.route.in_language(language),
            "patterns": one.words.all,
        }
        for one in listed.subjects
    ]
    return JsonResponse({"subjects": subjects, "harmless": listed.harmless.all})
