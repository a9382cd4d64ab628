"""Host countries and how workers reach their attaché."""

from piccolo.columns import JSON, UUID, Boolean, Date, DoublePrecision, ForeignKey, Integer, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.states import ContactKind


class HostCountry(Table, tablename="host_country"):
    """A country that receives workers. `names` is {"km": …, "en": …}; `languages` are tags separated by blanks."""

    code = Varchar(length=2, primary_key=True)
    slug = Varchar(length=60, unique=True)
    names = JSON()
    time_zone = Varchar(length=60)
    languages = Varchar(length=60)
    paused = Boolean(default=False)
    position = Integer(default=0)


class Contact(Table):
    """One way to reach the attaché or the ministry. `host_country` is null for one that serves them all.

    `opening` is a list of {"days": [1, 2], "opens": "09:00", "closes": "17:00"} in the country's time (ISO weekdays);
    an empty one says nothing about hours. `hours` is its former free text and read no more.
    """

    id = UUID(primary_key=True)
    host_country = ForeignKey(HostCountry, null=True, on_delete=OnDelete.restrict)
    kind = Varchar(length=20, choices=ContactKind)
    label = JSON()
    value = Varchar(length=300)
    hours = Text(default="")
    position = Integer(default=0)
    checked_on = Date(null=True, default=None)
    opening = JSON(default="[]")
    latitude = DoublePrecision(null=True, default=None)
    longitude = DoublePrecision(null=True, default=None)


class FormerSlug(Table, tablename="former_slug"):
    """An address that a host country had before. Feeds go on under it until it is `gone`; then they say where to go."""

    slug = Varchar(length=60, primary_key=True)
    successor = Varchar(length=60)
    gone = Boolean(default=False)
