"""Webhooks at the desk: add one, see what it was told, send again, change the secret, end it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.queries import names_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.directory.queries import countries
from app.i18n.catalogues import pick, translate
from app.security.nonces import kept_or_new
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, cut, read_cursor
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, language_of, settings_of
from app.webhooks import actions, rules
from app.webhooks.queries import deliveries_of, waiting_for, webhook_of, webhooks_of
from app.webhooks.shapes import KINDS, WebhookRow

HERE = "/desk/webhooks"
FORM = "webhook"


def _own(staff: Staff) -> list[str]:
    """The host countries whose news somebody may have told to a program."""
    return sorted(code for code in staff.countries if staff.may(Right.CHANGE_EVENTS, code))


def _reach(staff: Staff) -> list[str] | None:
    """The host countries whose webhooks somebody sees; HQ those of all (None). Raises Refused."""
    if staff.is_hq:
        return None
    if own := _own(staff):
        return own
    raise Refused("forbidden")


async def _found(staff: Staff, webhook: str) -> WebhookRow:
    hook = await webhook_of(_reach(staff), found_id(webhook))
    if hook is None:
        raise Refused("not_found")
    return hook


async def _page(
    request: Req, staff: Staff, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[bytes]:
    known, language = {country.code: country for country in await countries()}, language_of(request)
    found = await webhooks_of(_reach(staff), read_cursor(request), ITEMS_A_PAGE + 1)
    hooks, place = cut(found, ITEMS_A_PAGE, lambda row: (row.created_at, row.id))
    options = [("", translate(language, "All host countries"))] if staff.is_hq else []
    options += [(code, pick(known[code].names, language)) for code in _own(staff) if code in known]
    return page(
        request,
        "desk/webhooks.html",
        staff=staff,
        hooks=hooks,
        makers=await names_of(str(hook.made_by) for hook in hooks),
        options=options,
        countries=known,
        kinds=KINDS,
        nonce=kept_or_new(keyring_of(request), FORM, (typed or {}).get("nonce", "")),
        typed=typed or {"kinds": " ".join(KINDS)},
        next=cursor_of(place),
        **said(refused),
    )


@get(HERE)
async def webhooks(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """The programs that are told what happens, and a form for another."""
    return await _page(request, staff)


@post(HERE)
async def add(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Another program; its secret is shown this once."""
    _reach(staff)
    typed = await form(request)
    kinds = [kind for kind in KINDS if typed.get(f"kind.{kind}")]
    raw = {"address": typed.get("address", ""), "host_country": typed.get("host_country", ""), "kinds": kinds}
    hosts = settings_of(request).channels.webhook_hosts
    try:
        given = rules.read_webhook(raw, _own(staff), everywhere=staff.is_hq, hosts=hosts)
    except Refused as refused:
        return await _page(request, staff, {**typed, "kinds": " ".join(kinds)}, refused)
    made = dict[str, str]()

    async def act() -> Answer:
        row, secret = await actions.add(keyring_of(request), given, actor_of(request))
        made[str(row)] = secret
        return Answer(303, {"id": str(row)})

    kept = await once_by_nonce(keyring_of(request), (FORM, str(staff.account)), typed, act)
    if secret := made.get(kept.body["id"]):
        return await _hook_page(request, staff, found_id(kept.body["id"]), secret)
    return see_other(f"{HERE}/{kept.body['id']}")  # a double tap, or the page again: its secret was shown


async def _hook_page(request: Req, staff: Staff, row: UUID, secret: str = "") -> Response[bytes]:
    hook = await _found(staff, str(row))
    found = await deliveries_of(hook.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown = found[:ITEMS_A_PAGE]
    last = shown[-1] if len(found) > ITEMS_A_PAGE else None
    return page(
        request,
        "desk/webhook.html",
        staff=staff,
        hook=hook,
        secret=secret,
        maker=(await names_of([str(hook.made_by)])).get(str(hook.made_by), ""),
        countries={country.code: country for country in await countries()},
        kinds=KINDS,
        deliveries=shown,
        waiting=await waiting_for(hook.id),
        next=cursor_of((last.created_at, last.id) if last and last.created_at else None),
    )


@get(f"{HERE}/{{webhook:str}}")
async def webhook(request: Req, staff: NamedDependency[Staff], webhook: FromPath[str]) -> Response[bytes]:
    """What a program was told, and what became of it."""
    return await _hook_page(request, staff, found_id(webhook))


@post(f"{HERE}/{{webhook:str}}")
async def act(request: Req, staff: NamedDependency[Staff], webhook: FromPath[str]) -> Response[bytes]:
    """A new secret, the end, taking it over, or a delivery once more."""
    hook, typed, by = await _found(staff, webhook), await form(request), actor_of(request)
    match typed.get("do"):
        case "rotate":
            secret = await actions.rotate(keyring_of(request), hook.id, by)
            if secret:
                return await _hook_page(request, staff, hook.id, secret)
        case "end":
            await actions.end(hook.id, by)
        case "adopt" if hook.host_country in _own(staff) or (staff.is_hq and hook.host_country is None):
            await actions.adopt(hook.id, by)
        case "again":
            await actions.send_again(hook.id, found_id(typed.get("delivery", "")))
        case _:
            raise Refused("not_found")
    return see_other(f"{HERE}/{hook.id}")


HANDLERS = [webhooks, add, webhook, act]
