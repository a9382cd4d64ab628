"""What releases before data keys wrote is sealed under keys of its own, a little at a time, while Bon serves."""

from app.activity.resealing import reseal_audit
from app.gate.resealing import reseal_gates
from app.registrations.resealing import reseal_invitations, reseal_parties
from app.security.keyring import Keyring


async def reseal(keyring: Keyring) -> int:
    """Seal what is not sealed under a key of its own yet; returns how many rows. Stopped, it goes on another time."""
    return (
        await reseal_parties(keyring)
        + await reseal_invitations(keyring)
        + await reseal_gates(keyring)
        + await reseal_audit(keyring)
    )
