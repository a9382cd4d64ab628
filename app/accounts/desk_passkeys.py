"""One's own passkeys: added and removed by whoever shows the password."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts import own, passkeys
from app.accounts.access import actor_of
from app.accounts.second import codes_left, has_app
from app.accounts.shapes import Staff
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

HERE = "/desk/account/passkeys"


@get(HERE)
async def list_passkeys(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Which there are, and the way to another."""
    return await _list_page(request, staff)


async def _list_page(request: Req, staff: Staff, refused: Refused | None = None) -> Response[bytes]:
    return page(
        request,
        "desk/passkeys.html",
        staff=staff,
        passkeys=await passkeys.passkeys_of(staff.account),
        app=await has_app(staff.account),
        codes_left=await codes_left(staff.account),
        site=passkeys.relying_party(settings_of(request).base_url),
        done=request.query_params.get("done", ""),
        **said(refused),
    )


@post(f"{HERE}/new")
async def begin_passkey(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Whoever knows the password is asked for the device."""
    keyring, site = keyring_of(request), passkeys.relying_party(settings_of(request).base_url)
    try:
        await own.show_password(keyring, staff, (await form(request)).get("present", ""))
    except Refused as refused:
        if refused.status == 429:
            raise
        return await _list_page(request, staff, refused)
    if site is None:
        raise Refused("not_found")
    asked = await passkeys.to_add(keyring, site, staff)
    return page(request, "desk/passkey_new.html", staff=staff, passkey=asked, **said(None))


@post(HERE)
async def add_passkey(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """The passkey that the browser has made; with the first factor come recovery codes."""
    typed, site = await form(request), passkeys.relying_party(settings_of(request).base_url)
    if site is None:
        raise Refused("not_found")
    try:
        codes = await passkeys.add(
            keyring_of(request), site, staff, typed.get("name", ""), typed.get("answer", ""), actor_of(request)
        )
    except Refused as refused:
        return await _list_page(request, staff, refused)
    if codes:
        return page(request, "desk/codes.html", codes=codes, next=HERE, kept=None)
    return see_other(f"{HERE}?done=added")


@post(f"{HERE}/codes")
async def renew_codes(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """New recovery codes, for whoever knows the password and has no app to show a code of."""
    try:
        await own.show_password(keyring_of(request), staff, (await form(request)).get("present", ""))
        codes = await passkeys.renew_codes(staff.account, actor_of(request))
    except Refused as refused:
        if refused.status in {404, 429}:
            raise
        return await _list_page(request, staff, refused)
    return page(request, "desk/codes.html", codes=codes, next=HERE, kept=None)


@get([f"{HERE}/new", f"{HERE}/remove", f"{HERE}/codes"])
async def back_to_list(staff: NamedDependency[Staff]) -> Response[bytes]:
    """Where a form's answer stands: another language, or a reload, begins again."""
    return see_other(HERE)


@post(f"{HERE}/remove")
async def remove_passkey(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Forget one, for whoever knows the password."""
    typed = await form(request)
    try:
        await own.show_password(keyring_of(request), staff, typed.get("present", ""))
        await passkeys.remove(staff.account, found_id(typed.get("passkey", "")), actor_of(request))
    except Refused as refused:
        if refused.status in {404, 429}:
            raise
        return await _list_page(request, staff, refused)
    return see_other(f"{HERE}?done=removed")


HANDLERS = [list_passkeys, begin_passkey, add_passkey, renew_codes, back_to_list, remove_passkey]
