"""What releases before data keys wrote is sealed under keys of its own, a little at a time, while Bon serves.

Afterwards the tables where it stood are written anew once: what lay in their gaps was sealed under no key that ends.
"""

from datetime import timedelta

from app.activity.resealing import reseal_audit
from app.database.connection import current, now
from app.gate.resealing import reseal_gates
from app.registrations.resealing import reseal_invitations, reseal_parties
from app.security.keyring import Keyring
from models.guards import Heartbeat

TABLES = ("registration", "ticket", "reach", "idempotency", "invitation", "pairing", "scan", "audit_entry")
MARK = "resealed"
LATER = timedelta(hours=1)  # nobody reads for so long


async def reseal(keyring: Keyring) -> int:
    """Seal what is not sealed under a key of its own yet; returns how many rows. Stopped, it goes on another time."""
    done = (
        await reseal_parties(keyring)
        + await reseal_invitations(keyring)
        + await reseal_gates(keyring)
        + await reseal_audit(keyring)
    )
    if done:
        mark = Heartbeat(name=MARK, at=now(), waits=0)
        await Heartbeat.insert(mark).on_conflict(target=Heartbeat.name, action="DO UPDATE", values=[Heartbeat.at])
    return done


async def rewrite() -> bool:
    """Write the tables of old anew, once nobody can need what stood there; False while that must wait."""
    mark = await Heartbeat.select(Heartbeat.at).where(Heartbeat.name == MARK).first()
    if mark is None:
        return True
    if mark["at"] > now() - LATER or not await current().rewrite(TABLES):
        return False
    await Heartbeat.delete().where(Heartbeat.name == MARK, Heartbeat.at == mark["at"])
    return True
