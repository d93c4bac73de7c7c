# SPDX-License-Identifier: Apache-2.0
"""Prometheus, which scrapes gauges here and sends them to weir by remote write."""

import http.server
import threading
import time

from driver import DATABASE, URL, serve
from process import answers, free_port, start

ADDRESS = f"127.0.0.1:{free_port()}"
CONFIGURATION = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: shown
    metrics_path: /shown
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
remote_write:
  - url: {url}/api/v1/prom/write?db={database}
    write_relabel_configs:
      - {{source_labels: [__name__], regex: points, action: keep}}
    queue_config: {{max_shards: 1, batch_send_deadline: 100ms}}
"""


class Shown(http.server.BaseHTTPRequestHandler):
    """Each text is shown once, and with times: what is not shown any more is not stale then."""

    text = b""
    scraped = threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        text, Shown.text = Shown.text, b""
        self.wfile.write(text)
        if text:
            self.scraped.set()

    def log_message(self, *_):
        pass


class Client:
    def __init__(self):
        shown = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shown)
        threading.Thread(target=shown.serve_forever, daemon=True).start()
        with open("prometheus.yml", "w", encoding="utf-8") as config:
            config.write(CONFIGURATION.format(port=shown.server_address[1], url=URL, database=DATABASE))
        start("--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={ADDRESS}")

    def connect(self):
        answers(f"http://{ADDRESS}/-/ready")

    def write(self, points):
        at = int(time.time() * 1000)
        numbers = [point["fields"]["integer"] for point in points]
        Shown.scraped.clear()
        Shown.text = "".join(f'points{{number="{each}"}} {each + 0.5} {at}\n' for each in numbers).encode()
        if not Shown.scraped.wait(30):
            raise TimeoutError("nothing was scraped")


serve(Client())
