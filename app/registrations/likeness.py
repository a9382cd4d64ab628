"""Which parties look alike. Pure."""

from uuid import UUID

import msgspec

from app.registrations.names import folded
from app.registrations.shapes import Cluster

LEAST = {"phone": 2, "name": 3, "burst": 10}  # parties that make a group; a burst is within one second
MOST_CLUSTERS = 50
A_PAGE = 100  # parties


class Likeness:
    """Groups of parties that look alike: one phone, one name, or a burst. A look, not a verdict."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], list[str]] = {}

    def add(self, party: str, name: str, second: str, phone: str = "") -> None:
        """Put a booked party beside those that it is like; `phone` is any text that is the same for the
        same number, `second` one that is the same within one second."""
        if phone:
            self._groups.setdefault(("phone", phone), []).append(party)
        if name := folded(name):
            self._groups.setdefault(("name", name), []).append(party)
        self._groups.setdefault(("burst", second), []).append(party)

    def clusters(self) -> list[Cluster]:
        """The groups that are worth a look, the largest first."""
        found = [
            Cluster(why, tuple(map(UUID, group)))
            for (why, _), group in self._groups.items()
            if len(group) >= LEAST[why]
        ]
        return sorted(found, key=lambda cluster: -len(cluster.parties))[:MOST_CLUSTERS]


def parts_of(clusters: list[Cluster]) -> list[list[Cluster]]:
    """Pages of at most A_PAGE parties; a group that is larger goes on with the next one."""
    pages: list[list[Cluster]] = [[]]
    left = A_PAGE
    for cluster in clusters:
        parties = cluster.parties
        while parties:
            pages[-1].append(msgspec.structs.replace(cluster, parties=parties[:left], size=len(cluster.parties)))
            parties, left = parties[left:], left - len(parties[:left])
            if not left:
                pages.append([])
                left = A_PAGE
    return [page for page in pages if page]
