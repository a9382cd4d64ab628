// Reads a calendar from standard input with ical.js (Thunderbird, Nextcloud) and node-ical; prints what each understood.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
import nodeIcal from "node-ical";

const text = readFileSync(0, "utf8");
ICAL.design.strict = true;
const root = new ICAL.Component(ICAL.parse(text));
for (const zone of root.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
const first = root.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    start: event.startDate.toJSDate().getTime() / 1000,
    sequence: event.sequence,
    status: component.getFirstPropertyValue("status"),
  };
});
const second = Object.values(nodeIcal.sync.parseICS(text))
  .filter((each) => each.type === "VEVENT")
  .map((each) => ({
    uid: each.uid,
    summary: typeof each.summary === "object" ? each.summary.val : each.summary,
    start: each.start.getTime() / 1000,
    sequence: Number(each.sequence),
    status: each.status,
  }));
console.log(JSON.stringify({ "ical.js": first, "node-ical": second }));
