// SPDX-License-Identifier: Apache-2.0
//
// Numbers, sizes, durations and times as text. Pure but for the browser's time zone. null is "–": not known.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const unknown = "–";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export function count(value) {
  return isNumber(value) ? whole.format(value) : unknown;
}

/// A noun with its number: "1 line", "2 lines".
export function counted(value, one, many = one + "s") {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function rate(value) {
  if (!isNumber(value)) return unknown;
  if (value !== 0 && Math.abs(value) < 0.05) return "< 0.1";
  return Math.abs(value) < 10 && value !== 0 ? tenth.format(value) : whole.format(value);
}

const compactForm = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/// For the scale of a chart: "1.5K", "0.2".
export function compact(value) {
  return compactForm.format(value);
}

export function bytes(value) {
  if (!isNumber(value)) return unknown;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let at = 0;
  while (Math.abs(value) >= 1024 && at + 1 < units.length) {
    value /= 1024;
    at += 1;
  }
  return `${at > 0 && value < 100 ? tenth.format(value) : whole.format(value)} ${units[at]}`;
}

export function percent(share) {
  if (!isNumber(share)) return unknown;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value < 10 && value > 0 ? tenth.format(value) : whole.format(value)} %`;
}

/// "40 s", "2 min 10 s", "3 h 20 min", "5 d 3 h".
export function duration(seconds) {
  if (!isNumber(seconds)) return unknown;
  if (seconds < 0) seconds = 0;
  if (seconds < 1 && seconds > 0) return "< 1 s";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const parts = [
    ["y", 31557600],
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const first = parts.findIndex(([, size]) => seconds >= size);
  const [unit, size] = parts[first];
  const main = Math.floor(seconds / size);
  const [nextUnit, nextSize] = parts[Math.min(first + 1, parts.length - 1)];
  const rest = Math.floor((seconds - main * size) / nextSize);
  return rest > 0 && nextUnit !== unit ? `${main} ${unit} ${rest} ${nextUnit}` : `${main} ${unit}`;
}

/// In one unit: "now", "6 min ago".
export function ago(seconds) {
  if (!isNumber(seconds)) return unknown;
  return seconds < 1 ? "now" : `${duration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

/// A duration that is a guess: "40 s", "29 min", "3 h 20 min", "5 d 3 h".
export function roughly(seconds) {
  if (!isNumber(seconds)) return unknown;
  if (seconds < 60) return duration(seconds);
  return duration(seconds < 86400 ? Math.floor(seconds / 60) * 60 : Math.floor(seconds / 3600) * 3600);
}

const largeCounts = /(?<![\w.,:])\d{5,15}(?= (?:lines?|points?|series|values?)\b)/g;

/// With a capital and a full stop, as a sentence of its own; large counts in it are grouped as those in tables are.
export function asSentence(text) {
  const said = String(text ?? "").trim().replace(largeCounts, (digits) => count(Number(digits)));
  if (said === "") return "";
  return said[0].toUpperCase() + said.slice(1) + (/[.!?:]$/.test(said) ? "" : ".");
}

/// How long points are kept: whole units where that is exact.
export function kept(seconds) {
  return isNumber(seconds) ? `kept for ${duration(seconds)}` : "kept for ever";
}

const clockForm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayForm = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/// Local time of a Unix time in seconds; with the day if that is not `today`'s.
export function clock(time, today = Date.now() / 1000) {
  if (!isNumber(time)) return unknown;
  const at = new Date(time * 1000);
  const text = clockForm.format(at);
  return at.toDateString() === new Date(today * 1000).toDateString() ? text : `${dayForm.format(at)}, ${text}`;
}

// What would not be seen, or would turn the text around it: controls, directions, joiners, separators, byte order mark,
// lone surrogates.
const hiddenCharacters =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/// The text with what cannot be seen made visible.
export function visible(text) {
  return String(text ?? "").replace(hiddenCharacters, (character) => {
    const code = character.charCodeAt(0);
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`; // fonts have no signs for them that can be read
  });
}
