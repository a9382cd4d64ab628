"""The desk's side of the gate: pairing phones by QR and revoking them, how they are, conflicts, the rehearsal's end."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import record
from app.database.connection import now
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.gate import actions, rules
from app.gate.api import pair_url
from app.gate.queries import conflicts_of, device_of_event, let_in_by_hand, pairings_of
from app.gate.scans import record_scans
from app.gate.shapes import REASONS
from app.printing import qr
from app.seats.counts import head_count
from app.security.keyring import Keyring
from app.security.nonces import kept_or_new
from app.validation.fields import found_id, small_number
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of

FORM = "pairing"
MOST_BY_HAND = 200
NEVER_OVER = datetime(9000, 1, 1, tzinfo=UTC)
MOST_HANDED = 16 * 1024 * 1024  # a busy gate's day


class HandedPhone(msgspec.Struct):
    """What one phone could not deliver: its device's id, its clock's offset in seconds, its queue."""

    device: str
    clock_offset: float
    scans: list[dict[str, Any]]
    walk_ins: list[dict[str, Any]]


class HandedOver(msgspec.Struct):
    """The file that a phone writes: its own queue, and what it took over from others."""

    phones: list[HandedPhone]


async def _gates_page(
    request: Req, staff: Staff, event: EventRow, typed: dict[str, str], refused: Refused | None = None
) -> Response[bytes]:
    facts = await _live(keyring_of(request), event)
    links = [(pairing, pair_url(request, pairing.id)) for pairing in facts["pairings"]]
    may_read = staff.may(Right.NAMES, event.host_country)
    by_hand = await let_in_by_hand(keyring_of(request), event.id, MOST_BY_HAND + 1) if may_read else []
    if by_hand:  # a volunteer's words may name people
        await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=len(by_hand))
    return page(
        request,
        "desk/gate.html",
        staff=staff,
        event=event,
        by_hand=by_hand[:MOST_BY_HAND],
        more_by_hand=len(by_hand) > MOST_BY_HAND,
        override_words=REASONS,
        links=[(pairing, qr.svg(link), link) for pairing, link in links],
        typed=typed,
        done=_done(request),
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **facts,
        **said(refused),
    )


def _done(request: Req) -> tuple[str, int] | None:
    """What was just done, and to how many, as the redirect after it says."""
    for name in ("taken", "forgotten"):
        number = small_number(request.query_params.get(name, ""), 9_999_999)
        if number is not None:
            return name, number
    return None


async def _live(keyring: Keyring, event: EventRow) -> dict[str, Any]:
    """What moves while people come in: counts, phones with what is wrong with them, conflicts."""
    moment, pairings = now(), await pairings_of(keyring, event.id)
    return {
        "pairings": pairings,
        "phones": [
            (pairing, phone, rules.warnings(phone, event.revision, moment))
            for pairing in pairings
            if not pairing.revoked_at
            for phone in pairing.devices
        ],
        "conflicts": await conflicts_of(keyring, event.id),
        "counts": await head_count(event.id, rules.entry_of(event)),
        "moment": moment,
    }


@get("/desk/events/{slug:str}/gate", opt={RIGHT: Right.GATE})
async def gates(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event's pairings with their QR, and the head count."""
    return await _gates_page(request, staff, event, {})


@get("/desk/events/{slug:str}/gate/live", opt={RIGHT: Right.GATE})
async def live(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The moving part of the page, which replaces itself every few seconds where there is script."""
    return page(request, "parts/gate_live.html", staff=staff, event=event, **await _live(keyring_of(request), event))


@post("/desk/events/{slug:str}/gate", opt={RIGHT: Right.GATE})
async def pair(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A new pairing; a double tap makes one only."""
    typed = await form(request)

    async def act() -> Answer:
        gate = rules.read_gate({name: text for name, text in typed.items() if name != "nonce"})
        pairing, _ = await actions.pair(keyring_of(request), event, gate, actor_of(request))
        return Answer(303, str(pairing))

    try:
        await once_by_nonce(keyring_of(request), (FORM, str(event.id), str(staff.account)), typed, act)
    except Refused as refused:
        return await _gates_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/gate")


@post("/desk/events/{slug:str}/gate/{pairing:str}/revoke", opt={RIGHT: Right.GATE})
async def revoke(request: Req, event: NamedDependency[EventRow], pairing: FromPath[str]) -> Response[bytes]:
    """End a pairing and its phones."""
    if not await actions.revoke(event.id, found_id(pairing), actor_of(request)):
        raise Refused("not_found")
    return see_other(f"/desk/events/{event.slug}/gate")


@post("/desk/events/{slug:str}/gate/conflicts/{scan:str}", opt={RIGHT: Right.GATE})
async def acknowledge(request: Req, event: NamedDependency[EventRow], scan: FromPath[str]) -> Response[bytes]:
    """A conflict is seen; it stays in the list."""
    if not await actions.acknowledge(event.id, found_id(scan), actor_of(request)):
        raise Refused("not_found")
    return see_other(f"/desk/events/{event.slug}/gate#conflicts")


@post("/desk/events/{slug:str}/gate/rehearsal", opt={RIGHT: Right.GATE})
async def wipe_rehearsal(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Forget what was scanned in rehearsal."""
    forgotten = await actions.wipe_rehearsal(event.id, actor_of(request))
    return see_other(f"/desk/events/{event.slug}/gate?forgotten={forgotten}")


@post("/desk/events/{slug:str}/gate/handed-over", opt={RIGHT: Right.GATE}, request_max_body_size=MOST_HANDED)
async def take_over(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A file with the scans of a phone that never came online: kept as that phone's, however often it is sent."""
    uploaded = (await request.form()).get("file")
    content = await uploaded.read() if isinstance(uploaded, UploadFile) else b""
    try:
        handed = msgspec.json.decode(content, type=HandedOver)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return await _gates_page(request, staff, event, {}, invalid([Problem("file", "file_unreadable")]))
    kept = unread = 0
    for phone in handed.phones:
        took = await _take_over(request, event, phone)
        kept, unread = kept + took, unread + len(phone.scans) + len(phone.walk_ins) - took
    if unread:
        partly = invalid([Problem("file", "file_partly", {"kept": kept, "unread": unread})])
        return await _gates_page(request, staff, event, {}, partly)
    return see_other(f"/desk/events/{event.slug}/gate?taken={kept}")


async def _take_over(request: Req, event: EventRow, phone: HandedPhone) -> int:
    """Keep what can be read, each entry for itself; groups first, because a scan may take one back."""
    keyring, device = keyring_of(request), None
    with suppress(Refused):  # what is no id is no phone of ours either
        device = await device_of_event(keyring, event.id, found_id(phone.device))
    if device is None:
        return 0
    # what the attaché brings in counts, also when the phone's time was over
    device = msgspec.structs.replace(device, revoked_at=None, expires_at=NEVER_OVER)
    received, offset = now(), timedelta(seconds=max(-1e9, min(1e9, phone.clock_offset)))
    kept, asks = 0, []
    for group in phone.walk_ins:
        with suppress(Refused):
            await actions.count_walk_in(device, rules.read_walk_in(group, received, offset))
            kept += 1
    for scan in phone.scans:
        with suppress(Refused):
            asks += rules.read_scans({"scans": [scan]}, keyring, received, offset)
    for first in range(0, len(asks), rules.MOST_SCANS):
        kept += len(await record_scans(keyring, device, asks[first : first + rules.MOST_SCANS]))
    return kept


HANDLERS = [gates, live, pair, revoke, acknowledge, wipe_rehearsal, take_over]
