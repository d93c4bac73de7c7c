#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what Alertmanager sends to a webhook, in sentences, and keeps it if it is told where. A receiver to try alerts with: it
wakes nobody. The standard library only."""

import argparse
import http.server
import json
import signal
import sys
import time


def lines_of(message):
    """A message of Alertmanager's as people read it."""
    firing = [each for each in message["alerts"] if each["status"] == "firing"]
    over = [each for each in message["alerts"] if each["status"] == "resolved"]
    yield f"---- {time.strftime('%H:%M:%S')} {'ALERT' if firing else 'OVER'} ({message['groupLabels'].get('part', '')})"
    for alert in firing:
        notes = alert["annotations"]
        yield f"{alert['labels']['alertname']}: {notes.get('summary', '')}"
        if "senders" in notes:
            yield f"  Who sends them: {notes['senders']}"
        if "action" in notes:
            yield f"  What to do: {notes['action']}"
        for name, link in (("Its page", notes.get("link")), ("The numbers", alert.get("generatorURL"))):
            if link:
                yield f"  {name}: {link}"
    for alert in over:
        yield f"Over: {alert['labels']['alertname']}: {alert['annotations'].get('summary', '')}"
    yield f"  All alerts, and to silence them: {message['externalURL']}/#/alerts"


def serve(host, port, keep):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                message = json.loads(body)
                text = "\n".join(lines_of(message))
            except (ValueError, KeyError, TypeError) as error:
                self.send_error(400, f"this is no message of Alertmanager's: {error!r}")
                return
            print(text, flush=True)
            if keep:
                with open(keep, "a", encoding="utf-8") as kept:
                    kept.write(json.dumps({"at": time.time(), **message}) + "\n")
            self.send_response(200)
            self.end_headers()

        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Alertmanager's messages are taken by POST, and printed.\n")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((host, port), Handler)
    # Also as the first process of a container, which signals do not end by themselves.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"waits for alerts at http://{host}:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9095, help="0 takes any")
    parser.add_argument("--keep", metavar="FILE", help="each message is appended to it, one JSON object a line")
    options = parser.parse_args()
    serve(options.host, options.port, options.keep)


if __name__ == "__main__":
    main()
