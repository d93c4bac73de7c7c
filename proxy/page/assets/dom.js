// SPDX-License-Identifier: Apache-2.0
//
// The page's few tools for elements. Text from the API is data: it is only ever set as text, never as markup. Each
// function touches the document only where something changed, because most run once a second.

import { ago, clock, visible } from "./format.js";

export const byId = (id) => document.getElementById(id);

/// el("td", { class: "n", onclick: f }, "text", node): attributes, listeners, children.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function setText(node, text) {
  text = String(text);
  const first = node.firstChild;
  if (first === null) node.append(text);
  else if (first === node.lastChild && first.nodeType === Node.TEXT_NODE) {
    if (first.data !== text) first.data = text;
  } else node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

const remembered = new WeakMap();

/// Calls draw() only if what it is made of differs from the last time for this node.
export function whenChanged(node, value, draw) {
  const text = JSON.stringify(value);
  if (remembered.get(node) === text) return false;
  remembered.set(node, text);
  draw();
  return true;
}

const keyedChildren = new WeakMap();

/// Makes the children of `parent` those of `items`, by key: make(item) gives {node, …} once, update(made, item) each time.
export function keyed(parent, items, keyOf, make, update) {
  const before = keyedChildren.get(parent) ?? new Map();
  const after = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    if (after.has(key)) continue;
    const made = before.get(key) ?? make(item);
    before.delete(key);
    after.set(key, made);
    update(made, item);
    if (made.node === place) place = place.nextSibling;
    else parent.insertBefore(made.node, place);
  }
  for (const gone of before.values()) gone.node.remove();
  keyedChildren.set(parent, after);
}

const settledOrders = new WeakMap();

/// The items in the order that they have on the page, new ones first: rows that change places every second cannot be read.
/// Every ten seconds, while nobody points at them or is in them, they get the order that they were given in.
export function settled(parent, items, keyOf) {
  const order = settledOrders.get(parent);
  const now = Date.now();
  const busy = parent.matches(":hover, :focus-within");
  if (order === undefined || (!busy && now - order.at > 10000)) {
    settledOrders.set(parent, { at: now, keys: items.map(keyOf) });
    return items;
  }
  const rank = new Map(order.keys.map((key, index) => [key, index]));
  const sorted = [...items].sort((a, b) => (rank.get(keyOf(a)) ?? -1) - (rank.get(keyOf(b)) ?? -1));
  order.keys = sorted.map(keyOf);
  return sorted;
}

/// The next order is taken as it is given.
export function unsettle(parent) {
  settledOrders.delete(parent);
}

/// Text with `code` between backticks, as the API's sentences have it. Whole if it is short, else with a button for the rest.
export function prose(text, most = 600) {
  const whole = visible(text);
  const node = el("span", { class: "prose" });
  const fill = (shown) => {
    node.replaceChildren(...shown.split("`").map((part, index) => (index % 2 === 1 ? el("code", {}, part) : part)));
  };
  cutTo(node, whole, most, fill);
  return node;
}

// An address, which is read as one.
const addressLike = /^[\d.:]{3,21}$/;

/// A name from outside: isolated from the direction of what is around it, made visible, cut if long.
export function name(text, most = 80, nothing = "") {
  const whole = visible(text);
  if (whole === "") return el("span", { class: "quiet" }, nothing);
  const node = el("bdi", { class: addressLike.test(whole) ? "name whole" : "name" });
  cutTo(node, whole, most, (shown) => node.replaceChildren(shown));
  return node;
}

function cutTo(node, whole, most, fill) {
  const characters = whole.length > most ? Array.from(whole) : null;
  if (characters === null || characters.length <= most) {
    fill(whole);
    return;
  }
  fill(characters.slice(0, most - 1).join("") + "…");
  const more = el("button", { type: "button", class: "link" }, `all ${characters.length} characters`);
  more.addEventListener("click", (event) => {
    event.stopPropagation();
    fill(whole);
    node.setAttribute("tabindex", "-1");
    node.focus();
  });
  node.append(" ", more);
}

/// A name in a place where a button to see the rest cannot be, such as within a button.
export function shortName(text, most = 60) {
  const characters = Array.from(visible(text));
  const cut = characters.length > most;
  const shown = cut ? characters.slice(0, most - 1).join("") + "…" : characters.join("");
  return el("bdi", { class: addressLike.test(shown) ? "name whole" : "name", title: cut ? characters.join("") : null }, shown);
}

/// A line, or a part of it, as weir shows it, with the place that is marked. Columns count characters from 0; without any the
/// line as a whole is meant.
export function excerpt(shown, column, columns) {
  const characters = Array.from(String(shown ?? ""));
  const part = (from, to) => visible(characters.slice(from, to).join(""));
  const node = el("pre", { class: "excerpt" });
  if (typeof column !== "number" || column < 0 || !(columns > 0)) {
    node.append(part(0));
    return node;
  }
  const end = column + columns;
  node.append(part(0, column), el("mark", {}, part(column, end) || "\u00a0"), part(end));
  return node;
}

/// Lines as they are, but for what cannot be seen.
export function plainLines(text) {
  return el("pre", { class: "plain-lines" }, String(text ?? "").split("\n").map((line) => visible(line)).join("\n"));
}

/// A command with a button that copies it.
export function command(text) {
  const code = el("code", {}, visible(text));
  const button = el("button", { type: "button", class: "copy", "aria-label": `Copy the command ${visible(text)}` }, "Copy");
  button.addEventListener("click", async () => {
    setText(button, (await copy(text, code)) ? "Copied" : "Press Ctrl+C");
    setTimeout(() => setText(button, "Copy"), 2500);
  });
  return el("span", { class: "command" }, code, button);
}

async function copy(text, shownAs) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS browsers have no clipboard but on localhost: select it, so that the keys copy it.
    const range = document.createRange();
    range.selectNodeContents(shownAs);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return visible(text) === text && document.execCommand?.("copy") === true;
  }
}

/// "3 min ago", with the local time for who points at it. Updated by setAge.
export function age() {
  return el("time", { class: "age" });
}

export function setAge(node, at, now) {
  if (typeof at !== "number") {
    setText(node, "never");
    return;
  }
  setText(node, ago(now - at));
  const exact = clock(at, now);
  if (node.title !== exact) {
    node.title = exact;
    node.dateTime = new Date(at * 1000).toISOString();
  }
}

/// A coloured word whose meaning does not hang on its colour.
export function pill(level, text) {
  const node = el("span", { class: "pill" }, el("span", { "aria-hidden": "true", class: "mark" }), el("span", {}));
  setPill(node, level, text);
  return node;
}

const marks = { good: "✓", warn: "!", bad: "✕", off: "○", unknown: "…" };

export const markOf = (level) => marks[level] ?? "•";

export function setPill(node, level, text) {
  if (node.dataset.level !== level) node.dataset.level = level;
  setText(node.firstChild, markOf(level));
  setText(node.lastChild, text);
}

/// A bar whose width says a share, 0 to 1, and whose level its colour.
export function setBar(bar, share) {
  const known = typeof share === "number" && Number.isFinite(share);
  const value = known ? Math.min(1, Math.max(0, share)) * 100 : 0;
  const level = value >= 90 ? "bad" : value >= 60 ? "warn" : "good";
  if (bar.dataset.level !== level) bar.dataset.level = level;
  const width = `${value.toFixed(1)}%`;
  if (bar.firstElementChild.style.width !== width) {
    bar.firstElementChild.style.width = width;
    bar.setAttribute("aria-valuenow", value.toFixed(1));
  }
}

/// [{term, text|node}] into a <dl>, anew where something changed.
export function setFacts(list, facts) {
  whenChanged(list, facts, () => {
    list.replaceChildren(...facts.map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", {}, text))));
  });
}
