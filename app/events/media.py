"""Pictures, link cards and posters of events: to everybody what is published, at the desk the rest."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from litestar import Response, get, post, route
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.events import actions
from app.events.access import RIGHT
from app.events.pictures import MOST_BYTES, Picture, read_picture
from app.events.present import public_event
from app.events.prints import CARD, PRINTS, print_of
from app.events.queries import picture_file
from app.events.shapes import TITLE, EventRow
from app.validation.fields import Reader
from app.validation.refusals import Refused
from app.web.bodies import nested
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import page, said, see_other
from app.web.request import Req, language_of, settings_of
from models.states import PictureKind

TYPES = {PictureKind.WEBP: "image/webp", PictureKind.JPG: "image/jpeg"}
DAY = "public, max-age=86400"
_ONE_AT_A_TIME = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")  # each may take 300 MB


@route("/pictures/{name:str}", http_method=["GET", "HEAD"])
async def picture(request: Req, name: FromPath[str]) -> Response[bytes]:
    """A file of an event's picture; its name says which, so browsers may keep it."""
    digest, _, kind = name.partition(".")
    if kind not in TYPES or len(digest) != 32 or not digest.isalnum():
        raise Refused("not_found")

    async def make() -> PublicAnswer:
        content = await picture_file(digest, kind)
        if content is None:
            raise Refused("not_found")
        return PublicAnswer(content, TYPES[PictureKind(kind)])

    return await public_cache_of(request).answer(request, ("picture", name), make, cache_control=DAY)


@route(f"/{{language:str}}/events/{{slug:str}}/{CARD}", http_method=["GET", "HEAD"])
async def card(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """What a link to the event looks like in a post."""
    event: EventRow | None = None

    async def version() -> int:
        nonlocal event
        event = await public_event(slug)
        return event.content_revision

    async def make() -> PublicAnswer:
        if event is None:
            raise Refused("not_found")
        content = await print_of(CARD, event, language, settings_of(request).base_url, await _jpeg(event))
        return PublicAnswer(content, "image/jpeg")

    return await public_cache_of(request).answer(
        request, ("card", language, slug), make, version=version, cache_control="public, max-age=600"
    )


async def _jpeg(event: EventRow) -> bytes | None:
    return await picture_file(event.picture, PictureKind.JPG) if event.picture else None


@get("/desk/events/{slug:str}/prints/{name:str}")
async def prints(request: Req, event: NamedDependency[EventRow], name: FromPath[str]) -> Response[bytes]:
    """A poster or picture to download, in the language of the desk or of ?lang=."""
    if name not in PRINTS:
        raise Refused("not_found")
    content = await print_of(name, event, language_of(request), settings_of(request).base_url, await _jpeg(event))
    return Response(
        content,
        media_type=PRINTS[name].media_type,
        headers={
            "cache-control": "private, no-store",
            "content-disposition": f'inline; filename="{event.slug}-{name}"',
        },
    )


@get("/desk/events/{slug:str}/picture", opt={RIGHT: Right.CHANGE_EVENTS})
async def picture_form(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """The picture, what it shows in words, and the files made from it."""
    typed = {f"alt.{tag}": text for tag, text in event.picture_alt.items()}
    return _form_page(request, staff, event, typed)


def _form_page(
    request: Req, staff: Staff, event: EventRow, typed: dict[str, str], refused: Refused | None = None
) -> Response[bytes]:
    return page(request, "desk/picture.html", staff=staff, event=event, typed=typed, prints=PRINTS, **said(refused))


@post("/desk/events/{slug:str}/picture", request_max_body_size=MOST_BYTES + 64 * 1024)
async def set_picture(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Show another picture, or say it in other words."""
    try:
        sent = await request.form()
    except ValueError as error:  # a part that is no UTF-8
        raise Refused("malformed") from error
    typed = {name: value for name, value in sent.items() if isinstance(value, str)}
    uploaded = sent.get("picture")
    content = await uploaded.read() if isinstance(uploaded, UploadFile) else b""
    read = Reader(nested({name: value for name, value in typed.items() if name.startswith("alt.")}))
    alt = read.localised("alt", TITLE)
    if not read.problems and not (alt.get("km") or alt.get("en")):
        read.wrong("alt", "alt_required")
    try:
        if content or not event.picture:
            made = await _encoded(content, read)
            await actions.set_picture(event.id, made, alt, actor_of(request))
        else:
            read.finish()
            await actions.describe_picture(event.id, alt, actor_of(request))
    except Refused as refused:
        return _form_page(request, staff, event, typed, refused)
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{event.slug}/picture")


async def _encoded(content: bytes, read: Reader) -> Picture:
    """The picture made anew, off the event loop; what else is wrong is said together with it."""
    try:
        made = await asyncio.get_running_loop().run_in_executor(_ONE_AT_A_TIME, read_picture, content)
    except Refused as refused:
        read.problems.extend(refused.problems)
        read.finish()
        raise
    read.finish()
    return made


@post("/desk/events/{slug:str}/picture/remove")
async def remove_picture(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Show no picture any more."""
    await actions.remove_picture(event.id, actor_of(request))
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{event.slug}/picture")


PUBLIC_HANDLERS = [picture, card]
HANDLERS = [prints, picture_form, set_picture, remove_picture]
