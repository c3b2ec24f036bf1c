"""Addresses of intake."""

from django.urls import path

from koulutie.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("send/", views.upload, name="upload"),
    path("<int:pk>/", views.batch, name="batch"),
    path("<int:pk>/accept/", views.accept, name="accept"),
    path("<int:pk>/reject/", views.reject, name="reject"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/rejected/", views.batch_rejections, name="batch_rejections"),
    path("<int:pk>/rejected.csv", views.rejections_csv, name="rejections_csv"),
    path("<int:pk>/layout/", views.profile, name="profile"),
    path("types/", views.mapping, name="mapping"),
    path("folder/", views.folder, name="folder"),
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/days/", views.add_days, name="add_days"),
    path("calendar/days/remove/", views.remove_days, name="remove_days"),
    path("calendar/file/", views.calendar_file, name="calendar_file"),
    path("calendar/year/", views.calendar_year, name="calendar_year"),
    path("calendar/totals/", views.calendar_totals, name="calendar_totals"),
]
