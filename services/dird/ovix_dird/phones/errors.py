"""What phones are refused, and how they are told: on their screen, in their vendor's format."""

from ovix_web import ApiError, Problem, Unavailable
from ovix_web.responses import problem_response
from starlette.requests import Request
from starlette.responses import Response

from ..errors import dird_errors
from .labels import Labels, labels_for
from .screens import Notice
from .vendors import VENDORS, suited


class NotAuthorized(ApiError):
    """The phone's address is in none of the authorised networks (reference/phoned.md, A2)."""

    status = 403
    template = "Forbidden - {address} is in none of the networks authorized for phones"


class UnknownUser(ApiError):
    """No user has this uuid."""

    status = 404
    template = "No such user: {uuid}"


class NoVendor(ApiError):
    """The ``User-Agent`` is that of no known phone."""

    status = 404
    template = "No vendor found"


class NoScreen(ApiError):
    """A vendor's phones have no such screen, or the vendor is unknown."""

    status = 404
    template = "Not Found"


class DirectoryUnavailable(Unavailable):
    """Nothing was found in time, and not everywhere could be looked."""

    template = "Connection to XiVO Dird failed - {cause}"


def on_screen(request: Request, problem: Problem) -> Response:
    """The error as the phone shows it; as JSON where no vendor, or no message of its own, is known.

    The status stays that of the error: monitoring and clients read it.
    """
    vendor = VENDORS.get(str(request.path_params.get("vendor") or request.scope.get(VENDOR)))
    if vendor is None or vendor.notice is None or problem.error_id == "no-screen":
        return problem_response(problem, dird_errors)
    suited_vendor = suited(vendor, request.headers.get("User-Agent", ""))
    labels = labels_for(request.headers.get("Accept-Language"))
    written = vendor.notice(Notice(_text(problem, labels), labels))
    return Response(
        written,
        status_code=problem.status,
        media_type=suited_vendor.media_type,
        headers=dict(problem.headers),
    )


VENDOR = "ovix.phone_vendor"
"""Where a route without the vendor in its path notes it."""


def _text(problem: Problem, labels: Labels) -> str:
    """In the phone's language; only what nobody at a phone can do about is told in English."""
    if problem.status >= 500:
        return labels.unavailable
    by_error = {
        "unknown-user": labels.unknown_user,
        "unknown-profile": labels.unknown_profile,
        "invalid-request": labels.invalid_request,
    }
    return by_error.get(problem.error_id, problem.message)
