"""How a party is reached: the addresses it gave, sealed, one by channel."""

from uuid import UUID, uuid4

from app.database.connection import insert, now
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash, seal
from models.registrations import Reach
from models.states import Channel


async def add_reaches(keyring: Keyring, registration: UUID, reaches: dict[Channel, str]) -> None:
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
                "sealed_address": seal(keyring, address, f"reach.sealed_address:{row}"),
                "address_hash": keyed_hash(keyring, "reach", address),
                "consented_at": moment,
            }
            for row, channel, address in rows
        ),
    )


async def set_reaches(keyring: Keyring, registration: UUID, reaches: dict[Channel, str]) -> None:
    """The addresses on these channels in place of what was there; "" for none any more."""
    if reaches:
        await Reach.delete().where(
            Reach.registration == registration, Reach.channel.is_in([channel.value for channel in reaches])
        )
        await add_reaches(keyring, registration, reaches)
