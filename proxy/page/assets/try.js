// SPDX-License-Identifier: Apache-2.0
//
// Line protocol that is explained while it is typed (POST /explain, which keeps nothing), and sent if that is wanted.

import { byId, el, excerpt, name, pill, plainLines, prose, setAttribute, setText, show } from "./dom.js";
import { count, counted, visible } from "./format.js";
import { api, ask, at } from "./live.js";

const pauseOfTyping = 250;
const shownMost = 50;
const bytesMost = 65536;
const words = { accepted: "accepted", mended: "repaired", noted: "accepted, but look", rejected: "rejected", dropped: "dropped" };
const levels = { accepted: "good", mended: "warn", noted: "warn", rejected: "bad", dropped: "warn" };

const seconds = () => String(Math.floor(Date.now() / 1000));
const examples = [
  ["a good line", () => "cpu,host=web01,region=eu usage=0.64,cores=8i", "ns"],
  ["seconds sent as nanoseconds", () => `cpu,host=web01 usage=0.64 ${seconds()}`, "ns"],
  ["a space after a comma", () => "cpu,host=web01, region=eu usage=0.64", "ns"],
  ["a decimal comma", () => "disk,path=/var used=71,5", "ns"],
  ["text without quotes", () => "job,name=import state=running", "ns"],
  ["an empty tag", () => "cpu,host= usage=0.64", "ns"],
];

let timer = 0;
let controller = null;
let sent = null; // what was sent last, as sending() has it
let sentAt = 0;
let busy = false;

function where() {
  return { db: byId("try-database").value.trim() || "test", rp: byId("try-policy").value.trim(), precision: byId("try-precision").value };
}

const sending = () => JSON.stringify([byId("try-lines").value, where()]);

/// The button: quiet where nothing would be kept, and another where the same was sent before.
function setButton(accepted) {
  const button = byId("try-send");
  const again = sent !== null && sent === sending();
  setText(button, again ? "Send again" : "Send it");
  if (sent !== null && !again && !busy) show(byId("try-answer"), false); // it was about another
  if (accepted !== undefined || again) button.classList.toggle("main", !again && accepted !== 0);
  setAttribute(button, "aria-disabled", busy || byId("try-lines").value.trim() === "");
}

// ---- explained -----------------------------------------------------------------------------------

function soon() {
  clearTimeout(timer);
  timer = setTimeout(explain, pauseOfTyping);
}

async function explain() {
  clearTimeout(timer);
  if (controller !== null) controller.abort();
  const text = byId("try-lines").value;
  setButton();
  if (text.trim() === "") {
    setText(byId("try-sum"), "");
    byId("try-verdicts").replaceChildren();
    return;
  }
  if (new TextEncoder().encode(text).length > bytesMost) {
    setText(byId("try-sum"), "More than 64 KiB: too much to explain at once. “Send it” takes more, and so does weir lint.");
    byId("try-verdicts").replaceChildren();
    return;
  }
  const mine = new AbortController();
  controller = mine;
  try {
    const answer = await ask(`${api}explain?${new URLSearchParams(where())}`, { method: "POST", body: text, signal: AbortSignal.any?.([mine.signal, AbortSignal.timeout(10000)]) ?? mine.signal });
    if (controller !== mine) return;
    draw(answer);
  } catch (error) {
    if (error.name === "AbortError" || controller !== mine) return;
    setText(byId("try-sum"), error.message);
    byId("try-verdicts").replaceChildren();
  }
}

function draw(answer) {
  const lines = answer.lines ?? [];
  setButton(answer.accepted);
  if (sent !== null && sent === sending()) return; // what came of it is told already
  const sums = [`${counted(answer.accepted, "line")} would be accepted`, `${count(answer.rejected)} rejected`];
  if (answer.dropped > 0) sums.push(`${count(answer.dropped)} dropped`);
  setText(byId("try-sum"), sums.join(", ") + (answer.truncated ? "; not all was looked at" : ""));
  const nodes = lines.slice(0, shownMost).map((line) => drawLine(line, lines.length > 1));
  if (lines.length > shownMost) nodes.push(el("p", { class: "quiet" }, `and ${count(lines.length - shownMost)} further lines`));
  byId("try-verdicts").replaceChildren(...nodes);
}

function drawLine(line, several) {
  const node = el("div", { class: "verdict" });
  const level = levels[line.verdict] ?? "unknown";
  const head = el("p", {}, pill(level, words[line.verdict] ?? line.verdict ?? ""), " ");
  if (several) head.append(`line ${line.line} `);
  if (line.title) head.append(el("strong", {}, prose(line.title)), " ");
  if (line.code) head.append(el("code", {}, line.code));
  node.append(head);
  const isBad = line.verdict === "rejected" || line.verdict === "dropped";
  if (several || typeof line.mark_column === "number") node.append(excerpt(line.shown ?? line.text, line.mark_column, line.mark_columns));
  if (line.explanation) node.append(el("p", {}, prose(line.explanation)));
  if (line.remedy) node.append(el("p", {}, el("strong", {}, "What to do: "), prose(line.remedy)));
  if (line.message && isBad) node.append(el("p", { class: "quiet" }, "Its sender is told: ", prose(line.message, 500)));
  for (const note of line.notes ?? []) {
    node.append(el("p", {}, el("strong", {}, prose(note.title || note.code)), ": ", prose(note.explanation ?? ""), note.remedy ? " " : "", note.remedy ? prose(note.remedy) : ""));
  }
  const unit = /^precision_/.test(line.code ?? "") ? unitOf(line.text) : null;
  if (unit !== null) {
    const read = el("button", { type: "button" }, `Read as ${unit[1]}`);
    read.addEventListener("click", () => {
      byId("try-precision").value = unit[0];
      byId("try-lines").focus();
      explain();
    });
    node.append(el("p", { class: "row" }, read));
  }
  const repaired = line.repaired ?? [];
  if (repaired.length > 0) {
    const use = el("button", { type: "button" }, "Use it");
    use.addEventListener("click", () => replaceLine(line.line, repaired));
    const conditions = (line.repaired_if ?? []).filter((each) => each !== "");
    node.append(el("p", {}, isBad ? "Write" : "It becomes", conditions.length > 0 ? ", " : "", conditions.length > 0 ? prose(conditions.join("; ")) : "", ":"),
      plainLines(repaired.join("\n")), el("p", { class: "row" }, use));
  }
  const leftOut = line.not_taken_by ?? [];
  if (leftOut.length > 0) {
    const who = el("p", {}, "Filters leave it out of: ");
    leftOut.forEach((sink, index) => who.append(index > 0 ? ", " : "", name(sink, 40)));
    node.append(who);
  }
  if (line.point) node.append(drawPoint(line));
  return node;
}

/// The only other unit in which the line's time lies between ten years ago and tomorrow.
function unitOf(text) {
  const digits = / (\d{6,19})\s*$/.exec(text ?? "");
  if (digits === null) return null;
  const now = Date.now() / 1000;
  const fitting = [["s", "seconds", 1], ["ms", "milliseconds", 1e3], ["us", "microseconds", 1e6], ["ns", "nanoseconds", 1e9]].filter(([, , divisor]) => {
    const time = Number(digits[1]) / divisor;
    return time > now - 3650 * 86400 && time < now + 86400;
  });
  return fitting.length === 1 && fitting[0][0] !== byId("try-precision").value ? fitting[0] : null;
}

function replaceLine(number, repaired) {
  const area = byId("try-lines");
  const lines = area.value.split("\n");
  lines.splice(number - 1, 1, ...repaired);
  area.value = lines.join("\n");
  area.focus();
  explain();
}

function pairs(title, entries) {
  if (entries.length === 0) return null;
  const list = el("dd", {});
  entries.forEach(([key, value], index) => list.append(index > 0 ? ", " : "", name(key, 60), " = ", ...value));
  return el("div", {}, el("dt", {}, title), list);
}

function drawPoint(line) {
  const point = line.point;
  const whole = el("details", {}, el("summary", {}, "How weir reads it"));
  const facts = el("dl", { class: "facts roomy" });
  facts.append(...[
    el("div", {}, el("dt", {}, "measurement"), el("dd", {}, name(point.measurement, 80))),
    pairs("tags", (point.tags ?? []).map(([key, value]) => [key, [name(value, 80)]])),
    pairs("fields", (point.fields ?? []).map(([key, type, value]) => [key, [name(value, 80), el("span", { class: "quiet" }, ` (${type})`)]])),
    el("div", {}, el("dt", {}, "time"), el("dd", {}, point.time ? `${readable(point.time)}` : (point.time_ns ?? "that of its arrival"))),
  ].filter((each) => each !== null));
  whole.append(facts);
  if (line.canonical) whole.append(el("h3", {}, "What the log gets"), plainLines(line.canonical));
  const becomes = line.becomes ?? [];
  if (becomes.length > 0) {
    whole.append(el("h3", {}, "What sinks make of it"), el("ul", {}, ...becomes.slice(0, 50).map((each) => el("li", {}, name(each.sink, 40), ": ", each.series === null ? `the field ${visible(each.field ?? "")} makes no sample` : name(each.series, 300), each.value === undefined || each.value === null ? "" : ` = ${visible(each.value)}`))));
  }
  whole.open = true;
  return whole;
}

function readable(time) {
  const moment = new Date(time);
  return Number.isNaN(moment.getTime()) ? time : `${time} (${moment.toLocaleString("en-GB")} here)`;
}

// ---- sent ----------------------------------------------------------------------------------------

async function send(event) {
  event.preventDefault();
  const text = byId("try-lines").value;
  const what = sending();
  if (busy || text.trim() === "") return;
  if (what === sent && Date.now() - sentAt < 1000) return; // the second half of a double click
  const { db, rp, precision } = where();
  const query = new URLSearchParams({ db, precision, verbose: "true" });
  if (rp !== "") query.set("rp", rp);
  busy = true; // the button keeps the focus
  setButton();
  try {
    const reply = await fetch(at(`/write?${query}`), { method: "POST", body: text, signal: AbortSignal.timeout(15000) });
    const said = await reply.text();
    answered(reply, said);
  } catch {
    say("bad", [el("p", {}, "weir did not answer: whether the lines were kept is not known.")]);
  }
  busy = false;
  sent = what;
  sentAt = Date.now();
  if (what === sending()) setText(byId("try-sum"), "");
  setButton();
}

function answered(reply, said) {
  let body = null;
  try {
    body = JSON.parse(said);
  } catch {
    body = null;
  }
  const lines = reply.headers.get("X-Weir-Lines");
  const counts = lines === null ? "" : ` (${lines.replaceAll("=", " ")})`;
  if (reply.ok) {
    const accepted = /accepted=(\d+)/.exec(lines ?? "");
    const other = /(?:rejected|dropped)=[1-9]/.test(lines ?? "") ? counts : "";
    if (accepted === null) say("good", [el("p", {}, "Sent. weir has stored the lines; delivery follows.")]);
    else if (accepted[1] === "0") say("bad", [el("p", {}, `Sent, but nothing was stored${other}.`)]);
    else say("good", [el("p", {}, `Sent. weir has stored ${counted(Number(accepted[1]), "line")}${other}; delivery follows.`)]);
    return;
  }
  if (reply.status === 404 && body === null) {
    say("bad", [el("p", {}, "This address takes no writes: it is there to administer weir (", el("code", {}, "http.admin_listen"), "). Send the lines to one of ", el("code", {}, "http.listen"), ".")]);
    return;
  }
  const none = reply.status === 400 && /accepted=0\b/.test(lines ?? "");
  const parts = [el("p", {}, el("strong", {}, none ? "Rejected: nothing was stored. " : `weir answered ${reply.status}${counts}: `), prose(body?.error ?? body?.message ?? said, 500))];
  const each = Array.isArray(body?.data) ? body.data.slice(0, 20) : [];
  if (each.length > 0) {
    parts.push(el("ul", {}, ...each.map((line) => el("li", {}, `line ${line.line_number}: `, prose(line.error_message ?? "", 300), line.code ? " " : "", line.code ? el("code", {}, line.code) : ""))));
  }
  say("bad", parts);
}

function say(level, parts) {
  const answer = byId("try-answer");
  answer.dataset.level = level;
  answer.replaceChildren(...parts);
  answer.setAttribute("role", "status");
  show(answer, true);
}

export function start() {
  for (const [label, text, precision] of examples) {
    byId("try-examples").append(el("button", { type: "button", onclick: () => {
      byId("try-lines").value = text();
      byId("try-precision").value = precision;
      show(byId("try-answer"), false);
      explain();
    } }, label));
  }
  byId("try-lines").addEventListener("input", () => {
    setButton();
    show(byId("try-answer"), false);
    soon();
  });
  for (const id of ["try-database", "try-policy", "try-precision"]) byId(id).addEventListener("input", () => {
    setButton();
    soon();
  });
  byId("try-form").addEventListener("submit", send);
  setButton();
  if (byId("try-lines").value.trim() !== "") explain(); // what a reload of the page kept
}
