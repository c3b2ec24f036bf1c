"""Addresses of the door and of one's own account."""

from django.urls import path

from koulutie.accounts.views import contexts, door, links, mine, outside, second

app_name = "accounts"
urlpatterns = [
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("sign-in/provider/", outside.leave, name="leave"),
    path("sign-in/answer/", outside.come_back, name="come_back"),
    path("account/", mine.account, name="account"),
    path("account/sessions/end/", mine.end_sessions, name="end_sessions"),
    path("sign-in/second/", second.second, name="second"),
    path("account/prove/", second.prove, name="prove"),
    path("account/second/", second.factors, name="factors"),
    path("account/second/code/", second.add_code, name="add_code"),
    path("account/second/passkey/", second.add_passkey, name="add_passkey"),
    path("account/second/recovery/", second.recovery, name="recovery"),
    path("account/second/remove/", second.remove, name="remove"),
    path("account/context/", contexts.choose, name="context"),
    path("pupils/<int:pk>/links/", links.links, name="links"),
    path("link/<str:token>/", links.land, name="link"),
    path("accounts/tie/", outside.tie, name="tie"),
]
