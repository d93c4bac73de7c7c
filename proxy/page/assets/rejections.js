// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with lines, one group for each code: an example with its place marked, what it means, what to do, who sends it.

import { age, byId, el, excerpt, keyed, name, pill, prose, setAge, setPill, setText, shortName, show, whenChanged } from "./dom.js";
import { count, counted } from "./format.js";

const levels = { rejected: "bad", dropped: "warn", mended: "off", noted: "off" };
const words = { rejected: "rejected", dropped: "dropped", mended: "repaired", noted: "noted" };
let opened = false; // one of them, without a person

const senderName = (sender) => sender.agent || sender.user || sender.address || "a sender without a name";

function makeGroup(group) {
  const own = {
    kind: pill("unknown", ""),
    title: el("span", { class: "title" }),
    fresh: el("span", { class: "fresh" }, "new"),
    count: el("span", { class: "numbers" }),
    last: age(),
    who: el("span", { class: "who quiet" }),
    example: el("div", {}),
    meaning: el("div", {}),
    senders: el("tbody", {}),
  };
  own.table = el("table", { class: "numbers" }, el("caption", {}, "Who sends such lines"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "program"), el("th", { scope: "col" }, "from"), el("th", { scope: "col", class: "wide" }, "user"),
      el("th", { scope: "col" }, "database"), el("th", { scope: "col", class: "wide" }, "listener"), el("th", { scope: "col", class: "n" }, "lines"), el("th", { scope: "col", class: "n wide" }, "last"))),
    own.senders);
  own.node = el("details", { class: "problem" },
    el("summary", {}, own.kind, el("span", {}, own.title, " ", own.fresh), el("span", { class: "numbers" }, own.count, ", ", own.last), own.who),
    el("div", { class: "problem-body" }, own.meaning, own.example, own.table, el("p", { class: "narrow quiet" }, "A wider window also shows user, listener and when.")));
  if (!opened) own.node.open = true;
  opened = true;
  show(own.fresh, last !== null);
  own.node.firstChild.addEventListener("click", () => show(own.fresh, false)); // it was seen
  nodes.set(keyOf(group), own.node);
  return own;
}

function makeSender(sender) {
  const own = { count: el("td", { class: "n" }), last: age() };
  own.node = el("tr", {}, el("th", { scope: "row" }, name(sender.agent, 80, "says no name")), el("td", {}, name(sender.address, 60, "–")), el("td", { class: "wide" }, name(sender.user, 60, "–")),
    el("td", {}, name(sender.database, 60, "–")), el("td", { class: "wide" }, name(sender.listener, 60, "–")), own.count, el("td", { class: "n wide" }, own.last));
  return own;
}

function drawExample(own, example) {
  own.example.replaceChildren();
  if (!example) {
    own.example.append(el("p", { class: "quiet" }, "No example of it is kept."));
    return;
  }
  const at = [example.line ? `line ${example.line} of its request` : "", example.column ? `column ${example.column}` : ""].filter(Boolean).join(", ");
  const policy = example.retention_policy ? `/${example.retention_policy}` : "";
  own.example.append(el("h3", {}, "The newest such line"), excerpt(example.shown ?? example.text, example.mark_column, example.mark_columns));
  if (example.message) own.example.append(el("p", {}, "weir says: ", prose(example.message, 500)));
  own.example.append(el("p", { class: "quiet" }, "To database ", name((example.database ?? "") + policy, 60, "(none)"), at ? `; ${at}` : "", example.cut ? "; the line is longer, its beginning is kept" : "",
    example.address ? "; from " : "", example.address ? name(example.address, 60) : ""));
}

function drawWho(own, group) {
  const senders = group.senders ?? [];
  own.who.replaceChildren();
  if (senders.length === 0) return;
  own.who.append("from ");
  senders.slice(0, 3).forEach((sender, index) => {
    own.who.append(index > 0 ? ", " : "", shortName(senderName(sender), 40));
    if (sender.address && senderName(sender) !== sender.address) own.who.append(" at ", shortName(sender.address, 40));
  });
  if (senders.length > 3) own.who.append(` and ${senders.length - 3} more`);
}

const titleOf = (group) => group.title || String(group.code ?? "").replaceAll("_", " ");

function updateGroup(own, group, now) {
  setPill(own.kind, levels[group.kind] ?? "off", words[group.kind] ?? group.kind ?? "");
  whenChanged(own.title, [group.title, group.code], () => own.title.replaceChildren(prose(titleOf(group)), " ", el("code", {}, String(group.code ?? ""))));
  setText(own.count, counted(group.count, "line"));
  setAge(own.last, group.last, now);
  whenChanged(own.who, (group.senders ?? []).map((each) => [senderName(each), each.address]), () => drawWho(own, group));
  if (!own.node.open) return; // what is not seen is drawn when it is opened
  whenChanged(own.meaning, [group.explanation, group.remedy], () => {
    own.meaning.replaceChildren(el("p", {}, prose(group.explanation ?? "")));
    if (group.remedy) own.meaning.append(el("p", {}, el("strong", {}, "What to do: "), prose(group.remedy)));
  });
  whenChanged(own.example, group.example ?? null, () => drawExample(own, group.example));
  const senders = group.senders ?? [];
  show(own.table, senders.length > 0);
  keyed(own.senders, senders, (each) => JSON.stringify([each.listener, each.address, each.agent, each.user, each.database]), makeSender, (mine, sender) => {
    setText(mine.count, count(sender.count));
    setAge(mine.last, sender.last, now);
  });
}

// ---- their order ---------------------------------------------------------------------------------

let last = null;
let order = []; // keys, as they stand: it lasts as long as the page, because rows that swap places cannot be read
const nodes = new Map();

const keyOf = (group) => `${group.kind} ${group.code}`;

/// What was rejected first, then by the number of lines.
const before = (a, b) => (b.kind === "rejected") - (a.kind === "rejected") || (b.count ?? 0) - (a.count ?? 0);

/// The groups as they stand, new ones where their number puts them at first sight.
function placed(groups) {
  const byKey = new Map(groups.map((group) => [keyOf(group), group]));
  const known = new Set(order);
  for (const group of [...groups].sort(before)) {
    if (known.has(keyOf(group))) continue;
    const at = order.findIndex((key) => byKey.has(key) && before(group, byKey.get(key)) < 0);
    order.splice(at < 0 ? order.length : at, 0, keyOf(group));
  }
  return order.filter((key) => byKey.has(key)).map((key) => byKey.get(key));
}

/// Opens the group that the advice is about, and brings it into view: it names its title, its code or its example's message, or
/// has its remedy; else it is the largest of those that go on, or of all.
export function openNamed(advice) {
  const groups = [...(last?.rejections ?? [])].sort(before);
  const said = String(advice?.what ?? "").toLowerCase();
  const has = (text) => Boolean(text) && said.includes(String(text).toLowerCase().replace(/[.]$/, ""));
  const group = groups.find((each) => has(each.title)) ?? groups.find((each) => has(each.code) || has(each.example?.message)) ??
    groups.find((each) => each.remedy && each.remedy === advice?.do) ?? groups.find((each) => each.last > last.now - 60) ?? groups[0];
  const node = group === undefined ? undefined : nodes.get(keyOf(group));
  if (node === undefined) {
    byId("rejections").scrollIntoView();
    return;
  }
  node.open = true;
  node.firstChild.focus({ preventScroll: true });
  node.scrollIntoView();
}

export function start() {
  byId("rejections-list").addEventListener("toggle", () => last !== null && update(last), true);
}

export function update(status) {
  const groups = status.rejections ?? [];
  show(byId("rejections-none"), groups.length === 0);
  keyed(byId("rejections-list"), placed(groups), keyOf, makeGroup, (own, group) => updateGroup(own, group, status.now));
  last = status;
}
