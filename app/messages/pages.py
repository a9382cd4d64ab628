"""How a party wants to be told: on its own page, by the links in letters, and what the bot's webhook hears."""

from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.events.queries import event_by_id
from app.messages.bot import Bot, is_hook
from app.messages.channels import set_up
from app.messages.push import keys, public_key, read_subscription
from app.registrations import asking, linking
from app.registrations.access import party_by_link
from app.registrations.reach import ways_of
from app.registrations.shapes import Party
from app.validation.fields import found_id
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form, json_object
from app.web.headers import policy
from app.web.limits import LINKING
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, language_of, settings_of, source_of, worker
from models.states import Channel

MOST_UPDATE = 64 * 1024


@get("/{language:str}/r/{key:str}/reach")
async def reach_page(request: Req, party: NamedDependency[Party], key: FromPath[str]) -> Response[bytes]:
    """By which channels this party is told, and how to add or end one."""
    return await _reach_page(request, party, key)


async def _reach_page(request: Req, party: Party, key: str, refused: Refused | None = None) -> Response[bytes]:
    keyring, channels = keyring_of(request), set_up(settings_of(request))
    shown = page(
        request,
        "pages/reach.html",
        event=await event_by_id(party.event),
        party=party,
        key=key,
        ways=await ways_of(keyring, party.id),
        channels=channels,
        push_key=public_key(await keys(keyring)) if Channel.PUSH in channels else "",
        **said(refused),
    )
    shown.headers["content-security-policy"] = policy({"form-action": "'self' https://t.me"})  # where the bot opens
    return shown


@post("/{language:str}/r/{key:str}/reach")
async def change_reach(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Open the bot with a fresh token, link this browser, ask an e-mail address again, or end one."""
    LINKING.pass_or_refuse(source_of(request), str(party.id))
    typed, keyring = await form(request), keyring_of(request)
    here = f"/{language}/r/{key}/reach"
    try:
        match typed.get("do", ""):
            case "telegram" if Channel.TELEGRAM in set_up(settings_of(request)):
                return await _to_bot(request, party)
            case "push" if Channel.PUSH in set_up(settings_of(request)):
                given = read_subscription(typed.get("subscription", ""), settings_of(request).channels.push_hosts)
                if given is None:
                    raise invalid([Problem("push", "push_unusable")])
                kept = msgspec.json.encode(given).decode()
                await linking.link_browser(keyring, party.event, party.id, kept, worker(request))
            case "ask":
                await asking.ask_again(keyring, found_id(typed.get("reach", "")), party.id, worker(request))
            case "on":
                await asking.on_again(found_id(typed.get("reach", "")), party.id, worker(request))
            case "stop":
                await asking.stop(found_id(typed.get("reach", "")), party.id, worker(request))
            case _:
                raise Refused("not_found")
    except Refused as refused:
        if refused.code in {"erased", "not_found"}:
            raise
        return await _reach_page(request, await party_by_link(request, key), key, refused)
    return see_other(here)


async def _to_bot(request: Req, party: Party) -> Response[bytes]:
    bot: Bot | None = request.app.state.bot
    name = await bot.introduce() if bot else ""
    if not name:
        raise Refused("bot_unknown")
    token = await linking.start_token(party.id, party.link_issue)
    return see_other(f"https://t.me/{quote(name, safe='')}?start={token}")


# -- links in letters -------------------------------------------------------------------------------------------------


@get("/{language:str}/reach/{reach_key:str}")
async def asked(request: Req, reach_key: FromPath[str]) -> Response[bytes]:
    """What an address is asked; opening it changes nothing, because programs open every link of a mail."""
    return await _asked_page(request, await asking.asked_by_link(keyring_of(request), reach_key), reach_key)


async def _asked_page(request: Req, one: linking.Wish, reach_key: str) -> Response[bytes]:
    event = await event_by_id(one.event)
    return page(request, "pages/asked.html", event=event, asked=one, here=f"/{language_of(request)}/reach/{reach_key}")


@post("/{language:str}/reach/{reach_key:str}")
async def answer(request: Req, language: FromPath[str], reach_key: FromPath[str]) -> Response[bytes]:
    """Yes or stop by a button; a mail program's one-click POST (RFC 8058) is a stop."""
    keyring = keyring_of(request)
    one = await asking.asked_by_link(keyring, reach_key)
    typed = await form(request)
    if typed.get("do") == "yes":
        await asking.confirm(one, worker(request))
    elif one.reach is not None:
        await asking.stop(one.reach, one.registration, worker(request))
    if typed.get("List-Unsubscribe"):  # a program must not be sent on (RFC 8058 3.2)
        return await _asked_page(request, await asking.asked_by_link(keyring, reach_key), reach_key)
    return see_other(f"/{language}/reach/{reach_key}")


# -- the bot ----------------------------------------------------------------------------------------------------------


@post("/hooks/telegram/{secret:str}", status_code=200, request_max_body_size=MOST_UPDATE)
async def hear(request: Req, secret: FromPath[str]) -> Response[bytes]:
    """An update from the Bot API. Whoever does not know both secrets finds nothing here."""
    bot: Bot | None = request.app.state.bot
    told = request.headers.get("x-telegram-bot-api-secret-token", "")
    if (
        bot is None
        or not settings_of(request).channels.telegram_webhook
        or not is_hook(keyring_of(request), secret, told)
    ):
        raise Refused("not_found")
    await bot.answer(await json_object(request))
    return Response(b"", status_code=200, media_type="text/plain")


HANDLERS = [reach_page, change_reach, asked, answer, hear]
