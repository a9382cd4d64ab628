"""The states, rules and kinds that tables hold as words. Imports nothing, so that rules may use them too."""

from enum import StrEnum


class EventState(StrEnum):
    """A draft is for its attachés; a published event is seen by everybody and, once called off, stays as cancelled."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class RegistrationState(StrEnum):
    """Whether a party has places, waits for them, gave them up, or is only an anonymous count any more."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    ERASED = "erased"


class TicketState(StrEnum):
    """Whether a ticket admits, will once its party moves up, or does no more."""

    VALID = "valid"
    WAITING = "waiting"
    GIVEN_UP = "given_up"
    HANDED_ON = "handed_on"


class EntryRule(StrEnum):
    """How often a ticket admits: once, once each day, or in and out as one likes."""

    ONCE = "once"
    DAILY = "daily"
    FREE = "free"


class Festival(StrEnum):
    """What an event is held for."""

    KHMER_NEW_YEAR = "khmer_new_year"
    PCHUM_BEN = "pchum_ben"
    VISAK_BOCHEA = "visak_bochea"
    MEAK_BOCHEA = "meak_bochea"
    KATHINA = "kathina"
    WATER_FESTIVAL = "water_festival"
    OTHER = "other"


class Direction(StrEnum):
    """Which way somebody passes the gate."""

    IN = "in"
    OUT = "out"


class Outcome(StrEnum):
    """What the gate says of a ticket; `CONFLICT`: a phone let somebody in whom the judge would have refused."""

    ADMITTED = "admitted"
    ALREADY_ADMITTED = "already_admitted"
    LEFT = "left"
    CONFLICT = "conflict"
    REFUSED = "refused"


class Act(StrEnum):
    """What the gate does about a ticket: a first admission, a return, a leaving, a count without ticket, or nothing."""

    ADMIT = "admit"
    RETURN = "return"
    LEAVE = "leave"
    COUNT = "count"
    NOTHING = ""


class Channel(StrEnum):
    """How a party may be told something."""

    PHONE = "phone"
    EMAIL = "e-mail"
    TELEGRAM = "telegram"
    PUSH = "push"


class Letter(StrEnum):
    """What people are told. `REMINDER_EVE` goes out the day before, `REMINDER` on the day; `WRITTEN` by an attaché."""

    CONFIRM = "confirm"
    REGISTERED = "registered"
    MOVED_UP = "moved_up"
    BUS = "bus"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    REMINDER_EVE = "reminder_eve"
    REMINDER = "reminder"
    WRITTEN = "written"


class MessageState(StrEnum):
    """Where a message is: waiting, being sent, sent, given up as failed, or not to be sent any more."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


class ContactKind(StrEnum):
    """How workers reach the attaché or the ministry."""

    HOTLINE = "hotline"
    PHONE = "phone"
    TELEGRAM = "telegram"
    MESSENGER = "messenger"
    FACEBOOK = "facebook"
    WHATSAPP = "whatsapp"
    LINE = "line"
    KAKAOTALK = "kakaotalk"
    EMAIL = "e-mail"
    OFFICE = "office"


class Role(StrEnum):
    """What an account is for."""

    ATTACHE = "attache"
    HQ = "hq"


class ActorKind(StrEnum):
    """Who did something: somebody of the staff, the public, a phone at the gate, the command line, or a rule."""

    STAFF = "staff"
    WORKER = "worker"
    DEVICE = "device"
    OPERATOR = "operator"
    RULE = "rule"


class Measure(StrEnum):
    """What is counted of an event and stays; the key is a language, a bus, an invitation, or a quarter of an hour."""

    PARTIES = "parties"
    REGISTERED = "registered"
    CHILDREN = "children"
    WAITING = "waiting"
    MOVED_UP = "moved_up"
    GAVE_UP = "gave_up"
    CAME = "came"
    NOT_COME = "not_come"
    WALK_INS = "walk_ins"
    ARRIVALS = "arrivals"
    LANGUAGE = "language"
    BUS = "bus"
    INVITATION = "invitation"


class PictureKind(StrEnum):
    """The files that are kept of a picture."""

    WEBP = "webp"
    JPG = "jpg"
