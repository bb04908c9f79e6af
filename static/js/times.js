// Turns every <time> into "3 hours ago" in the language of the page, and keeps it true.
const lang = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: lang.startsWith("zh") ? "long" : "narrow" });
const thisYear = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric" });
const anyYear = new Intl.DateTimeFormat(lang, { year: "numeric", month: "short", day: "numeric" });
const justNow = lang.startsWith("zh") ? "刚刚" : relative.format(0, "second"); // what the browser offers, 现在, is the present
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const DAYS_THAT_STAY_RELATIVE = 14;

export function ago(moment, now = Date.now()) {
  const seconds = Math.round((moment - now) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return relative.format(Math.trunc(seconds / size), unit);
}

function show(element) {
  if (element.closest("[data-exact]")) return; // "until in 23 hours" is no sentence
  const moment = new Date(element.dateTime);
  if (!element.title) element.title = element.textContent;
  const old = Math.abs(Date.now() - moment) > DAYS_THAT_STAY_RELATIVE * 86400e3;
  if (element.hasAttribute("data-day") || old) {
    const format = moment.getFullYear() === new Date().getFullYear() ? thisYear : anyYear;
    element.textContent = format.format(moment);
  } else {
    const seconds = Math.abs(Date.now() - moment) / 1000;
    element.textContent = seconds < 45 ? justNow : ago(moment);
  }
}

export function keepTimes(root) {
  root.querySelectorAll("time[datetime]").forEach(show);
}

setInterval(() => keepTimes(document), 30000);
