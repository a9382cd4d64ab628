"""Everything that can happen, by name: what it happens to, and the sentence that the audit tells it with.

A new kind is one name in Kind, one line in KINDS and its translations. Free of the database: rules may name kinds.
"""

from enum import StrEnum

import msgspec

from app.validation.marks import _
from models.states import Letter


class Subject(StrEnum):
    """What something happens to."""

    ACCOUNT = "account"
    API_TOKEN = "api_token"  # noqa: S105 - the name of a table
    HOST_COUNTRY = "host_country"
    CONTACT = "contact"
    FESTIVAL = "festival"
    EVENT = "event"
    CAMPAIGN = "campaign"
    INVITATION = "invitation"
    REGISTRATION = "registration"
    PAIRING = "pairing"
    SCAN = "scan"
    WEBHOOK = "webhook"


class Kind(StrEnum):
    """What happened; the value is what the audit's rows hold."""

    ACCOUNT_ADDED = "account_added"
    ACCOUNT_DISABLED = "account_disabled"
    LOGGED_IN = "logged_in"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    ACCOUNT_INVITED = "account_invited"
    ACCOUNT_ENABLED = "account_enabled"
    LINK_MADE = "link_made"
    PASSWORD_SET = "password_set"  # noqa: S105 - a name
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    SESSION_ENDED = "session_ended"
    POSTED = "posted"
    POSTING_ENDED = "posting_ended"
    TOKEN_ADDED = "token_added"  # noqa: S105 - a name
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a name
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_ROTATED = "webhook_rotated"
    WEBHOOK_ENDED = "webhook_ended"
    WEBHOOK_ADOPTED = "webhook_adopted"
    COUNTRY_RENAMED = "country_renamed"
    ADDRESS_RETIRED = "address_retired"
    CONTACT_ADDED = "contact_added"
    CONTACT_EDITED = "contact_edited"
    CONTACT_CHECKED = "contact_checked"
    CONTACT_REMOVED = "contact_removed"
    FESTIVAL_CONFIRMED = "festival_confirmed"
    FESTIVAL_WITHDRAWN = "festival_withdrawn"
    EVENT_CREATED = "event_created"
    EVENT_EDITED = "event_edited"
    EVENT_PUBLISHED = "event_published"
    EVENT_CANCELLED = "event_cancelled"
    EVENT_DELETED = "event_deleted"
    EVENT_STEP_UNDONE = "event_step_undone"
    EVENTS_CHANGED = "events_changed"
    EVENTS_CHANGED_BACK = "events_changed_back"
    CAMPAIGN_RENAMED = "campaign_renamed"
    EVENT_REINSTATED = "event_reinstated"
    PICTURE_SET = "picture_set"
    PICTURE_DESCRIBED = "picture_described"
    PICTURE_REMOVED = "picture_removed"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation_revoked"
    ADOPTED = "adopted"
    REGISTERED = "registered"
    SOURCE_LET_IN = "source_let_in"
    SOURCE_GIVEN_UP = "source_given_up"
    MOVED_UP = "moved_up"
    MOVED_UP_BY_HAND = "moved_up_by_hand"
    MOVED_FIRST_BY_HAND = "moved_first_by_hand"
    PARTY_CHANGED = "party_changed"
    HANDED_ON = "handed_on"
    HANDED_BACK = "handed_back"
    REISSUED = "reissued"
    TICKET_REISSUED = "ticket_reissued"
    LINK_SHOWN = "link_shown"
    PAPER_MADE = "paper_made"
    ATTENTION_SET = "attention_set"
    GAVE_UP = "gave_up"
    TAKEN_AGAIN = "taken_again"
    REACH_ASKED = "reach_asked"
    REACH_LINKED = "reach_linked"
    REACH_ENDED = "reach_ended"
    LETTER_WRITTEN = "letter_written"
    LETTER_STOPPED = "letter_stopped"
    LETTERS_SET = "letters_set"
    LETTERS_TRIED_AGAIN = "letters_tried_again"
    TEXT_POSTED = "text_posted"
    ERASED = "erased"
    PURGED = "purged"
    NAMES_READ = "names_read"
    PARTY_READ = "party_read"
    EXPORTED = "exported"
    GATE_PAIRED = "gate_paired"
    DEVICE_ADDED = "device_added"
    GATE_REVOKED = "gate_revoked"
    CONFLICT_ACKNOWLEDGED = "conflict_acknowledged"
    REHEARSAL_WIPED = "rehearsal_wiped"


class Told(msgspec.Struct, frozen=True):
    """To what a kind of thing happens, the sentence that tells it, and the letter by which people hear of it."""

    subject: Subject
    sentence: str
    letter: Letter | None = None


KINDS: dict[Kind, Told] = {
    Kind.ACCOUNT_ADDED: Told(Subject.ACCOUNT, _("An account was added, or given a new name, role and password.")),
    Kind.ACCOUNT_DISABLED: Told(Subject.ACCOUNT, _("An account was disabled.")),
    Kind.LOGGED_IN: Told(Subject.ACCOUNT, _("Somebody logged in.")),
    Kind.LOGGED_OUT_EVERYWHERE: Told(Subject.ACCOUNT, _("Somebody logged out everywhere.")),
    Kind.ACCOUNT_INVITED: Told(Subject.ACCOUNT, _("Somebody was invited.")),
    Kind.ACCOUNT_ENABLED: Told(Subject.ACCOUNT, _("A disabled account was enabled again.")),
    Kind.LINK_MADE: Told(Subject.ACCOUNT, _("A one-time link for a new password was made.")),
    Kind.PASSWORD_SET: Told(Subject.ACCOUNT, _("A new password was set.")),
    Kind.SECOND_FACTOR_ON: Told(Subject.ACCOUNT, _("A second factor was set up.")),
    Kind.SECOND_FACTOR_OFF: Told(Subject.ACCOUNT, _("The second factor was removed.")),
    Kind.PASSKEY_ADDED: Told(Subject.ACCOUNT, _("A passkey was added.")),
    Kind.PASSKEY_REMOVED: Told(Subject.ACCOUNT, _("A passkey was removed.")),
    Kind.RECOVERY_CODES_RENEWED: Told(Subject.ACCOUNT, _("New recovery codes were made.")),
    Kind.SESSION_ENDED: Told(Subject.ACCOUNT, _("Somebody logged another browser out.")),
    Kind.POSTED: Told(Subject.ACCOUNT, _("An attaché was posted to a host country.")),
    Kind.POSTING_ENDED: Told(Subject.ACCOUNT, _("A posting ended.")),
    Kind.TOKEN_ADDED: Told(Subject.API_TOKEN, _("A token for programs was made.")),
    Kind.TOKEN_REVOKED: Told(Subject.API_TOKEN, _("A token for programs was revoked.")),
    Kind.WEBHOOK_ADDED: Told(Subject.WEBHOOK, _("A webhook was added.")),
    Kind.WEBHOOK_ROTATED: Told(Subject.WEBHOOK, _("A webhook got a new secret.")),
    Kind.WEBHOOK_ENDED: Told(Subject.WEBHOOK, _("A webhook was ended.")),
    Kind.WEBHOOK_ADOPTED: Told(Subject.WEBHOOK, _("A webhook was taken over.")),
    Kind.COUNTRY_RENAMED: Told(Subject.HOST_COUNTRY, _("A host country got another address.")),
    Kind.ADDRESS_RETIRED: Told(Subject.HOST_COUNTRY, _("A former address of a host country was retired.")),
    Kind.CONTACT_ADDED: Told(Subject.CONTACT, _("A contact was added.")),
    Kind.CONTACT_EDITED: Told(Subject.CONTACT, _("A contact was changed.")),
    Kind.CONTACT_CHECKED: Told(Subject.CONTACT, _("A contact was tried and works.")),
    Kind.CONTACT_REMOVED: Told(Subject.CONTACT, _("A contact was removed.")),
    Kind.FESTIVAL_CONFIRMED: Told(Subject.FESTIVAL, _("The dates of a festival were confirmed.")),
    Kind.FESTIVAL_WITHDRAWN: Told(Subject.FESTIVAL, _("A confirmation of festival dates was withdrawn.")),
    Kind.EVENT_CREATED: Told(Subject.EVENT, _("The event was written as a draft.")),
    Kind.EVENT_EDITED: Told(Subject.EVENT, _("The event was changed."), Letter.CHANGED),
    Kind.EVENT_PUBLISHED: Told(Subject.EVENT, _("The event was published.")),
    Kind.EVENT_CANCELLED: Told(Subject.EVENT, _("The event was cancelled."), Letter.CANCELLED),
    Kind.EVENT_DELETED: Told(Subject.EVENT, _("A draft was deleted.")),
    Kind.EVENTS_CHANGED: Told(Subject.EVENT, _("The event was changed together with others.")),
    Kind.EVENTS_CHANGED_BACK: Told(Subject.EVENT, _("A change of several events was taken back.")),
    Kind.CAMPAIGN_RENAMED: Told(Subject.CAMPAIGN, _("A campaign was renamed.")),
    Kind.EVENT_REINSTATED: Told(Subject.EVENT, _("A cancelled event takes place after all."), Letter.REINSTATED),
    Kind.EVENT_STEP_UNDONE: Told(Subject.EVENT, _("The last step with an event was undone."), Letter.REINSTATED),
    Kind.PICTURE_SET: Told(Subject.EVENT, _("The event got a picture.")),
    Kind.PICTURE_DESCRIBED: Told(Subject.EVENT, _("The picture was described in other words.")),
    Kind.PICTURE_REMOVED: Told(Subject.EVENT, _("The picture was removed.")),
    Kind.INVITED: Told(Subject.INVITATION, _("A community leader was invited.")),
    Kind.INVITATION_REVOKED: Told(Subject.INVITATION, _("An invitation was revoked.")),
    Kind.ADOPTED: Told(Subject.EVENT, _("A gate or an invitation was adopted.")),
    Kind.REGISTERED: Told(Subject.REGISTRATION, _("A party registered.")),
    Kind.SOURCE_LET_IN: Told(Subject.EVENT, _("Parties of one connection that were set aside were let in.")),
    Kind.SOURCE_GIVEN_UP: Told(Subject.EVENT, _("All places of one connection were given up.")),
    Kind.MOVED_UP: Told(Subject.REGISTRATION, _("A party moved up from the waiting list."), Letter.MOVED_UP),
    Kind.MOVED_UP_BY_HAND: Told(Subject.REGISTRATION, _("A waiting party was given places by hand.")),
    Kind.MOVED_FIRST_BY_HAND: Told(Subject.REGISTRATION, _("A party was put first on the waiting list.")),
    Kind.PARTY_CHANGED: Told(Subject.REGISTRATION, _("A party was changed."), Letter.BUS),
    Kind.HANDED_ON: Told(Subject.REGISTRATION, _("A ticket was handed on to a friend.")),
    Kind.HANDED_BACK: Told(Subject.REGISTRATION, _("A ticket that had been handed on was taken back.")),
    Kind.REISSUED: Told(Subject.REGISTRATION, _("A party got new tickets and a new link.")),
    Kind.TICKET_REISSUED: Told(Subject.REGISTRATION, _("One ticket of a party got a new code.")),
    Kind.LINK_SHOWN: Told(Subject.REGISTRATION, _("An attaché had a party's link shown.")),
    Kind.PAPER_MADE: Told(Subject.INVITATION, _("Tickets on paper were made.")),
    Kind.ATTENTION_SET: Told(Subject.REGISTRATION, _("The note for the gate was changed.")),
    Kind.GAVE_UP: Told(Subject.REGISTRATION, _("A party gave up its places.")),
    Kind.TAKEN_AGAIN: Told(Subject.REGISTRATION, _("A party took up again what it had given up.")),
    Kind.REACH_ASKED: Told(Subject.REGISTRATION, _("A party gave an e-mail address."), Letter.CONFIRM),
    Kind.REACH_LINKED: Told(Subject.REGISTRATION, _("A party wants to be told of changes."), Letter.REGISTERED),
    Kind.REACH_ENDED: Told(Subject.REGISTRATION, _("A party wants no more messages.")),
    Kind.LETTER_WRITTEN: Told(Subject.EVENT, _("A message to people was written.")),
    Kind.LETTER_STOPPED: Told(Subject.EVENT, _("A message to people was stopped.")),
    Kind.LETTERS_SET: Told(Subject.EVENT, _("It was set which messages go out by themselves.")),
    Kind.LETTERS_TRIED_AGAIN: Told(Subject.EVENT, _("Messages that had failed were tried again.")),
    Kind.TEXT_POSTED: Told(Subject.EVENT, _("A text was posted in a group.")),
    Kind.ERASED: Told(Subject.REGISTRATION, _("A party's data were erased at its wish.")),
    Kind.PURGED: Told(Subject.EVENT, _("Names and addresses were erased because their time was over.")),
    Kind.NAMES_READ: Told(Subject.EVENT, _("Names of parties were read.")),
    Kind.PARTY_READ: Told(Subject.REGISTRATION, _("A party was looked at.")),
    Kind.EXPORTED: Told(Subject.EVENT, _("The list of registrations was taken out as a file.")),
    Kind.GATE_PAIRED: Told(Subject.PAIRING, _("A gate was opened for phones.")),
    Kind.DEVICE_ADDED: Told(Subject.PAIRING, _("A phone was paired with a gate.")),
    Kind.GATE_REVOKED: Told(Subject.PAIRING, _("A gate's phones were revoked.")),
    Kind.CONFLICT_ACKNOWLEDGED: Told(Subject.SCAN, _("A conflict at the gate was seen.")),
    Kind.REHEARSAL_WIPED: Told(Subject.EVENT, _("The scans of a rehearsal were forgotten.")),
}
