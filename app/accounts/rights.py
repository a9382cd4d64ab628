"""Who may what: one table, used by pages, API and templates alike, and shown at the desk. Pure.

A person is one or more of PARTS for an event: HQ by the account, attaché by a posting to its country, helper by one to
the event alone. HQ reads no name anywhere, with a posting or without.
"""

from enum import StrEnum

from app.validation.marks import _


class Part(StrEnum):
    """What somebody is for an event."""

    HELPER = "helper"
    ATTACHE = "attache"
    HQ = "hq"
    HQ_POSTED = "hq_posted"


class Right(StrEnum):
    """What somebody may do."""

    COUNTS = "counts"
    GATE = "gate"
    CHANGE_EVENTS = "change_events"
    NAMES = "names"
    INVITATIONS = "invitations"
    MESSAGES = "messages"
    CONTACTS = "contacts"
    EXPORTS = "exports"
    MINISTRY = "ministry"
    FESTIVALS = "festivals"
    ACCOUNTS = "accounts"


HELPER, ATTACHE, HQ, HQ_POSTED = Part

MAY: dict[Right, frozenset[Part]] = {
    Right.COUNTS: frozenset({HELPER, ATTACHE, HQ, HQ_POSTED}),
    Right.GATE: frozenset({HELPER, ATTACHE}),
    Right.CHANGE_EVENTS: frozenset({ATTACHE, HQ_POSTED}),
    Right.NAMES: frozenset({ATTACHE}),
    Right.INVITATIONS: frozenset({ATTACHE}),
    Right.MESSAGES: frozenset({ATTACHE, HQ_POSTED}),
    Right.CONTACTS: frozenset({ATTACHE, HQ_POSTED}),
    Right.EXPORTS: frozenset({ATTACHE}),
    Right.MINISTRY: frozenset({HQ}),
    Right.FESTIVALS: frozenset({HQ}),
    Right.ACCOUNTS: frozenset({HQ}),
}

WORDS: dict[Right, str] = {
    Right.COUNTS: _("See events and how many people come"),
    Right.GATE: _("Open the gate, pair phones, let people in"),
    Right.CHANGE_EVENTS: _("Write, change, publish and cancel events"),
    Right.NAMES: _("Find parties, see names and phone numbers, act for them"),
    Right.INVITATIONS: _("Invite community leaders"),
    Right.MESSAGES: _("Tell people of an event something, stop what is being told"),
    Right.CONTACTS: _("Change the contacts of a host country"),
    Right.EXPORTS: _("Take lists of registrations out"),
    Right.MINISTRY: _("Change the ministry's contacts"),
    Right.FESTIVALS: _("Confirm the dates of festivals"),
    Right.ACCOUNTS: _("Invite people, post them, end postings"),
}

PARTS: dict[Part, str] = {
    HELPER: _("Event helper"),
    ATTACHE: _("Labour attaché"),
    HQ: _("HQ"),
    HQ_POSTED: _("HQ with a posting there"),
}
