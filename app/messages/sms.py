"""Letters as text messages, by any gateway that takes an HTTP request: its address is a template of the operator's."""

from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit
from uuid import UUID

import httpx

from app.messages.answers import judged, trouble
from app.messages.shapes import SENT, Fate, Reply, Written
from models.states import Channel


class Sms:
    """One gateway. `post+` before its address sends what stands after the question mark as a form."""

    channel = Channel.PHONE
    per_second = 10.0
    at_once = 5

    def __init__(self, template: str) -> None:
        self._post = template.startswith("post+")
        self._template = template.removeprefix("post+")
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(20.0), follow_redirects=False)

    async def send(self, address: str, letter: Written, message: UUID) -> Reply:
        """Send the short form of a letter to a phone number."""
        facts = {"phone": address, "text": letter.short, "id": str(message)}
        try:
            answer = await self._ask(facts)
        except httpx.HTTPError as error:
            return trouble(error)
        if (result := judged(answer)) is not None:
            return result
        return SENT if answer.is_success else Reply(Fate.NEVER, "refused")

    async def _ask(self, facts: dict[str, str]) -> httpx.Response:
        if not self._post:
            filled = self._template
            for name, value in facts.items():
                filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
            return await self._client.get(filled)
        parts = urlsplit(self._template)
        fields = {name: _filled(value, facts) for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        return await self._client.post(urlunsplit(parts._replace(query="")), data=fields)

    async def check(self) -> str:
        """A message costs, so nothing is asked."""
        return ""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _filled(template: str, facts: dict[str, str]) -> str:
    for name, value in facts.items():
        template = template.replace(f"{{{name}}}", value)
    return template
