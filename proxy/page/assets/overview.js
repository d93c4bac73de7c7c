// SPDX-License-Identifier: Apache-2.0
//
// What stands above and beside: the headline with its advice, the log and the memory, who sends.

import { byId, command, el, keyed, markOf, name, pill, prose, setBar, setFacts, setText, show, shortName, whenChanged } from "./dom.js";
import { asSentence, bytes, count, counted, duration, percent, roughly, visible } from "./format.js";
import { open as openDatabase } from "./databases.js";
import { openNamed } from "./rejections.js";

const levels = { error: "bad", warning: "warn", note: "off" };
const shownAtFirst = 4;
let allAdvice = false;
let urgent; // the advice that is the headline

// ---- the headline --------------------------------------------------------------------------------

function allIsWell(status) {
  const sinks = status.sinks ?? [];
  const roles = status.roles ?? ["intake", "sinks"];
  if (!roles.includes("intake")) return { text: `All is well: this weir delivers; others take the lines.` };
  const received = status.totals?.received ?? 0;
  if (received === 0) {
    return { text: `Nothing is wrong, but no line has arrived since weir started.`, first: true };
  }
  if (!roles.includes("sinks")) return { text: "All is well: this weir takes lines and writes them to Kafka; others deliver them." };
  if (sinks.length === 0) return { text: "All is well: weir takes lines and keeps them in its log. No sink is configured." };
  const targets = sinks.length === 1 ? "its sink" : `all ${sinks.length} sinks`;
  if ((status.rates?.received ?? 0) === 0) return { text: `All is well: what arrived was delivered to ${targets}, or is on its way. No lines arrive right now.` };
  return { text: `All is well: lines arrive, and ${targets} take${sinks.length === 1 ? "s" : ""} them.` };
}

/// Its sentence, which names what it is about: "Sink influx: 3 points are held".
function sentence(advice) {
  const what = advice.what ?? "";
  const named = /^(sink|database) (.*)$/s.exec(advice.about ?? "");
  if (named === null || what.includes(named[2])) return what;
  return `${named[1] === "sink" ? "Sink" : "Database"} ${named[2]}: ${what}`;
}

function verdict(status) {
  const advice = status.advice ?? [];
  const health = status.health ?? {};
  const first = advice.find((each) => each.level !== "note");
  if (first !== undefined) return { level: levels[first.level] ?? "warn", text: sentence(first), advice: first };
  if (health.ready === false || health.healthy === false) {
    return { level: "bad", text: (health.why ?? []).join(" ") || "weir is not well; /health says more." };
  }
  return { level: "good", ...allIsWell(status) };
}

/// What to do, the command for it, and where on this page more of it stands: each on a line of its own, so that what grows in
/// the one moves none of the others. newest() gives the advice as it is when somebody presses.
function actions(advice, newest) {
  const node = el("div", { class: "do" });
  if (advice.do) node.append(el("p", {}, prose(asSentence(advice.do))));
  if (advice.command) node.append(el("p", {}, command(advice.command)));
  const row = el("p", {});
  const about = advice.about ?? "";
  if (about.startsWith("database ")) {
    const database = about.slice("database ".length);
    row.append(el("button", { type: "button", class: "link", onclick: () => openDatabase(database) }, "Show database ", shortName(database)));
  } else if (about.startsWith("sink ")) row.append(el("a", { href: "#sinks" }, "Show the sink"));
  else if (about === "log") row.append(el("a", { href: "#log" }, "Show the log"));
  else if (about === "senders") {
    row.append(el("a", { href: "#rejections", onclick: (event) => {
      event.preventDefault();
      openNamed(newest());
    } }, "Show the lines and who sends them"));
  }
  if (row.childNodes.length > 0) node.append(row);
  return node;
}

function howToSend() {
  return el("div", { class: "do" }, el("p", {}, "Send a first one:"),
    el("p", {}, command(`curl -i '${location.origin}/write?db=test' --data-binary 'cpu,host=a usage=1.5'`)),
    el("p", {}, "or write one ", el("a", { href: "#try" }, "on this page"), "."));
}

function headline(status) {
  const now = verdict(status);
  urgent = now.advice;
  const section = byId("headline");
  if (section.dataset.level !== now.level) section.dataset.level = now.level;
  setText(byId("headline-mark"), markOf(now.level));
  whenChanged(byId("headline-text"), now.text, () => byId("headline-text").replaceChildren(prose(asSentence(now.text))));
  // A screen reader says it when it says something else, and not each time that a number in it has grown.
  whenChanged(byId("headline-heard"), now.text.replace(/\d+/g, "#"), () => setText(byId("headline-heard"), visible(now.text)));
  const doing = byId("headline-do");
  whenChanged(doing, [actionsOf(now.advice), now.first ?? false], () => {
    doing.replaceChildren(...(now.advice ? [actions(now.advice, () => urgent)] : now.first ? [howToSend()] : []));
  });
  show(doing, doing.childNodes.length > 0);

  const others = (status.advice ?? []).filter((each) => each !== now.advice);
  show(byId("advice-more"), others.length > 0);
  const shown = allAdvice ? others : others.slice(0, shownAtFirst);
  keyed(byId("advice-list"), shown, (each) => JSON.stringify([each.level, actionsOf(each)]), makeAdvice, (own, each) => {
    own.advice = each;
    whenChanged(own.what, each.what, () => own.what.replaceChildren(prose(asSentence(sentence(each)))));
  });
  show(byId("advice-all"), others.length > shownAtFirst);
  setText(byId("advice-all"), allAdvice ? "Show less" : `Show all ${others.length}`);
  const symbol = { good: "✓", warn: "!", bad: "✕" }[now.level] ?? "";
  const title = `${symbol} weir on ${status.host ?? location.host}`;
  if (document.title !== title) document.title = title;
}

// Its sentence may have a number that grows each second; what is pressed and copied stays as it is.
const actionsOf = (advice) => (advice ? [advice.about, advice.do, advice.command] : null);

function makeAdvice(advice) {
  const what = el("strong", {});
  const own = { what, advice };
  own.node = el("li", {}, pill(levels[advice.level] ?? "off", advice.level ?? ""), el("div", {}, el("p", {}, what), actions(advice, () => own.advice)));
  return own;
}

// ---- the log and the memory ----------------------------------------------------------------------

const acknowledgements = {
  received: "Writes are confirmed once in memory; a crash or a loss of power can lose the last ones (received)",
  written: "Writes are confirmed once handed to the operating system; a loss of power can lose the last ones (written)",
  synced: "Writes are confirmed once on the disk (synced)",
};
const acknowledgementsInKafka = {
  received: "Writes are confirmed once in this process' queue to Kafka; its end can lose the last ones (received)",
  written: "Writes are confirmed once all in-sync replicas have them (written)",
  synced: "Writes are confirmed once all in-sync replicas, two at least, have them (synced)",
};

/// Most bytes of a log are delivered already; what waits is that of the sink with most to do.
function waiting(status) {
  const sinks = status.sinks ?? [];
  show(byId("log-waits"), sinks.length > 0);
  const most = sinks.reduce((a, b) => ((b.pending_bytes ?? 0) > (a?.pending_bytes ?? 0) ? b : a), null);
  const rest = status.log?.kind === "local" ? "already delivered; it is freed in whole segments." : "already delivered.";
  whenChanged(byId("log-waits"), [most?.name, most?.pending_bytes, most?.pending_points, rest], () => {
    byId("log-waits").replaceChildren(...(most === null ? [`Nothing waits for delivery: what is there is ${rest}`] :
      ["Waiting for delivery", ...(sinks.length > 1 ? [" to ", name(most.name, 40)] : []), ":", el("strong", { class: "whole line" }, `${bytes(most.pending_bytes)}, ${counted(most.pending_points, "point")}`), `The rest is ${rest}`]));
  });
}

/// Of a log that is a topic in Kafka: it has no fill.
function topicFacts(topic) {
  const leaders = topic.fault ? "Kafka does not answer" : topic.leaderless > 0 ? `${counted(topic.leaderless, "partition")} without` : "every partition has one";
  return [
    ["topic (log.topic)", String(topic.name)],
    ["partitions", `${count(topic.partitions)}, each on ${counted(topic.replicas, "broker")}`],
    ["leaders", leaders],
    ["brokers (log.brokers)", (topic.brokers ?? []).join(", ")],
  ];
}

function theLog(status) {
  const log = status.log ?? {};
  const topic = log.topic ?? null;
  const kinds = { memory: "in memory only: it does not outlive the process", local: "on this machine's disk", kafka: "in Kafka" };
  setText(byId("log-kind"), kinds[log.kind] ?? log.kind ?? "");
  const fill = log.keep_bytes > 0 ? log.bytes / log.keep_bytes : log.share;
  show(byId("log-bar"), topic === null);
  show(byId("log-bytes"), topic === null);
  setText(byId("log-share"), topic !== null ? counted(topic.partitions, "partition") : typeof fill === "number" ? `${percent(fill)} full` : "no limit is known");
  setBar(byId("log-bar"), fill);
  setText(byId("log-bytes"), typeof log.keep_bytes === "number" ? `${bytes(log.bytes)} of ${bytes(log.keep_bytes)}` : bytes(log.bytes));
  show(byId("log-outage"), topic === null && typeof log.outage_seconds_left === "number");
  waiting(status);
  setText(byId("log-outage-time"), roughly(log.outage_seconds_left));
  setText(byId("log-outage-rate"), `at ${bytes(log.append_bytes_per_second)} a second, as now`);
  whenChanged(byId("log-next"), log.next, () => byId("log-next").replaceChildren(prose(asSentence(log.next))));
  setFacts(byId("log-facts"), [
    ["what a sender is told", (topic !== null ? acknowledgementsInKafka : acknowledgements)[log.acknowledge] ?? log.acknowledge ?? "–"],
    ...(topic !== null ? topicFacts(topic) : [["when full (log.when_full)", String(log.when_full ?? "–")]]),
  ]);
  const memory = status.memory ?? {};
  const share = memory.limit_bytes > 0 ? memory.used_bytes / memory.limit_bytes : null;
  setBar(byId("memory-bar"), share);
  setText(byId("memory-bytes"), `${bytes(memory.used_bytes)} of ${bytes(memory.limit_bytes)}`);
}

// ---- who sends -----------------------------------------------------------------------------------

function makeSender(sender) {
  const cell = (extra = "") => el("td", { class: `n ${extra}` });
  const own = { received: cell(), accepted: cell("wide"), rejected: cell(), dropped: cell() };
  own.node = el("tr", {}, el("th", { scope: "row" }, name(sender.agent, 80, "says no name")), el("td", { class: "wide" }, name(sender.listener, 60)),
    el("td", { class: "wide" }, name(sender.user, 60, "–")), own.received, own.accepted, own.rejected, own.dropped);
  return own;
}

function senders(status) {
  const sources = [...(status.sources ?? [])].sort((a, b) => b.rejected - a.rejected || b.received - a.received);
  show(byId("senders-none"), sources.length === 0);
  show(byId("senders-table"), sources.length > 0);
  keyed(byId("senders-rows"), sources, (each) => JSON.stringify([each.listener, each.user, each.agent]), makeSender, (own, sender) => {
    for (const key of ["received", "accepted", "rejected", "dropped"]) setText(own[key], count(sender[key]));
    own.rejected.classList.toggle("alarming", sender.rejected > 0);
  });
}

export function start() {
  byId("advice-all").addEventListener("click", () => {
    allAdvice = !allAdvice;
    if (last !== null) headline(last);
  });
}

let last = null;

export function update(status) {
  last = status;
  setText(byId("host"), `on ${status.host ?? location.host}`);
  setText(byId("process"), `version ${status.version ?? "–"}, up ${duration(status.uptime)}, process ${status.pid ?? "–"}`);
  headline(status);
  theLog(status);
  senders(status);
}
