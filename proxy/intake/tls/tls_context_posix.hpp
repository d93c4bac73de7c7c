// SPDX-License-Identifier: Apache-2.0
//
// What a TLS listener shows and asks for: its certificate with the key, and the authorities of
// client certificates, read from files once. Another one takes its place when they are read again;
// connections keep the one that they began with.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/published.hpp"
#include "base/result.hpp"
#include "intake/transport.hpp"

struct ssl_ctx_st;

namespace weir {

/// Files in PEM format.
struct tls_files {
  /// The listener's certificate, and those between it and an authority's. Empty: no TLS.
  std::string certificate{};
  std::string key{};
  /// Authorities; clients have to show a certificate of one of them. Empty: they need none.
  std::string client_ca{};
};

/// Immutable. Any thread.
class tls_context {
 public:
  /// No TLS: connections are plain.
  tls_context() = default;
  /// Reads the files. Fails, naming the file, where one cannot be read or does not fit the others.
  /// Sessions that began under `before` can be resumed while the authorities stay the same. TLS 1.2
  /// and 1.3.
  [[nodiscard]] static result<std::shared_ptr<const tls_context>> load(
      const tls_files& files, const tls_context* before = nullptr);

  [[nodiscard]] bool is_plain() const noexcept { return context_ == nullptr; }
  /// Requires: not is_plain().
  [[nodiscard]] std::unique_ptr<transport> make_transport() const;

 private:
  struct deleter {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, deleter> context_;
};

/// The context of the next connections, which a reload replaces.
using current_tls = published<tls_context>;

/// Transports as `tls` says when a connection is accepted; plain ones while it is plain.
[[nodiscard]] transport_factory transports_of(std::shared_ptr<const current_tls> tls);

}  // namespace weir
