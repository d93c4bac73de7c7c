// SPDX-License-Identifier: Apache-2.0
//
// A request on its way to the server that answers it, for the exchange that waits for the answer.
// The answer's body is passed to the client while it arrives, and no faster than the client takes
// it. Thread: the intake loop's.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "net/relay.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/passing/query_servers.hpp"

namespace weir {

/// The errors of a dialect, as `api::path_family` has them.
using error_form = http::response (*)(int status, std::string_view message);

class passed_query final : public waiting_for_thread {
 public:
  /// `then` is called once, in a turn to come; where the request cannot be sent, before `begin`
  /// returns. A 503 where there is no answer of the server's. Destroyed before that, it ends the
  /// request.
  passed_query(exchange_home& home, http::connection& on, std::string sink, error_form error,
               std::function<void(http::response)> then);
  ~passed_query() override;
  passed_query(const passed_query&) = delete;
  passed_query& operator=(const passed_query&) = delete;

  void begin(relay_request request);

  [[nodiscard]] bool settled() const noexcept override { return under_way_->has_news(); }
  void go_on() override;

 private:
  exchange_home& home_;
  http::connection& on_;
  const std::string sink_;
  const error_form error_;
  std::function<void(http::response)> then_;
  std::shared_ptr<relayed> under_way_;
};

}  // namespace weir
