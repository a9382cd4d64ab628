"""How a party is reached: the addresses it gave, sealed, one by channel."""

from uuid import UUID, uuid4

from app.database.connection import insert, now
from app.security.keyring import Keyring
from app.security.sealing import RowKey, keyed_hash
from models.registrations import Reach
from models.states import Channel


async def add_reaches(
    keyring: Keyring, key: RowKey, event: UUID, registration: UUID, reaches: dict[Channel, str]
) -> None:
    """Write down the addresses of a new party."""
    moment = now()
    rows = [(uuid4(), channel, address) for channel, address in reaches.items() if address]
    await insert(
        Reach,
        *(
            {
                "id": row,
                "registration": registration,
                "channel": channel.value,
                "sealed_address": key.seal(address, f"reach.sealed_address:{row}"),
                "address_hash": address_hash(keyring, event, address),
                "consented_at": moment,
            }
            for row, channel, address in rows
        ),
    )


def address_hash(keyring: Keyring, event: UUID, address: str) -> str:
    """Equal for equal addresses of one event; of two events nobody can tell whether the same person came to both."""
    return keyed_hash(keyring, "reach", f"{event}:{address}")


async def set_reaches(
    keyring: Keyring, key: RowKey, event: UUID, registration: UUID, reaches: dict[Channel, str]
) -> None:
    """The addresses on these channels in place of what was there; "" for none any more."""
    if reaches:
        await Reach.delete().where(
            Reach.registration == registration, Reach.channel.is_in([channel.value for channel in reaches])
        )
        await add_reaches(keyring, key, event, registration, reaches)
