"""Addresses of casework."""

from django.urls import path

from koulutie.casework import views

app_name = "casework"
urlpatterns = [
    path("", views.today, name="today"),
    path("tasks/<int:pk>/", views.task, name="task"),
    path("classes/<int:pk>/", views.class_list, name="class_list"),
    path("pupils/<int:pk>/", views.pupil, name="pupil"),
    path("schools/", views.schools, name="schools"),
    path("schools/<int:pk>/", views.school, name="school"),
]
