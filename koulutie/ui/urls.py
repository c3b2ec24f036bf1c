"""Addresses that belong to no feature."""

from django.urls import path

from koulutie.ui import reports, views

app_name = "ui"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("language/", views.choose_language, name="language"),
    path("gallery/", views.gallery, name="gallery"),
    path("offline/", views.offline, name="offline"),
    path("csp-reports/", reports.csp_report, name="csp_report"),
    path("worker.js", views.worker, name="worker"),
]
