// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with lines, one group for each code: an example with its place marked, what it means, what to do, who sends it.

import { age, byId, el, excerpt, keyed, name, pill, prose, setAge, setPill, setText, settled, shortName, show, whenChanged } from "./dom.js";
import { count, counted } from "./format.js";

const levels = { rejected: "bad", dropped: "warn", mended: "off", noted: "off" };
const words = { rejected: "rejected", dropped: "dropped", mended: "repaired", noted: "noted" };
let first = true;

const senderName = (sender) => sender.agent || sender.user || sender.address || "a sender without a name";

function makeGroup(group) {
  const own = {
    kind: pill("unknown", ""),
    title: el("span", { class: "title" }),
    count: el("span", { class: "numbers" }),
    last: age(),
    who: el("span", { class: "who quiet" }),
    example: el("div", {}),
    meaning: el("div", {}),
    senders: el("tbody", {}),
  };
  own.table = el("table", { class: "numbers" }, el("caption", {}, "Who sends such lines"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "program"), el("th", { scope: "col" }, "from"), el("th", { scope: "col", class: "wide" }, "user"),
      el("th", { scope: "col" }, "database"), el("th", { scope: "col", class: "wide" }, "listener"), el("th", { scope: "col", class: "n" }, "lines"), el("th", { scope: "col", class: "n" }, "last"))),
    own.senders);
  own.node = el("details", { class: "problem" },
    el("summary", {}, own.kind, own.title, el("span", { class: "numbers" }, own.count, ", ", own.last), own.who),
    el("div", { class: "problem-body" }, own.meaning, own.example, own.table));
  if (first) own.node.open = true;
  first = false;
  return own;
}

function makeSender(sender) {
  const own = { count: el("td", { class: "n" }), last: age() };
  own.node = el("tr", {}, el("th", { scope: "row" }, name(sender.agent, 80, "says no name")), el("td", {}, name(sender.address, 60, "–")), el("td", { class: "wide" }, name(sender.user, 60, "–")),
    el("td", {}, name(sender.database, 60, "–")), el("td", { class: "wide" }, name(sender.listener, 60, "–")), own.count, el("td", { class: "n" }, own.last));
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

let last = null;

export function start() {
  byId("rejections-list").addEventListener("toggle", () => last !== null && update(last), true);
}

export function update(status) {
  last = status;
  const groups = status.rejections ?? [];
  show(byId("rejections-none"), groups.length === 0);
  const list = byId("rejections-list");
  const keyOf = (group) => `${group.kind} ${group.code}`;
  keyed(list, settled(list, groups, keyOf), keyOf, makeGroup, (own, group) => updateGroup(own, group, status.now));
}
