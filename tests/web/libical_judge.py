"""Run by the system's Python, which has libical: reads a calendar from standard input and prints what it understood."""

import json
import sys

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as ICal  # noqa: E402

calendar = ICal.Component.new_from_string(sys.stdin.read())
errors, events = [], []


def walk(component):
    found = component.get_first_property(ICal.PropertyKind.XLICERROR_PROPERTY)
    while found:
        errors.append(found.as_ical_string())
        found = component.get_next_property(ICal.PropertyKind.XLICERROR_PROPERTY)
    inner = component.get_first_component(ICal.ComponentKind.ANY_COMPONENT)
    children = []
    while inner:
        children.append(inner)
        inner = component.get_next_component(ICal.ComponentKind.ANY_COMPONENT)
    for child in children:
        if child.isa() == ICal.ComponentKind.VEVENT_COMPONENT:
            start, zone = child.get_dtstart(), None
            name = child.get_first_property(ICal.PropertyKind.DTSTART_PROPERTY).get_first_parameter(
                ICal.ParameterKind.TZID_PARAMETER
            )
            if name:
                zone = calendar.get_timezone(name.get_tzid())
            events.append(
                {
                    "uid": child.get_uid(),
                    "summary": child.get_summary(),
                    "start": start.as_timet_with_zone(zone),
                    "sequence": child.get_sequence(),
                    "status": int(child.get_status()),
                }
            )
        walk(child)


walk(calendar)
json.dump({"errors": errors, "events": events}, sys.stdout)
