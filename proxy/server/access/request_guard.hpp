// SPDX-License-Identifier: Apache-2.0
//
// Whether a request may go on where the configuration has users: who asks, and what its route
// needs. What a database or a body needs is looked at where these are read. One guard a loop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/connection.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/listeners.hpp"
#include "users/doorkeeper.hpp"

namespace weir {

class request_guard {
 public:
  /// `shared` outlives it.
  explicit request_guard(shared_doors& shared) : shared_(shared), keeper_(shared) {}

  /// Neither is set: the request may go on, as far as its head tells, and `request.by` is who asks.
  struct admission {
    std::optional<http::response> refused{};
    /// `proved` says more once its ticket is settled.
    std::optional<open_proof> open{};
  };
  [[nodiscard]] admission admit(const http::request_head& head, const http::connection& on,
                                const http_terms& terms, opened_request& request,
                                const std::function<void()>& wake);
  [[nodiscard]] std::optional<http::response> proved(const open_proof& proof,
                                                     const http::request_head& head,
                                                     const moment& now, opened_request& request);

  /// Each gives the answer to what is not the user's to do, counted, or nothing.
  [[nodiscard]] std::optional<http::response> refuse_write(std::string_view path, const user& by,
                                                           const std::string& database);
  [[nodiscard]] std::optional<http::response> counted(std::optional<http::response> refused);

 private:
  [[nodiscard]] std::optional<http::response> refuse_by_route(const http::request_head& head,
                                                              const opened_request& request);

  shared_doors& shared_;
  doorkeeper keeper_;
};

}  // namespace weir
