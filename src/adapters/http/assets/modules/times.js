// Times of the last week become relative; the title keeps the exact one, in the viewer's zone.

const STEPS = [
  [60, 60, "minute"], // “this minute”
  [3600, 60, "minute"],
  [86400, 3600, "hour"],
  [604800, 86400, "day"],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "long" });

function tell(node) {
  const moment = new Date(node.dateTime);
  node.title = exact.format(moment);
  node.dataset.text ??= node.textContent;
  const seconds = (moment - Date.now()) / 1000;
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  node.textContent = step
    ? relative.format(Math.trunc(seconds / step[1]), step[2])
    : node.dataset.text;
}

const tellAll = () => document.querySelectorAll("time[data-relative]").forEach(tell);

document.addEventListener("htmx:load", tellAll);
setInterval(tellAll, 60_000);
tellAll();
