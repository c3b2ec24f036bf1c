"""Addresses of casework."""

from django.urls import path

from koulutie.casework import views

app_name = "casework"
urlpatterns = [
    path("", views.today, name="today"),
    path("tasks/<int:pk>/", views.task, name="task"),
    path("classes/<int:pk>/", views.class_list, name="class_list"),
    path("pupils/<int:pk>/", views.pupil, name="pupil"),
    path("pupils/<int:pk>/notes/new/", views.new_note, name="new_note"),
    path("pupils/<int:pk>/notes/draft/", views.keep_draft, name="keep_draft"),
    path("pupils/<int:pk>/notes/drop/", views.drop_draft, name="drop_draft"),
    path("notes/words.json", views.words, name="words"),
    path("notes/<int:pk>/", views.note, name="note"),
    path("notes/<int:pk>/text/", views.note_text, name="note_text"),
    path("notes/<int:pk>/change/", views.change_note, name="change_note"),
    path("notes/<int:pk>/withdraw/", views.withdraw_note, name="withdraw_note"),
    path("schools/", views.schools, name="schools"),
    path("schools/<int:pk>/", views.school, name="school"),
]
