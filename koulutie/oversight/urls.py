"""Addresses of oversight. A number in them is an opaque id; what is looked for is posted."""

from django.urls import path

from koulutie.oversight.views import glass, grants, log, readers

app_name = "oversight"
urlpatterns = [
    path("", log.week, name="week"),
    path("log/", log.log, name="log"),
    path("log/pupils/<int:pk>/", log.release, name="release"),
    path("notices/", log.notices, name="notices"),
    path("notices/seen/", log.notices_seen, name="notices_seen"),
    path("pupils/<int:pk>/", readers.readers, name="readers"),
    path("find/", glass.find, name="find"),
    path("find/<int:pk>/", glass.open_pupil, name="open_pupil"),
    path("opened/<int:pk>/close/", glass.close, name="close"),
    path("grants/", grants.grants, name="grants"),
    path("grants/new/", grants.give, name="give"),
    path("grants/<int:pk>/end/", grants.end, name="end"),
    path("roles/", grants.roles, name="roles"),
]
