"""`bon country`."""

import argparse
import re

from app.activity.record import OPERATOR
from app.database.ready import ready
from app.directory import actions
from app.directory.rules import RESERVED
from app.i18n.operators import Failed, told
from app.settings import Settings


async def rename(arguments: argparse.Namespace, settings: Settings) -> int:
    """Give a host country another address; the old one goes on working."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,59}", arguments.new) or arguments.new in RESERVED:
        raise Failed(f"{arguments.new} cannot be an address: small letters, digits and hyphens, and no reserved word.")
    async with ready(settings):
        renaming = actions.rename(arguments.old, arguments.new, OPERATOR)
        await told(renaming, f"There is no host country at the address {arguments.old}.")
    print(f"/{arguments.old}/ is /{arguments.new}/ now; its feeds go on under both.")
    return 0


async def retire(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve a former address no longer; its feeds say where to go."""
    async with ready(settings):
        if not await actions.retire(arguments.old, OPERATOR):
            raise Failed(f"{arguments.old} is no former address of a host country.")
    print(f"The feeds of {arguments.old} say where to go from now on.")
    return 0
