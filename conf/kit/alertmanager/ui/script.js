// SPDX-License-Identifier: Apache-2.0
//
// Asks Alertmanager's API every ten seconds. Everything that alerts say is text here, never markup.
"use strict";

const api = "api/v2/";
const at = (id) => document.getElementById(id);

function made(name, text, inside = []) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...inside);
  return element;
}

function link(text, address) {
  const element = made("a", text);
  // Only what leads to a page: an alert could say javascript:.
  if (/^https?:/.test(address)) element.href = address;
  return element;
}

function button(text, act) {
  const element = made("button", text);
  element.addEventListener("click", () => act().then(show, tell));
  return element;
}

async function ask(path, method = "GET", body = undefined) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.headers.get("Content-Type")?.includes("json") ? answer.json() : null;
}

function tell(error) {
  at("trouble").textContent = `Alertmanager does not answer: ${error.message}`;
}

// All labels of the alert, for so many hours.
function silence(alert, hours) {
  const matchers = Object.entries(alert.labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
  const now = Date.now();
  return ask("silences", "POST", {
    matchers,
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + hours * 3600e3).toISOString(),
    createdBy: "the page",
    comment: `silenced for ${hours} h`,
  });
}

function alertShown(alert) {
  const notes = alert.annotations;
  const parts = [made("h3", `${alert.labels.alertname}: ${notes.summary ?? ""}`)];
  if (notes.senders) parts.push(made("p", `Who sends them: ${notes.senders}`));
  if (notes.action) parts.push(made("p", `What to do: ${notes.action}`));
  parts.push(made("p", `Since ${new Date(alert.startsAt).toLocaleString()} (${alert.labels.severity ?? "no severity"}). `));
  const last = parts[parts.length - 1];
  if (notes.link) last.append(link("Its page", notes.link), " ");
  if (alert.generatorURL) last.append(link("The numbers", alert.generatorURL), " ");
  const why = alert.status.inhibitedBy.length ? "inhibited" : alert.status.silencedBy.length ? "silenced" : "";
  if (why) last.append(`(${why})`);
  else last.append(button("Silence 1 h", () => silence(alert, 1)), " ", button("8 h", () => silence(alert, 8)));
  const shown = made("article", "", parts);
  if (why) shown.className = "quiet";
  return shown;
}

function silenceShown(each) {
  const what = each.matchers.map((m) => `${m.name}${m.isEqual === false ? "!" : ""}${m.isRegex ? "=~" : "="}"${m.value}"`).join(", ");
  return made("p", "", [made("code", what), ` until ${new Date(each.endsAt).toLocaleString()}: ${each.comment} (${each.createdBy}) `,
    button("End it", () => ask(`silence/${each.id}`, "DELETE"))]);
}

async function show() {
  const [alerts, silences] = await Promise.all([ask("alerts"), ask("silences")]);
  const told = (alert) => alert.status.state === "active" && alert.labels.alertname !== "Watchdog";
  const fill = (id, found, shown, none) => at(id).replaceChildren(...(found.length ? found.map(shown) : [made("p", none)]));
  fill("firing", alerts.filter(told), alertShown, "Nothing: all is well.");
  fill("quiet", alerts.filter((alert) => alert.status.state === "suppressed"), alertShown, "None.");
  fill("silences", silences.filter((each) => each.status.state !== "expired"), silenceShown, "None.");
  at("trouble").textContent = "";
}

show().catch(tell);
setInterval(() => show().catch(tell), 10000);
