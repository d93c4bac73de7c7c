# SPDX-License-Identifier: Apache-2.0
"""A port for tests that say themselves what happens on its connections; http_server.py is for those that answer requests."""

import socket
import threading


class Listener:
    """Gives each connection to `serve(connection)`, on a thread of its own, and closes it when that returns."""

    def __init__(self, serve):
        self._serve_one = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # stopped
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self._serve_one(connection)
            except OSError:
                pass  # the other side is gone

    def stop(self):
        self._listener.close()
