// SPDX-License-Identifier: Apache-2.0
//
// What lies between a socket and http::connection: it makes of the socket's bytes those that the
// peer said, and the other way round. Plain TCP and Unix sockets need nothing of that; TLS is
// another transport, which its listener names. It owns no socket and reads no clock. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Of one connection. Thread: the loop's that has the connection.
class transport {
 public:
  virtual ~transport() = default;

  /// Takes bytes that were read from the socket, and returns what the peer said with them: nothing
  /// yet, perhaps. Valid until the next call, and as long as `received`. nullopt: the peer broke
  /// the transport's protocol, and the connection is to be closed.
  [[nodiscard]] virtual std::optional<std::string_view> receive(std::string_view received) = 0;

  /// What is to be written to the socket for `output`, together with what the transport itself has
  /// to say. Either `output` or a buffer of the transport's own, and then `output` is empty. The
  /// caller writes it and empties it (or swaps it out) before the next call.
  [[nodiscard]] virtual std::string& send(std::string& output) = 0;

  /// No output follows: the next `send` returns what the protocol ends with, if it has such.
  virtual void end() {}
  /// What has to be agreed on before the peer can say anything is agreed on.
  [[nodiscard]] virtual bool established() const noexcept { return true; }
  /// The peer has said that nothing more comes of it; its socket may still be open.
  [[nodiscard]] virtual bool peer_ended() const noexcept { return false; }
  /// What the transport may hold, in bytes, for the memory budget: no more than at its beginning.
  [[nodiscard]] virtual std::size_t held_bytes() const noexcept { return 0; }
};

/// Makes the transport of a connection that was accepted. Thread: the control loop's.
using transport_factory = std::function<std::unique_ptr<transport>()>;

/// The bytes as they are; nothing is copied.
class plain_transport final : public transport {
 public:
  [[nodiscard]] std::optional<std::string_view> receive(std::string_view received) override {
    return received;
  }
  [[nodiscard]] std::string& send(std::string& output) override { return output; }
};

[[nodiscard]] inline std::unique_ptr<transport> make_plain_transport() {
  return std::make_unique<plain_transport>();
}

}  // namespace weir
