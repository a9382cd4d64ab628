"""Failures as people and programs read them: a friendly page, or application/problem+json."""

import logging
import traceback
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from app.database.failures import meaning
from app.i18n import catalogues as i18n
from app.validation.refusals import Refused
from app.web import reporting
from app.web.described import FieldProblem, ProblemAnswer
from app.web.logs import TURNED_AWAY
from app.web.measures import note_failure
from app.web.rendering import page, see_other
from app.web.request import Req, client_address, language_of, settings_of, wants_html

log = logging.getLogger("bon")

BY_STATUS = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_much",
    429: "too_many_requests",
    503: "busy",
}


def refusal_of(error: Exception) -> Refused:
    """What to tell about any failure."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):
        return Refused(BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal"))
    return Refused(meaning(error) or "internal")


def handle(request: Req, error: Exception) -> Response[Any]:
    """Litestar's exception handler for everything; must not raise itself."""
    refused = refusal_of(error)
    if refused.status >= 500 and not isinstance(error, Refused):
        _log_failure(request, error)
    headers = dict(getattr(error, "headers", None) or {})
    headers["cache-control"] = "no-store"
    if refused.status in {408, 429, 503}:
        TURNED_AWAY.note(refused.code, client_address(request))
    if refused.status in {429, 503}:
        headers["retry-after"] = str(refused.facts.get("seconds", 5))
    if refused.status == 429:
        headers["ratelimit"] = f'"{refused.code}";r=0;t={headers["retry-after"]}'
    if refused.status in {408, 413}:
        headers["connection"] = "close"  # the rest of the body may still be on its way
    if refused.status == 401:
        headers["www-authenticate"] = "Bearer"
    language = language_of(request)
    if refused.status == 401 and wants_html(request) and request.scope["path"].startswith("/desk"):
        if kept := request.scope["state"].get("kept"):
            facts = {"typed": {}, "problems": (), "next": "/desk", "kept": kept, "welcome": False, "passkey": ""}
            return page(request, "desk/login.html", status=401, refused=refused, **facts)
        back = request.scope["path"] if request.method == "GET" else "/desk"
        return see_other(f"/desk/login?next={quote(back, safe='/')}")
    if request.scope["path"].startswith("/calendars"):
        if refused.status == 500:
            refused = Refused("busy")  # apps keep what they have and come again
        return for_calendar_apps(request, refused, headers)
    if wants_html(request):
        answer: Response[Any] = page(
            request,
            "pages/error.html",
            status=refused.status,
            language=language,
            refused=refused,
            message=i18n.told(language, refused),
            reference=request.scope["state"].get("request_id", "") if refused.status == 500 else "",
        )
        answer.headers.update({key: value for key, value in headers.items() if key != "cache-control"})
        return answer
    return problem_json(request, refused, headers)


def for_calendar_apps(request: Req, refused: Refused, headers: dict[str, str]) -> Response[str]:
    """Plain words, never a calendar: an app keeps what it has. A moved feed names its successor in a header too."""
    if "address" in refused.facts:
        headers["link"] = f'<{refused.facts["address"]}>; rel="successor-version"'
    return Response(
        f"{i18n.told(language_of(request), refused)}\n",
        status_code=refused.status,
        media_type="text/plain",
        headers={**headers, "access-control-allow-origin": "*"},
    )


def problem_json(request: Req, refused: Refused, headers: dict[str, str]) -> Response[bytes]:
    """RFC 9457, with every wrong field named."""
    language = language_of(request)
    body = ProblemAnswer(
        type=f"{settings_of(request).base_url}/api/problems/{refused.code}",
        title=refused.code.replace("_", " "),
        status=refused.status,
        detail=i18n.told(language, refused),
        code=refused.code,
        errors=[
            FieldProblem(each.field, each.code, i18n.sentence(language, each.code, each.facts))
            for each in refused.problems
        ],
    )
    return Response(
        msgspec.json.encode(body),
        status_code=refused.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _log_failure(request: Req, error: Exception) -> None:
    """Where it failed, without the values that were there: they may be personal."""
    known = meaning(error)
    note_failure(known or "mistake")
    request_id, route = request.scope["state"].get("request_id", ""), request.scope.get("path_template", "")
    if settings_of(request).sentry_dsn and known is None:  # that a database is away, everybody knows
        reporting.report(error, request_id, route)
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    log.error(
        msgspec.json.encode(
            {
                "event": "failure",
                "request": request_id,
                "route": route,
                "kind": type(error).__name__,
                "frames": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames],
            }
        ).decode()
    )
