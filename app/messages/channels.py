"""Which channels are set up: an adapter each, in one place. A new channel is a file and a line here."""

from app.messages.mail import Mail
from app.messages.push import Push
from app.messages.shapes import Adapter
from app.messages.sms import Sms
from app.messages.telegram import Telegram
from app.security.keyring import Keyring
from app.settings import Settings
from models.states import Channel


def adapters(settings: Settings, keyring: Keyring) -> list[Adapter]:
    """An adapter for each channel that is set up."""
    given, made = settings.channels, list[Adapter]()
    if given.telegram_token:
        made.append(Telegram(given.telegram_api, given.telegram_token))
    if given.push_contact:
        made.append(Push(keyring, given.push_contact, given.push_hosts))
    if given.smtp_url:
        made.append(Mail(given.smtp_url, given.mail_from, settings.host))
    if given.sms_url:
        made.append(Sms(given.sms_url))
    return made


def set_up(settings: Settings) -> list[Channel]:
    """The channels that are set up, the dearest to people first."""
    given = settings.channels
    told = (
        (Channel.TELEGRAM, given.telegram_token),
        (Channel.PUSH, given.push_contact),
        (Channel.EMAIL, given.smtp_url),
        (Channel.PHONE, given.sms_url),
    )
    return [channel for channel, setting in told if setting]
