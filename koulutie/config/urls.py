"""Every address of Koulutie. Each feature names its own in its `urls.py`."""

from django.urls import include, path

from koulutie.ui.views import healthz

handler400 = "koulutie.ui.views.bad_request"
handler403 = "koulutie.ui.views.not_allowed"
handler404 = "koulutie.ui.views.not_found"
handler500 = "koulutie.ui.views.fault"

urlpatterns = [
    path("", include("koulutie.casework.urls")),
    path("figures/", include("koulutie.insight.urls")),
    path("", include("koulutie.ui.urls")),
    path("", include("koulutie.accounts.urls")),
    path("marks/", include("koulutie.intake.urls")),
    path("oversight/", include("koulutie.oversight.urls")),
    path("retention/", include("koulutie.retention.urls")),
    path("healthz", healthz, name="healthz"),
]
