// SPDX-License-Identifier: Apache-2.0
//
// The connection: the status once a second while the page is seen, every half minute while it is not, and what is known of
// the connection when it is lost. It draws nothing.

export const api = "/api/weir/v1/";

/// Whole addresses: a page that was opened with a name and a password in its address may fetch no others.
export const at = (path) => new URL(path, location.origin);

const silenceMost = 8000; // the status comes each second; behind a connection that was cut silently nothing does
const hiddenPause = 30000;
const pauses = [500, 1000, 2000, 4000, 8000, 15000];

/// What a request that failed means, in words.
export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

function words(status, said) {
  if (status === 401) return "weir asks for a user and a password (or token). Reload this page to log in as a user with the right `admin`.";
  if (status === 403) return `weir does not let you: ${said || "this needs a user with the right `admin`"}`;
  return said || `weir answered with status ${status}`;
}

/// GET or POST; the JSON of a 2xx answer, else a Refusal. status 0: no answer came.
export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(at(path), { cache: "no-store", signal: AbortSignal.timeout(10000), ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "weir does not answer");
  }
  const text = await answer.text().catch(() => "");
  let said = null;
  try {
    said = JSON.parse(text);
  } catch {
    said = null;
  }
  if (!answer.ok) throw new Refusal(answer.status, words(answer.status, said?.error ?? said?.message ?? ""));
  if (said === null) throw new Refusal(answer.status, "the answer is no JSON: is there a proxy between this page and weir?");
  return said;
}

/// start({status, state}): status(document) for each, state({kind, text, since, retryAt}) when the connection changes.
export function follow({ status, state }) {
  let events = null;
  let timer = 0;
  let watchdog = 0;
  let failures = 0;
  let asking = false;

  function took(text) {
    let document_;
    try {
      document_ = typeof text === "string" ? JSON.parse(text) : text;
    } catch {
      return;
    }
    status(document_);
  }

  function close() {
    clearTimeout(timer);
    clearTimeout(watchdog);
    if (events !== null) events.close();
    events = null;
  }

  function watch() {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, silenceMost);
  }

  function open() {
    close();
    if (document.hidden) {
      whileHidden();
      return;
    }
    events = new EventSource(at(api + "events"));
    events.addEventListener("status", (event) => {
      failures = 0;
      watch();
      state({ kind: "live" });
      took(event.data);
    });
    events.addEventListener("error", lost);
    watch();
  }

  // An event source does not say why it failed, and some refusals a person has to know of.
  async function lost() {
    close();
    if (asking) return;
    asking = true;
    let refusal = null;
    let answer = null;
    try {
      answer = await ask(api + "status");
    } catch (error) {
      refusal = error;
    }
    asking = false;
    const pause = pauses[Math.min(failures, pauses.length - 1)] * (0.8 + 0.4 * Math.random());
    failures += 1;
    const retryAt = Date.now() + pause;
    clearTimeout(timer);
    timer = setTimeout(open, pause);
    if (answer !== null) {
      took(answer);
      if (failures > 2) state({ kind: "polling", text: "weir answers, but sends no events: is there a proxy between that keeps them?", retryAt });
    } else if (refusal.status === 401 || refusal.status === 403) {
      state({ kind: "refused", text: refusal.message, retryAt });
    } else {
      state({ kind: "lost", text: refusal.message, retryAt });
    }
  }

  async function whileHidden() {
    try {
      took(await ask(api + "status"));
    } catch {
      // It is seen when somebody looks again.
    }
    if (document.hidden) timer = setTimeout(whileHidden, hiddenPause);
  }

  document.addEventListener("visibilitychange", () => {
    close();
    if (document.hidden) {
      state({ kind: "paused" });
      timer = setTimeout(whileHidden, hiddenPause);
    } else {
      failures = 0;
      open();
    }
  });
  window.addEventListener("online", () => events === null && open());
  open();
  return { retry: open };
}
