"""Addresses of retention. A number in them is an opaque id."""

from django.urls import path

from koulutie.retention.views import erasures, giving, pages

app_name = "retention"
urlpatterns = [
    path("", pages.report, name="report"),
    path("erasures/", erasures.erasures, name="erasures"),
    path("erasures/choose/", erasures.choose, name="choose"),
    path("erasures/pupils/<int:pk>/", erasures.prepare, name="prepare"),
    path("erasures/<int:pk>/", erasures.erasure, name="erasure"),
    path("erasures/<int:pk>/confirm/", erasures.confirm, name="confirm"),
    path("erasures/<int:pk>/withdraw/", erasures.withdraw, name="withdraw"),
    path("pupils/<int:pk>/", giving.pupils_data, name="pupils_data"),
    path("dictionary/", pages.dictionary, name="dictionary"),
    path("record/", pages.record, name="record"),
    path("assessment/", pages.assessment, name="assessment"),
]
