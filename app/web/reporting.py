"""Failures told to a Sentry-compatible service, where the operator names one: what failed and where, and nothing else.

The library would send along what it finds: addresses, headers, values of variables, the text of an error. What leaves
here is made anew of the few things that name nobody.
"""

from typing import Any

KEPT = ("event_id", "timestamp", "platform", "level", "release")
PLACE = ("filename", "module", "function", "lineno", "in_app")


def begin(dsn: str, release: str) -> None:
    """Tell failures of this process to the service at `dsn`."""
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        release=f"bon@{release}",
        before_send=lambda event, _: scrubbed(event),
        default_integrations=False,
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        shutdown_timeout=2,
    )


def report(error: Exception, request: str, route: str) -> None:
    """Tell of one failure, of a request by its id and its route's template."""
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_tag("request", request)
        scope.set_tag("route", route)
        sentry_sdk.capture_exception(error)


def scrubbed(event: Any) -> Any:
    """The kinds of the errors and the lines they passed through, with the request's id and route."""
    kept = {name: event[name] for name in KEPT if name in event}
    kept["tags"] = {name: text for name, text in event.get("tags", {}).items() if name in {"request", "route"}}
    kept["exception"] = {
        "values": [
            {
                "type": each.get("type"),
                "module": each.get("module"),
                "stacktrace": {"frames": [_place(frame) for frame in (each.get("stacktrace") or {}).get("frames", ())]},
            }
            for each in event.get("exception", {}).get("values", ())
        ]
    }
    return kept


def _place(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: frame[name] for name in PLACE if name in frame}
