// SPDX-License-Identifier: Apache-2.0
//
// The databases, those that a search finds, and one of them in detail: why it is empty, policies, tags with many values,
// what each sink makes of it.

import { age, byId, el, keyed, name, prose, setAge, setText, settled, shortName, show, unsettle, whenChanged } from "./dom.js";
import { ago, asSentence, clock, count, counted, kept, rate, visible } from "./format.js";
import { api, ask } from "./live.js";

const most = 100;
let last = null;
let found = null; // {query, count, shown}: what a search gave
let search = 0;
let chosen = null; // the name of the database in detail
let refresh = 0;
let now = 0;
let all = false; // more than the first rows
const rowsAtFirst = 12;
let sortBy = "activity";
let turned = false; // the other way round: names from the end, numbers from the smallest

// ---- the list ------------------------------------------------------------------------------------

const orders = {
  activity: (a, b) => (b.rate ?? 0) - (a.rate ?? 0) || (b.received ?? 0) - (a.received ?? 0),
  name: (a, b) => (a.name < b.name ? -1 : 1),
  accepted: (a, b) => (b.accepted ?? 0) - (a.accepted ?? 0),
  dropped: (a, b) => (b.dropped ?? 0) - (a.dropped ?? 0),
  types: (a, b) => (b.types ?? 0) - (a.types ?? 0),
  rejected: (a, b) => (b.rejected ?? 0) - (a.rejected ?? 0),
  series: (a, b) => (b.series ?? 0) - (a.series ?? 0),
  last: (a, b) => (b.last_received ?? 0) - (a.last_received ?? 0),
};

function sort(by, other) {
  sortBy = by;
  turned = other;
  byId("databases-sort").value = by;
  for (const head of byId("databases-table").querySelectorAll("th[data-sort]")) {
    if (head.dataset.sort !== by) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", (by === "name") !== other ? "ascending" : "descending");
  }
  unsettle(byId("databases-rows"));
  list();
}

function makeRow(database) {
  const cell = (extra = "") => el("td", { class: `n ${extra}` });
  const own = { rate: cell(), accepted: cell("wide"), rejected: cell(), dropped: cell("wide"), series: cell("wide"), types: cell("wide"), last: age() };
  own.button = el("button", { type: "button", class: "link", "aria-expanded": "false", onclick: () => open(database.name) }, shortName(database.name, 70));
  own.button.ofDatabase = database.name;
  own.node = el("tr", {}, el("th", { scope: "row" }, own.button), own.rate, own.accepted, own.rejected, own.dropped, own.series, own.types, el("td", { class: "n" }, own.last));
  return own;
}

function updateRow(own, database) {
  setText(own.rate, rate(database.rate));
  for (const key of ["accepted", "rejected", "dropped", "series", "types"]) setText(own[key], count(database[key]));
  own.rejected.classList.toggle("alarming", database.rejected > 0);
  setAge(own.last, database.last_received, now);
  const open_ = database.name === chosen;
  own.node.classList.toggle("chosen", open_);
  if (own.button.getAttribute("aria-expanded") !== String(open_)) own.button.setAttribute("aria-expanded", String(open_));
}

function list() {
  const known = last?.databases ?? { count: 0, shown: [] };
  const query = byId("databases-name").value.trim();
  const source = query !== "" && found !== null && found.query === query ? found : known;
  const fits = query === "" ? source.shown : source.shown.filter((each) => each.name.toLowerCase().includes(query.toLowerCase()));
  const rows = byId("databases-rows");
  const order = turned ? (a, b) => orders[sortBy](b, a) : orders[sortBy];
  const sorted = settled(rows, [...fits].sort(order), (each) => each.name);
  keyed(rows, all ? sorted : sorted.slice(0, rowsAtFirst), (each) => each.name, makeRow, updateRow);
  show(byId("databases-more"), sorted.length > rowsAtFirst);
  setText(byId("databases-more"), all ? `Show the first ${rowsAtFirst}` : `Show all ${sorted.length}`);
  show(byId("databases-table"), fits.length > 0);
  show(byId("databases-none"), fits.length === 0);
  if (fits.length === 0) {
    const asked = chosen === query;
    whenChanged(byId("databases-none"), [query, asked], () => {
      byId("databases-none").replaceChildren(...(query === "" ? ["weir has received nothing for any database yet."] :
        ["weir has received nothing for a database with ", name(query, 60), " in its name.", asked ? "" : " Press Enter to see what weir knows of it."]));
    });
  }
  const whole = counted(known.count, "database");
  const others = query === "" && known.count > fits.length ? "; search for the others" : "";
  setText(byId("databases-count"), query !== "" || others !== "" ? `${count(fits.length)} of ${whole}${others}` : whole);
}

async function look() {
  const query = byId("databases-name").value.trim();
  unsettle(byId("databases-rows"));
  if (query === "") {
    found = null;
    list();
    return;
  }
  list();
  const mine = ++search;
  try {
    const answer = await ask(`${api}databases?${new URLSearchParams({ q: query, limit: most })}`);
    if (mine !== search) return;
    found = { query, count: answer.count, shown: answer.shown ?? [] };
    list();
  } catch {
    // What is shown stays; the connection's own message says why.
  }
}

// ---- one database --------------------------------------------------------------------------------

export function open(database, focus = true) {
  const wasOpen = chosen !== null;
  chosen = database;
  show(byId("database"), true);
  byId("databases-split").classList.add("open");
  byId("database-title").replaceChildren("Database ", name(database, 100, "without a name"));
  byId("database-body").replaceChildren(el("p", { class: "quiet" }, "Asking…"));
  whenChanged(byId("database-body"), null, () => {});
  if (last !== null) list();
  const hash = `#database=${encodeURIComponent(database)}`;
  if (location.hash !== hash) {
    // Back closes it: the entry before it is the page without.
    if (wasOpen || history.state?.pushed) history.replaceState(history.state, "", hash);
    else {
      history.replaceState({ without: true }, "");
      history.pushState({ pushed: true }, "", hash);
    }
  }
  if (focus) {
    byId("database-title").focus({ preventScroll: true });
    if (!arriving) byId("databases").scrollIntoView();
  }
  fetchDetail();
}

function hide() {
  const was = chosen;
  chosen = null;
  clearTimeout(refresh);
  show(byId("database"), false);
  byId("databases-split").classList.remove("open");
  list();
  const button = [...byId("databases-rows").querySelectorAll("button")].find((each) => each.ofDatabase === was);
  (button ?? byId("databases-name")).focus();
}

function close() {
  hide();
  history.replaceState(history.state, "", location.pathname); // not back(), which would take the focus away
}

async function fetchDetail() {
  clearTimeout(refresh);
  const asked = chosen;
  if (asked === null) return;
  try {
    const detail = await ask(`${api}databases?${new URLSearchParams({ name: asked })}`);
    if (asked !== chosen) return;
    whenChanged(byId("database-body"), detail, () => drawDetail(detail));
    intoView();
  } catch (error) {
    if (asked !== chosen) return;
    whenChanged(byId("database-body"), error.message, () => byId("database-body").replaceChildren(el("p", {}, error.message)));
  }
  if (!document.hidden) refresh = setTimeout(fetchDetail, 3000);
}

const isCount = (value) => typeof value === "number" && value > 0;
const sum = (reasons) => Object.values(reasons ?? {}).reduce((all, each) => all + each, 0);

/// "875 (all precision_mistaken)", or how many of each.
function reasons(title, given) {
  const entries = Object.entries(given ?? {}).filter(([, lines]) => isCount(lines)).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return null;
  if (entries.length === 1) {
    return el("div", { class: "broad" }, el("dt", {}, title), el("dd", {}, count(entries[0][1]), " (all ", el("code", {}, entries[0][0]), ")"));
  }
  const text = el("dd", {}, count(sum(given)), ": ");
  entries.forEach(([reason, lines], index) => text.append(index > 0 ? ", " : "", `${count(lines)} `, el("code", {}, reason)));
  return el("div", { class: "broad" }, el("dt", {}, title), text);
}

function fact(term, ...content) {
  return el("div", {}, el("dt", {}, term), el("dd", {}, ...content));
}

const classOf = (head) => head.classes ?? null;

function table(caption, heads, rows) {
  return el("table", { class: "numbers" }, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", class: classOf(head) }, head.text ?? head)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell, index) => index === 0 ? el("th", { scope: "row" }, cell) : el("td", { class: classOf(heads[index]) }, cell))))));
}

const n = (text) => ({ text, classes: "n" });
const wide = (text) => ({ text, classes: "n wide" });

/// That a line got its time from weir is no repair.
function changed(mended) {
  const { time_assigned: timed, ...others } = mended ?? {};
  return [reasons("repaired", others), isCount(timed) ? fact("time added", count(timed)) : null];
}

function linesOf(detail) {
  const lines = detail.lines ?? {};
  return el("dl", { class: "facts" }, ...[
    fact("received", count(lines.received)), fact("accepted", count(lines.accepted)),
    reasons("rejected", lines.rejected) ?? fact("rejected", "0"), reasons("dropped", lines.dropped), ...changed(lines.mended), reasons("noted", lines.noted),
    fact("last line", detail.last_received === null || detail.last_received === undefined ? "never" : `${clock(detail.last_received, now)} (${ago(now - detail.last_received)})`),
    fact("series", detail.series_limit === null || detail.series_limit === undefined ? count(detail.series) : `${count(detail.series)} of at most ${count(detail.series_limit)}`),
    fact("field types", count(detail.types)),
  ].filter((each) => each !== null));
}

function sinkRow(sink, accepted) {
  const waits = accepted === 0 ? "nothing to deliver since the start" : sink.pending_points === null ? "what waits may be of other databases" : sink.pending_points > 0 ? "delivers" : "up to date";
  const state = !sink.takes ? "does not take it" : sink.held ? "held" : waits;
  return [name(sink.name, 40), el("span", {}, state, sink.why ? ": " : "", sink.why ? prose(sink.why) : ""), count(sink.pending_points), count(sink.parked_points), count(sink.delivered)];
}

function drawDetail(detail) {
  const parts = [];
  const why = detail.why ?? [];
  parts.push(el("h4", {}, detail.known === false ? "What weir knows of it" : "What happened to its lines"));
  parts.push(why.length > 0 ? el("ol", { class: "why" }, ...why.map((each) => el("li", {}, prose(asSentence(each))))) : el("p", {}, "Nothing stands in its way."));
  const similar = detail.similar ?? [];
  if (similar.length > 0) {
    const row = el("p", { class: "row" }, "Names like it: ");
    for (const each of similar) row.append(el("button", { type: "button", onclick: () => {
        byId("databases-name").value = each; // the list keeps in step
        open(each);
        look();
      } }, shortName(each, 40)));
    parts.push(row);
  }
  parts.push(linesOf(detail));
  if (detail.known !== false && (detail.sinks ?? []).length > 0) {
    const knows = detail.sinks.some((sink) => typeof sink.delivered === "number");
    const heads = ["sink", "state", n("waiting"), wide("parked"), ...(knows ? [wide("delivered")] : [])];
    parts.push(table("Sinks", heads, detail.sinks.map((sink) => sinkRow(sink, detail.lines?.accepted).slice(0, heads.length))));
  }
  if ((detail.policies ?? []).length > 0) {
    parts.push(table("Retention policies", ["policy", "points are", "known from"],
      detail.policies.map((policy) => [el("span", {}, name(policy.name, 60, "(default)"), policy.default && policy.name ? " (default)" : ""), kept(policy.duration_seconds), policy.from ?? "–"])));
  }
  if ((detail.tags ?? []).length > 0) {
    parts.push(table("Tags with the most values: each new value makes new series", ["measurement", "tag", n("values, about")],
      detail.tags.map((tag) => [name(tag.measurement, 60, "(not known)"), name(tag.tag, 60), count(tag.values)])));
  }
  byId("database-body").replaceChildren(...parts);
}

// ---- start ---------------------------------------------------------------------------------------

let arriving = false; // by a link: the panel is brought into view once it and what is above it are drawn

function intoView() {
  if (!arriving || last === null || chosen === null) return;
  byId("database").scrollIntoView({ behavior: "instant" });
  if (byId("database-body").childElementCount > 1) arriving = false;
}

function fromHash() {
  const wanted = /^#database=(.*)$/.exec(location.hash);
  if (wanted === null) return;
  try {
    open(decodeURIComponent(wanted[1]), true);
  } catch {
    // A link that was cut.
  }
}

export function start() {
  let pause = 0;
  byId("databases-name").addEventListener("input", () => {
    clearTimeout(pause);
    setText(byId("databases-hint"), "");
    pause = setTimeout(look, 150);
  });
  byId("databases-search").addEventListener("submit", (event) => {
    event.preventDefault();
    const query = byId("databases-name").value.trim();
    setText(byId("databases-hint"), query === "" ? "Type or choose a database name." : "");
    if (query === "") byId("databases-name").focus();
    else open(exact(query));
  });
  byId("databases-sort").addEventListener("change", (event) => sort(event.target.value, false));
  for (const head of byId("databases-table").querySelectorAll("th[data-sort]")) {
    head.firstElementChild.addEventListener("click", () => sort(head.dataset.sort, sortBy === head.dataset.sort && !turned));
  }
  sort(byId("databases-sort").value, false); // what a reload of the page kept
  byId("databases-more").addEventListener("click", () => {
    all = !all;
    list();
  });
  byId("database-close").addEventListener("click", close);
  byId("database").addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("visibilitychange", () => !document.hidden && fetchDetail());
  addEventListener("popstate", (event) => {
    if (chosen !== null && event.state?.without) hide();
    else fromHash();
  });
  for (const kind of ["wheel", "touchstart", "keydown"]) addEventListener(kind, () => (arriving = false), { passive: true });
  arriving = true;
  fromHash();
  arriving = chosen !== null;
}

// Enter opens the only one that is left, or what was typed, which weir may know nothing of.
function exact(query) {
  const names = [...(found?.query === query ? found.shown : []), ...(last?.databases?.shown ?? [])].map((each) => each.name);
  if (names.includes(query)) return query;
  const fitting = new Set(names.filter((each) => each.toLowerCase().includes(query.toLowerCase())));
  return fitting.size === 1 ? [...fitting][0] : query;
}

export function update(status) {
  last = status;
  now = status.now;
  list();
  intoView();
  const names = (status.databases?.shown ?? []).map((each) => each.name).filter((each) => visible(each) === each).sort();
  whenChanged(byId("try-databases"), names, () => byId("try-databases").replaceChildren(...names.map((each) => el("option", { value: each }))));
}
