# SPDX-License-Identifier: Apache-2.0
"""A wire between Flink and weir that remembers every byte of both sides. It knows nothing of HTTP, and breaks a connection where
one side does: what Flink sees of weir's restart is what it would see without it."""

import socket
import threading
from dataclasses import dataclass, field

from harness.listener import Listener


@dataclass
class Conversation:
    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)


class Tap:
    def __init__(self):
        self.target = None  # "HOST:PORT"; may change at any time, for connections to come
        self.conversations = []
        self._listener = Listener(self._connect)
        self.port = self._listener.port

    def stop(self):
        self._listener.stop()

    def _connect(self, client):
        host, port = self.target.rsplit(":", 1)
        server = socket.create_connection((host, int(port)), 5)
        server.settimeout(None)
        conversation = Conversation()
        self.conversations.append(conversation)
        threading.Thread(target=pump, args=(server, client, conversation.answered), daemon=True).start()
        pump(client, server, conversation.sent)


def pump(source, target, record):
    try:
        while piece := source.recv(1 << 16):
            record += piece
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):  # the other direction ends, too
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
