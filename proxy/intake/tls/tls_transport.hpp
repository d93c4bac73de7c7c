// SPDX-License-Identifier: Apache-2.0
//
// TLS between a socket's bytes and what its peer says: OpenSSL over buffers in memory, without a
// socket of its own. Private to intake/tls.
#pragma once

#include <memory>

#include "intake/transport.hpp"

struct ssl_ctx_st;

namespace weir {

/// The server's side of one connection. It holds the context as long as it needs it.
[[nodiscard]] std::unique_ptr<transport> make_tls_transport(ssl_ctx_st* context);

}  // namespace weir
