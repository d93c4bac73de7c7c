// SPDX-License-Identifier: Apache-2.0
#include "intake/tls/tls_transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.hpp"

namespace weir {
namespace {

// What a connection may hold while it shakes hands (OpenSSL's state, certificates, a message that
// is not whole), and afterwards, as a rule without a record under way.
constexpr std::size_t handshake_bytes = std::size_t{48} << 10;
constexpr std::size_t established_bytes = std::size_t{16} << 10;
// A record's largest content.
constexpr std::size_t record_bytes = std::size_t{16} << 10;
// Of one read of a socket, and so of what its peer said with it, but for a record that began
// before.
constexpr std::size_t read_bytes_max = (std::size_t{256} << 10) + record_bytes;

/// The socket as OpenSSL sees it: bytes that were received, and bytes to be sent.
struct wire {
  std::string_view received;
  std::string sealed;
};

int read_from_wire(BIO* bio, char* to, int size) {
  auto& at = *static_cast<wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (at.received.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = at.received.copy(to, static_cast<std::size_t>(size));
  at.received.remove_prefix(taken);
  return static_cast<int>(taken);
}

int write_to_wire(BIO* bio, const char* from, int size) {
  static_cast<wire*>(BIO_get_data(bio))->sealed.append(from, static_cast<std::size_t>(size));
  return size;
}

long control_wire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    WEIR_ASSERT(made != nullptr);
    BIO_meth_set_read(made, read_from_wire);
    BIO_meth_set_write(made, write_to_wire);
    BIO_meth_set_ctrl(made, control_wire);
    return made;
  }();
  return method;
}

/// What peers said, of the connection that was read last: a loop uses it up before it reads the
/// next one.
std::string& said_on_this_thread() {
  static thread_local std::string buffer(read_bytes_max, '\0');
  return buffer;
}

class tls_transport final : public transport {
 public:
  explicit tls_transport(SSL_CTX* context) : ssl_(SSL_new(context)) {
    BIO* bio = BIO_new(wire_method());
    WEIR_ASSERT(ssl_ != nullptr && bio != nullptr);  // memory alone can be short
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // takes it over
    SSL_set_accept_state(ssl_.get());
  }

  [[nodiscard]] std::optional<std::string_view> receive(std::string_view received) override;
  [[nodiscard]] std::string& send(std::string& output) override;
  void end() override;
  [[nodiscard]] bool established() const noexcept override {
    return SSL_is_init_finished(ssl_.get()) == 1;
  }
  [[nodiscard]] bool peer_ended() const noexcept override {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return established() ? established_bytes : handshake_bytes;
  }

 private:
  struct deleter {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  void seal(std::string_view output);

  wire wire_;
  std::unique_ptr<SSL, deleter> ssl_;  // ends before wire_
  /// The peer broke the protocol, or showed no certificate that is good.
  bool broken_ = false;
};

std::optional<std::string_view> tls_transport::receive(std::string_view received) {
  if (broken_) {
    return std::nullopt;
  }
  std::string& said = said_on_this_thread();
  std::size_t filled = 0;
  wire_.received = received;
  ERR_clear_error();
  for (;;) {
    if (said.size() - filled < record_bytes) {
      said.resize(said.size() + record_bytes);  // a record began in an earlier read
    }
    std::size_t read = 0;
    const int good = SSL_read_ex(ssl_.get(), said.data() + filled, said.size() - filled, &read);
    filled += read;
    if (good == 1) {
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), good);
    broken_ = why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN;
    break;
  }
  wire_.received = {};
  ERR_clear_error();
  if (broken_ && filled == 0) {
    return std::nullopt;
  }
  return std::string_view(said).substr(0, filled);
}

std::string& tls_transport::send(std::string& output) {
  if (!output.empty()) {
    seal(output);
    output.clear();  // of a peer that never finished its handshake nobody can read it
  }
  return wire_.sealed;
}

void tls_transport::seal(std::string_view output) {
  ERR_clear_error();
  while (!output.empty() && established() && !broken_) {
    std::size_t written = 0;
    broken_ = SSL_write_ex(ssl_.get(), output.data(), output.size(), &written) != 1;
    output.remove_prefix(written);
  }
  ERR_clear_error();
}

void tls_transport::end() {
  if (established() && !broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
}

}  // namespace

std::unique_ptr<transport> make_tls_transport(ssl_ctx_st* context) {
  return std::make_unique<tls_transport>(context);
}

}  // namespace weir
