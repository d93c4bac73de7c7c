// SPDX-License-Identifier: Apache-2.0
//
// Lines per second: two charts of the last hour, and the table below that is their legend and says the same in numbers.
// The past comes from /history, what follows from each status.

import { byId, el, keyed, name, setText, show } from "./dom.js";
import { clock, compact, count, counted, rate } from "./format.js";
import { api, ask } from "./live.js";

const step = 5;
const kept = 3600;
const rows = [
  { key: "received", words: "received", says: "lines that arrived" },
  { key: "accepted", words: "accepted", says: "lines that weir keeps and delivers" },
  { key: "delivered", words: "delivered", says: "points that sinks took; each sink counts" },
  { key: "rejected", words: "rejected", says: "lines not kept; their senders were told" },
  { key: "dropped", words: "dropped", says: "lines not kept because a rule or setting says so" },
];
const flow = ["received", "accepted", "delivered"];
const loss = ["rejected", "dropped"];

let past = []; // [time, received, accepted, delivered, rejected, dropped], oldest first
let span = kept;
let charts = [];
let cells = new Map();
let started = null;
let loading = false;
let isChosen = false; // the span, by a person
let wanted = true; // the history is to be fetched

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

// What is drawn lies between 0 and a little above the highest value; where all is 0, the line lies at the bottom.
function highest(columns, from) {
  let most = 0;
  for (const row of past) {
    if (row[0] < from) continue;
    for (const column of columns) if (row[column] > most) most = row[column];
  }
  return most > 0 ? most * 1.08 : 10;
}

const columnsOf = (keys) => keys.map((key) => 1 + rows.findIndex((row) => row.key === key));

function data(keys) {
  const columns = columnsOf(keys);
  return past.map((row) => [row[0] * 1000, ...columns.map((column) => row[column])]);
}

function colors() {
  return {
    flow: flow.map(color),
    loss: loss.map(color),
    gridLineColor: color("grid"),
    axisLineColor: color("edge"),
  };
}

function range(end) {
  return [(end - span) * 1000, end * 1000];
}

function makeChart(id, keys, height) {
  const paint = colors();
  const chart = new globalThis.Dygraph(byId(id), data(keys), {
    labels: ["time", ...keys],
    colors: paint[keys === flow ? "flow" : "loss"],
    gridLineColor: paint.gridLineColor,
    axisLineColor: paint.axisLineColor,
    series: {
      received: { fillGraph: true, strokeWidth: 1 },
      accepted: { strokeWidth: 2 },
      delivered: { strokeWidth: 2, strokePattern: [6, 3] },
      rejected: { strokeWidth: 2, fillGraph: true },
      dropped: { strokeWidth: 2, strokePattern: [6, 3] },
    },
    fillAlpha: 0.22,
    legend: "never",
    interactionModel: {}, // a touch or the wheel over a chart moves the page
    axisLabelFontSize: 12,
    axes: {
      y: { axisLabelWidth: 46, pixelsPerLabel: height, axisLabelFormatter: compact },
      // The times are numbers, not dates: a Date for each of some hundred points, every few seconds, is work for nothing.
      x: { pixelsPerLabel: 70, ticker: globalThis.Dygraph.dateTicker, axisLabelFormatter: globalThis.Dygraph.dateAxisLabelFormatter },
    },
    highlightCircleSize: 3,
    highlightCallback: (_event, _at, _points, index) => point(index),
    unhighlightCallback: () => point(null),
  });
  return { chart, keys };
}

function point(index) {
  const row = index === null ? undefined : past[index];
  setText(
    byId("chart-readout"),
    row === undefined ? "" : `${clock(row[0])}  ` + rows.map(({ key, words }, at) => `${words} ${rate(row[1 + at])}/s`).filter((_, at) => rows[at].key !== "dropped" || row[1 + at] > 0).join(", "),
  );
  for (const { chart } of charts) {
    if (row === undefined) chart.clearSelection();
    else chart.setSelection(index);
  }
}

function draw(end) {
  if (globalThis.Dygraph === undefined || past.length === 0) return;
  if (charts.length === 0) {
    // Its legend writes style attributes, which the page's policy forbids; ours is the table.
    const { PLUGINS, Plugins } = globalThis.Dygraph;
    globalThis.Dygraph.PLUGINS = PLUGINS.filter((each) => each !== Plugins.Legend && each !== Plugins.RangeSelector);
    charts = [makeChart("chart-flow", flow, 30), makeChart("chart-loss", loss, 24)];
  }
  for (const { chart, keys } of charts) {
    chart.updateOptions({
      file: data(keys),
      dateWindow: range(end),
      rollPeriod: rolled(),
      valueRange: [0, highest(columnsOf(keys), end - span)],
    });
  }
}

// An hour has more points than a chart has pixels: means of 15 s, and of 30 s where it is narrow.
function rolled() {
  if (span !== kept) return 1;
  return byId("chart-flow").clientWidth < 500 ? 6 : 3;
}

function repaint() {
  const paint = colors();
  for (const { chart, keys } of charts) {
    chart.updateOptions({
      colors: paint[keys === flow ? "flow" : "loss"],
      gridLineColor: paint.gridLineColor,
      axisLineColor: paint.axisLineColor,
    });
  }
}

function table(status, end) {
  const seen = past.filter((row) => row[0] >= end - span);
  const sentence = [];
  rows.forEach(({ key }, index) => {
    const own = cells.get(key);
    const values = seen.map((row) => row[1 + index]).filter((value) => value !== null);
    const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    const most = values.length === 0 ? null : Math.max(...values);
    setText(own.now, rate(status.rates?.[key]));
    own.now.classList.toggle("alarming", key === "rejected" && status.rates?.[key] > 0);
    setText(own.mean, rate(mean));
    setText(own.most, rate(most));
    setText(own.total, count(status.totals?.[key]));
    sentence.push(`${key} ${rate(status.rates?.[key])} now, ${rate(mean)} in the mean, ${rate(most)} at most`);
  });
  return `Per second, of the last ${spanName()}: ${sentence.join("; ")}.`;
}

const sinksMost = 4;

/// What each of some sinks took; what it took before is in no history.
function eachSink(sinks) {
  const shown = sinks.length > 1 && sinks.length <= sinksMost ? sinks : [];
  show(byId("rates-sinks"), shown.length > 0);
  keyed(byId("rates-sinks"), shown, (sink) => sink.name, (sink) => {
    const own = { now: el("td", { class: "n" }), total: el("td", { class: "n wide", colspan: "3" }) };
    own.node = el("tr", { class: "quiet" }, el("th", { scope: "row" }, "to ", name(sink.name, 40)), own.now, own.total);
    return own;
  }, (own, sink) => {
    setText(own.now, rate(sink.delivered_per_second));
    setText(own.total, `${counted(sink.delivered, "point")} in all`);
  });
}

const spanName = () => (span === 3600 ? "hour" : `${span / 60} minutes`);

async function load(status) {
  loading = true;
  try {
    const history = await ask(`${api}history?seconds=${kept}&step=${step}`);
    const length = history.received.length;
    past = [];
    for (let at = 0; at < length; ++at) {
      past.push([history.end - (length - 1 - at) * history.step, ...rows.map(({ key }) => history[key]?.[at] ?? null)]);
    }
    wanted = false;
  } catch {
    // The charts begin with what follows; the next connection asks again.
    wanted = past.length === 0;
  }
  loading = false;
  draw(status.now);
}

export function start() {
  cells = new Map(
    rows.map(({ key, words, says }) => {
      const cell = (extra) => el("td", { class: `n ${extra}` });
      const own = { words: el("span", {}, words), now: cell("now"), mean: cell(""), most: cell("wide"), total: cell("wide") };
      byId(loss.includes(key) ? "rates-loss" : "rates-rows").append(
        el("tr", { title: says }, el("th", { scope: "row" }, el("span", { class: "swatch", "data-of": key, "aria-hidden": "true" }), own.words), own.now, own.mean, own.most, own.total),
      );
      return [key, own];
    }),
  );
  byId("span").addEventListener("change", (event) => {
    isChosen = true;
    choose(Number(event.target.value));
    if (last !== null) {
      draw(last.now);
      setText(byId("chart-words"), table(last, last.now));
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}

let last = null;

function choose(seconds) {
  span = seconds;
  for (const node of document.querySelectorAll(".span-name")) setText(node, span === 3600 ? "1 hour" : `${span / 60} min`);
}

// What is shown is the last hour; of a weir that has not run for so long, no more than it may fill.
function fit(uptime) {
  const seconds = uptime < 300 ? 300 : uptime < 900 ? 900 : kept;
  if (isChosen || seconds === span) return;
  choose(seconds);
  byId("span").querySelector(`[value="${seconds}"]`).checked = true;
}

/// After a time without a connection the past has a hole that only weir can fill.
export function reconnected() {
  wanted = true;
}

export function update(status) {
  if (started !== status.started) wanted = true;
  started = status.started;
  last = status;
  fit(status.uptime);
  const sinks = status.sinks?.length ?? 0;
  setText(cells.get("delivered").words, sinks > 1 ? `delivered, ${sinks} sinks together` : "delivered");
  eachSink(status.sinks ?? []);
  if (wanted && !loading) load(status);
  const end = status.now;
  if (past.length === 0 || end - past[past.length - 1][0] >= step) {
    past.push([end, ...rows.map(({ key }) => status.rates?.[key] ?? null)]);
    past = past.filter((row) => row[0] >= end - kept - step);
    if (!loading) draw(end);
    setText(byId("chart-words"), table(status, end));
  } else table(status, end);
}
