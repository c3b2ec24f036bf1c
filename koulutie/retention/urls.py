"""Addresses of retention. A number in them is an opaque id."""

from django.urls import path

from koulutie.retention.views import pages

app_name = "retention"
urlpatterns = [
    path("dictionary/", pages.dictionary, name="dictionary"),
    path("record/", pages.record, name="record"),
    path("assessment/", pages.assessment, name="assessment"),
]
