"""GET /api/v1/host-countries."""

from litestar import Response, route

from app.directory.queries import countries
from app.web.json import json_answer
from app.web.request import Req, language_of, settings_of


@route("/api/v1/host-countries", http_method=["GET", "HEAD"], opt={"public": True})
async def host_countries(request: Req) -> Response[bytes]:
    """Every host country with its page and calendar."""
    base, language = settings_of(request).base_url, language_of(request)
    return json_answer(
        {
            "items": [
                {
                    "code": country.code,
                    "slug": country.slug,
                    "name": country.names,
                    "time_zone": country.time_zone,
                    "paused": country.paused,
                    "urls": {
                        "page": f"{base}/{language}/{country.slug}/",
                        "calendar": f"{base}/calendars/{language}/khmer-festivals-{country.slug}.ics",
                    },
                }
                for country in await countries()
            ],
            "next": None,
        }
    )


HANDLERS = [host_countries]
