// SPDX-License-Identifier: Apache-2.0
//
// Each sink with its state, what waits for it, which lanes are held and why, and what to do. "Retry now" is POST /-/park/retry.

import { byId, command, el, keyed, name, pill, prose, setFacts, setPill, setText, show, whenChanged } from "./dom.js";
import { ago, asSentence, bytes, clock, count, counted, duration, rate, visible } from "./format.js";
import { open as openDatabase } from "./databases.js";
import { at } from "./live.js";

const lanesMost = 20;
const levels = { idle: "good", delivering: "good", behind: "warn", down: "bad", held: "bad", stopped: "off" };

// ---- tried again ---------------------------------------------------------------------------------

const patience = 30; // seconds; what comes later is seen, but not told as the result
let last = null;
let heard = 0; // when that status came, by this clock in ms
const tried = new Map(); // by the sink's name: [{lane, at, delivered, gone, answer}], until the result is told

const weirNow = () => (last === null ? Date.now() / 1000 : last.now + (Date.now() - heard) / 1000);
const labelOf = (lane) => (lane.retention_policy ? `${lane.database}/${lane.retention_policy}` : lane.database);
const isLane = (one, other) => one.database === other.database && (one.retention_policy ?? "") === (other.retention_policy ?? "");

function remember(sink, lane, answer) {
  const others = (tried.get(sink) ?? []).filter((each) => !isLane(each.lane, lane));
  const delivered = last?.sinks?.find((each) => each.name === sink)?.delivered ?? 0;
  tried.set(sink, [...others, { lane, at: weirNow(), delivered, gone: 0, answer }]);
}

/// What came of it, if this status has that: a lane that is held no more was taken, an error since then is its answer.
function result(attempt, sink, now) {
  const when = `Tried at ${clock(attempt.at, now)}`;
  if (!(sink.held ?? []).some((lane) => isLane(lane, attempt.lane))) {
    attempt.gone += 1;
    if (attempt.gone < 2) return null; // while it is tried it is not held, either
    if ((sink.delivered ?? 0) > attempt.delivered) return `${when}: delivered.`;
    return (sink.pending_points ?? 0) === 0 || now - attempt.at > patience ? `${when}: held no more.` : null;
  }
  attempt.gone = 0;
  const error = sink.last_error;
  if (error && now - error.age_seconds > attempt.at) return `${when}: refused again (${shortened(error.message)}).`;
  return now - attempt.at > patience ? `${when}: nothing came of it yet.` : null;
}

function shortened(text) {
  const characters = Array.from(visible(text).trim().replace(/[.]$/, ""));
  return characters.length > 120 ? characters.slice(0, 119).join("") + "…" : characters.join("");
}

function tellResults(own, sink, now) {
  const open_ = [];
  for (const attempt of tried.get(sink.name) ?? []) {
    const text = result(attempt, sink, now);
    if (text === null) open_.push(attempt);
    else if (attempt.gone === 0) setText(attempt.answer, text);
    else {
      own.tried.replaceChildren(name(labelOf(attempt.lane), 80), `: ${text}`); // its own place on the page is gone
      setTimeout(() => own.tried.replaceChildren(), 60000);
    }
  }
  tried.set(sink.name, open_);
}

async function retry(button, answer, sink, lane) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const query = new URLSearchParams({ sink });
  query.set("db", lane.database);
  query.set("rp", lane.retention_policy ?? "");
  button.setAttribute("aria-disabled", "true"); // it keeps the focus
  setText(answer, "asking…");
  remember(sink, lane, answer);
  try {
    const reply = await fetch(at(`/-/park/retry?${query}`), { method: "POST", signal: AbortSignal.timeout(10000) });
    if (reply.ok) setText(answer, "weir tries again now; what comes of it is told here.");
    else {
      tried.delete(sink);
      const said = await reply.json().catch(() => ({}));
      setText(answer, `weir did not take that (${reply.status}): ${said.error ?? "no reason was given"}. The command does the same from a terminal on its machine.`);
    }
  } catch {
    tried.delete(sink);
    setText(answer, "weir does not answer.");
  }
  button.setAttribute("aria-disabled", "false");
}

function retryRow(sink, lane) {
  const answer = el("span", { class: "quiet", role: "status" });
  const button = el("button", { type: "button", class: "retry" }, "Retry now");
  button.addEventListener("click", () => retry(button, answer, sink, lane));
  return el("p", { class: "row" }, button, answer);
}

function makeSink(sink) {
  const own = {
    title: el("h3", { tabindex: "-1" }, name(sink.name, 60)),
    state: pill("unknown", ""),
    text: el("p", {}),
    doing: el("div", { class: "do" }),
    facts: el("dl", { class: "facts steady" }),
    errorAge: el("span", {}),
    errorText: el("span", {}),
    lanes: el("div", { class: "lanes" }),
    more: el("p", { class: "quiet" }),
    tried: el("p", { class: "tried", role: "status" }),
  };
  own.error = el("p", { class: "quiet" }, "Last error, ", own.errorAge, ": ", own.errorText);
  const addresses = el("p", { class: "quiet" });
  (sink.addresses ?? []).forEach((address, index) => addresses.append(index > 0 ? ", " : "", name(address, 100)));
  own.node = el("article", { class: "card" },
    el("div", { class: "card-head" }, own.title, own.state, el("span", { class: "quiet" }, `${sink.type ?? ""}${sink.required === false ? ", not required" : ""}`)),
    addresses, own.text, own.doing, own.facts, own.error, own.tried, own.lanes, own.more);
  return own;
}

function makeLane(sink, lane) {
  const own = { counts: el("p", { class: "quiet numbers" }), why: el("span", {}), doing: el("div", { class: "do" }) };
  own.node = el("div", { class: "lane" }, el("p", {}, "Held: ", name(labelOf(lane), 80)), own.counts, el("p", {}, "Why: ", own.why), own.doing, retryRow(sink.name, lane),
    el("p", {}, el("button", { type: "button", class: "link", onclick: () => openDatabase(lane.database) }, "All of this database")));
  return own;
}

function updateLane(own, lane) {
  setText(own.counts, `${counted(lane.points, "point waits", "points wait")} (${bytes(lane.bytes)})${lane.parked_points > 0 ? `, ${count(lane.parked_points)} of them parked` : ""}; held for ${duration(lane.age_seconds)}`);
  whenChanged(own.why, lane.why, () => own.why.replaceChildren(prose(lane.why ?? "not known")));
  whenChanged(own.doing, [lane.do, lane.command], () => {
    own.doing.replaceChildren();
    if (lane.do) own.doing.append(el("p", {}, "What to do: ", prose(asSentence(lane.do))));
    if (lane.command) own.doing.append(el("p", {}, command(lane.command)));
  });
}

function discarded(reasons) {
  const given = Object.entries(reasons ?? {}).filter(([, points]) => points > 0);
  if (given.length === 0) return "none";
  return given.map(([reason, points]) => `${count(points)} ${reason}`).join(", ");
}

function updateSink(own, sink, now) {
  // Held are databases, and not the sink, where others are delivered.
  const partly = sink.state === "held" && sink.held_lanes > 0 && sink.held_lanes < sink.lanes;
  const level = partly ? "warn" : (levels[sink.state] ?? "unknown");
  if (own.node.dataset.level !== level) own.node.dataset.level = level;
  setPill(own.state, level, partly ? `${count(sink.held_lanes)} of ${counted(sink.lanes, "database")} held` : (sink.state ?? "not known"));
  whenChanged(own.text, sink.state_text, () => own.text.replaceChildren(prose(asSentence(sink.state_text))));
  const held = sink.held ?? [];
  const doing = held.some((lane) => lane.do === sink.do) ? "" : sink.do; // it stands with its lane
  whenChanged(own.doing, doing, () => own.doing.replaceChildren(...(doing ? [el("p", {}, el("strong", {}, "What to do: "), prose(asSentence(sink.do)))] : [])));
  own.node.classList.toggle("troubled", held.length > 0);
  const waits = (sink.pending_points ?? 0) > 0;
  setFacts(own.facts, [
    ["delivered", `${rate(sink.delivered_per_second)}/s`],
    ["delivered in all", `${count(sink.delivered)}`],
    ["waiting", waits ? `${counted(sink.pending_points, "point")}, ${bytes(sink.pending_bytes)}` : "nothing"],
    ["lag", typeof sink.lag_seconds !== "number" ? "–" : waits ? duration(sink.lag_seconds) : "–"],
    ["held", `${count(sink.held_lanes)} of ${counted(sink.lanes, "lane")}`],
    ["parked", `${counted(sink.parked_points, "point")}`],
    ["discarded", discarded(sink.discarded)],
  ]);
  const error = sink.last_error;
  show(own.error, Boolean(error));
  if (error) {
    setText(own.errorAge, ago(error.age_seconds));
    whenChanged(own.errorText, error.message, () => own.errorText.replaceChildren(prose(error.message ?? "", 300)));
  }
  const lanes = held.slice(0, lanesMost);
  const further = Math.max(held.length, sink.held_lanes ?? 0) - lanes.length;
  show(own.more, further > 0);
  setText(own.more, `and ${counted(further, "further lane is", "further lanes are")} held: weir park list and the journal name them`);
  const focused = own.lanes.contains(document.activeElement);
  keyed(own.lanes, lanes, (lane) => JSON.stringify([lane.database, lane.retention_policy]), (lane) => makeLane(sink, lane), updateLane);
  tellResults(own, sink, now);
  if (focused && !own.lanes.contains(document.activeElement)) own.title.focus({ preventScroll: true }); // its button went with its lane
}

export function update(status) {
  last = status;
  heard = Date.now();
  const sinks = status.sinks ?? [];
  show(byId("sinks-none"), sinks.length === 0);
  keyed(byId("sinks-list"), sinks, (sink) => JSON.stringify([sink.name, sink.type, sink.addresses, sink.required]), makeSink, (own, sink) => updateSink(own, sink, status.now));
}
