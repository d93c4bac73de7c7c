# SPDX-License-Identifier: Apache-2.0
"""A mail server that keeps what it is given, as far as Alertmanager speaks SMTP."""

import socketserver
import threading


class Smtp:
    def __init__(self):
        self.mails = []  # as sent, with their headers
        kept = self.mails

        class Session(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 here")
                while line := self.rfile.readline().decode().strip().upper():
                    if line.startswith("DATA"):
                        self.say("354 go on")
                        content = b""
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            content += part
                        kept.append(content.decode())
                    self.say("221 bye" if line == "QUIT" else "250 well")
                    if line == "QUIT":
                        return

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
