"""Tokens for one's own programs: made by whoever shows the password, shown once, ended with a press."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts import own, tokens
from app.accounts.access import actor_of
from app.accounts.rules import read_token
from app.accounts.shapes import LIVES, Staff
from app.database.connection import now
from app.security.nonces import kept_or_new
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, cut, read_cursor
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of

HERE = "/desk/account/tokens"
FORM = "token"


@get(HERE)
async def own_tokens(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Which programs act for one, and a form for another."""
    return await _page(request, staff)


async def _page(
    request: Req,
    staff: Staff,
    typed: dict[str, str] | None = None,
    refused: Refused | None = None,
    secret: str = "",
) -> Response[bytes]:
    found = await tokens.tokens_of(staff.account, read_cursor(request), ITEMS_A_PAGE + 1)
    shown, place = cut(found, ITEMS_A_PAGE, lambda row: (row.created_at, row.id))
    return page(
        request,
        "desk/tokens.html",
        staff=staff,
        tokens=shown,
        lives=LIVES,
        secret=secret,
        done=request.query_params.get("done", ""),
        nonce=kept_or_new(keyring_of(request), FORM, (typed or {}).get("nonce", "")),
        typed=typed or {},
        next=cursor_of(place),
        **said(refused),
    )


@post(HERE)
async def add(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Another token, for whoever knows the password; its secret is shown this once."""
    typed, keyring, by = await form(request), keyring_of(request), actor_of(request)
    present, since, made = typed.pop("present", ""), now(), dict[str, str]()
    try:
        given = read_token(typed)
        await own.show_password(keyring, staff, present)
    except Refused as refused:
        if refused.status == 429:
            raise
        return await _page(request, staff, typed, refused)

    async def act() -> Answer:
        row, secret = await tokens.add_own(staff.account, given, since, by)
        made[str(row)] = secret
        return Answer(303, {"id": str(row)})

    kept = await once_by_nonce(keyring, (FORM, str(staff.account)), typed, act)
    if secret := made.get(kept.body["id"]):
        return await _page(request, staff, secret=secret)
    return see_other(f"{HERE}?done=there")  # a double tap, or the page again: its secret was shown


@post(f"{HERE}/end")
async def end(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """One's own program may do nothing any more."""
    row = found_id((await form(request)).get("token", ""))
    if not await tokens.revoke_token(row, actor_of(request), of=staff.account):
        raise Refused("not_found")
    return see_other(f"{HERE}?done=ended")


@get(f"{HERE}/end")
async def back_to_tokens(staff: NamedDependency[Staff]) -> Response[bytes]:
    """Where a form's answer stands: another language, or a reload, begins again."""
    return see_other(HERE)


HANDLERS = [own_tokens, add, end, back_to_tokens]
