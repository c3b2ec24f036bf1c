"""Addresses of insight."""

from django.urls import path

from koulutie.insight import views

app_name = "insight"
urlpatterns = [
    path("", views.figures, name="figures"),
    path("<slug:name>/", views.figure, name="figure"),
    path("<slug:name>/pupils/<int:pupil_id>/", views.rows, name="rows"),
]
