// SPDX-License-Identifier: Apache-2.0
//
// The page: each status goes to each of its parts, and the state of the connection to the top.

import * as databases from "./databases.js";
import { byId, el, plainLines, prose, setText, show } from "./dom.js";
import { clock, duration, visible } from "./format.js";
import { api, ask, follow } from "./live.js";
import * as overview from "./overview.js";
import * as rates from "./rates.js";
import * as rejections from "./rejections.js";
import * as sinks from "./sinks.js";
import * as trying from "./try.js";

const parts = [overview, rates, sinks, rejections, databases, trying];

// ---- the connection ------------------------------------------------------------------------------

let taken = null; // {at: by this clock in ms, now: by weir's in s}
let connection = { kind: "connecting" };
let ticking = 0;

function tellConnection() {
  const { kind, text, retryAt } = connection;
  const box = byId("connection");
  if (box.dataset.state !== kind) box.dataset.state = kind;
  const old = taken === null ? null : (Date.now() - taken.at) / 1000;
  const bad = kind === "lost" || kind === "refused";
  setText(byId("connection-text"), {
    live: "live",
    connecting: "connecting",
    polling: "slow: no events",
    paused: "paused",
    refused: "not allowed",
    lost: "no connection",
  }[kind]);
  show(byId("banner"), bad || kind === "polling");
  if (bad || kind === "polling") {
    const wait = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    setText(byId("banner-title"), kind === "refused" ? "weir does not show this page's numbers to you" : kind === "polling" ? "The numbers come slowly" : "The connection to weir is lost");
    const shown = old === null ? "Nothing was received yet." : `What you see is ${duration(old)} old, from ${clock(taken.now)}.`;
    setText(byId("banner-text"), `${text}${/[.?!]$/.test(text) ? "" : "."} ${shown} ${wait > 0 ? `Next attempt in ${wait} s.` : "Trying now."}`);
  }
  clearTimeout(ticking);
  if (kind !== "live" && kind !== "paused") ticking = setTimeout(tellConnection, 1000);
}

function onState(state) {
  const was = connection.kind;
  if (state.kind === "live" && was === "live") return;
  connection = state;
  if (state.kind === "live") rates.reconnected();
  tellConnection();
}

function onStatus(status) {
  taken = { at: Date.now(), now: status.now };
  for (const part of parts) {
    // A part that fails, as with an answer of a later version, leaves the others alone.
    try {
      part.update?.(status);
    } catch (error) {
      console.error(error);
    }
  }
  document.documentElement.dataset.shown = "yes";
}

// ---- the configuration ---------------------------------------------------------------------------

function sentences(title, texts) {
  if (!Array.isArray(texts) || texts.length === 0) return [];
  return [el("h3", {}, title), el("ul", {}, ...texts.map((text) => el("li", {}, prose(text))))];
}

async function configuration() {
  if (!byId("configuration-details").open) return;
  const body = byId("configuration-body");
  try {
    const answer = await ask(`${api}config`);
    setText(byId("configuration-place"), answer.place ? `from ${visible(answer.place)}` : "the defaults: there is no file");
    body.replaceChildren(...sentences("Warnings", answer.warnings), ...sentences("Notes", answer.notes),
      el("p", { class: "quiet" }, "Every key with its value, secrets as ***. A changed file comes into force with a reload (SIGHUP, systemctl reload weir)."),
      plainLines(answer.toml));
  } catch (error) {
    body.replaceChildren(el("p", {}, error.message));
  }
}

for (const part of parts) part.start?.();
byId("configuration-details").addEventListener("toggle", configuration);
const live = follow({ status: onStatus, state: onState });
byId("banner-try").addEventListener("click", () => live.retry());
