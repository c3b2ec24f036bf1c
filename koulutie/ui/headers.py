"""Headers that Django does not set itself, on every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Nothing of the browser is asked for; a page that was taken over cannot ask either.
UNUSED = (
    *("accelerometer", "autoplay", "bluetooth", "camera", "display-capture"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "serial", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "Cross-Origin-Resource-Policy": "same-origin",
}


class HeadersMiddleware:
    """Puts the headers on every answer that does not carry its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response
