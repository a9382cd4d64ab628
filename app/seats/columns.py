"""A column has one owner: the room that alone writes it once a row is there. A test holds this against every statement.

Tables that one room owns whole stand in TABLES; of the tables that several share, COLUMNS names the columns of seats,
and MESSAGES those of messages.
"""

TABLES = {
    "account": "accounts",
    "session": "accounts",
    "api_token": "accounts",
    "posting": "accounts",
    "host_country": "directory",
    "contact": "directory",
    "former_slug": "directory",
    "confirmed_festival": "festivals",
    "event": "events",
    "event_picture": "events",
    "pickup_point": "events",
    "counter": "events",
    "feed_stamp": "events",
    "registration": "registrations",
    "ticket": "registrations",
    "invitation": "registrations",
    "reach": "registrations",
    "admission": "seats",
    "tally": "seats",
    "head_count": "seats",
    "pairing": "gate",
    "gate_device": "gate",
    "scan": "gate",
    "walk_in": "gate",
    "throttle": "web",
    "idempotency": "web",
    "second_factor": "accounts",
    "passkey": "accounts",
    "recovery_code": "accounts",
    "one_time_link": "accounts",
    "campaign": "events",
    "place_left": "events",
    "announcement": "activity",
    "message": "messages",
    "channel_state": "messages",
    "reach_token": "registrations",
    "webhook": "webhooks",
    "delivery": "webhooks",
    "webhook_mark": "webhooks",
    "erased": "registrations",
    "claim": "database",
    "key_check": "database",
    "data_key": "database",
    "heartbeat": "care",
    "audit_entry": "activity",
}

COLUMNS = {
    "event": {"revision", "content_revision", "modified_at", "seats_taken", "seats_waiting", "tallied_revision",
        "kept_until",
    },
    "pickup_point": {"seats_taken"},
    "registration": {
        "state", "revision", "wait_position", "passed_over", "party", "children", "pickup_point", "last_ticket",
        "ended_at", "ended_by", "kept_until",
        "set_aside_at",
    },
    "ticket": {"state", "revision", "ended_at"},
}  # fmt: skip

MESSAGES = {"event": {"letters_off"}, "announcement": {"told_at", "fanned_to", "fanned_at", "stopped_at"}}


def owner(table: str, column: str) -> str:
    """The room that writes a column of rows that are there; raises KeyError for a table that nobody owns."""
    if column in MESSAGES.get(table, ()):
        return "messages"
    return "seats" if column in COLUMNS.get(table, ()) else TABLES[table]
