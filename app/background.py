"""What goes on beside the requests: jobs of every installation, letters and webhooks going out, the bot listening."""

from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

from app.care.erased import note_erased
from app.care.heartbeat import EVERY, beat
from app.care.purge import purge_if_time_is_sound
from app.care.resealing import reseal, rewrite
from app.database.claims import Job, keep_running
from app.database.data_keys import sweep
from app.events.undoing import remove_deleted
from app.messages.bot import Bot
from app.messages.channels import adapters
from app.messages.fanning import remind
from app.messages.sending import Sender
from app.messages.worker import keep_hearing, keep_listening, keep_sending
from app.registrations.erasure import forget_ended_names
from app.registrations.rushes import forget_sources
from app.seats.tally import tally_ended
from app.seats.waiting import end_keeping
from app.security.keyring import Keyring
from app.settings import Settings
from app.webhooks.finding import Lookout, forget_deliveries
from app.webhooks.sending import Courier


async def forget_ended() -> None:
    """What could be undone and cannot any more: names of places that were given up, drafts that were deleted."""
    await forget_ended_names()
    await remove_deleted()


def jobs(settings: Settings, keyring: Keyring) -> list[Job]:
    """What runs in the background, each slot of it in one process."""
    in_a_file = settings.sqlite_path is not None
    return [
        Job("heartbeat", EVERY, beat),
        Job("erased", timedelta(minutes=1), partial(note_erased, settings.data_dir), claimed=False),
        Job("reseal", timedelta(days=1), partial(reseal, keyring)),
        Job("rewrite", timedelta(hours=1), rewrite),
        Job("kept", timedelta(minutes=1), end_keeping),
        Job("ended", timedelta(minutes=1), forget_ended),
        Job("sources", timedelta(hours=1), forget_sources),
        Job("remind", timedelta(minutes=1), remind),
        Job("tally", timedelta(minutes=10), tally_ended),
        Job("told", timedelta(days=1), forget_deliveries),
        Job("news", timedelta(seconds=3), Lookout().find, claimed=False),
        Job("purge", timedelta(hours=1), partial(purge_if_time_is_sound, keyring)),
        # PostgreSQL locks the table for the moment that it takes to write it anew
        Job("sweep", timedelta(seconds=20) if in_a_file else timedelta(hours=1), sweep, claimed=not in_a_file),
    ]


def background(settings: Settings, keyring: Keyring, bot: Bot | None) -> list[Coroutine[Any, Any, None]]:
    """Everything that goes on beside the requests: jobs, sending, and hearing what the bot is told."""
    running = [keep_running(job) for job in jobs(settings, keyring)]
    running.append(keep_sending(Sender(keyring, settings.base_url, adapters(settings, keyring))))
    running.append(Courier(keyring, settings.channels.webhook_hosts).keep_delivering())
    if bot:
        running.append(keep_listening(bot) if settings.channels.telegram_webhook else keep_hearing(bot))
    return running
