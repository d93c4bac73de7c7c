// SPDX-License-Identifier: Apache-2.0
//
// A request of which weir knows nothing but where it goes: it is passed to the server as it is,
// with its client's credentials, or, where weir has users, with the sink's. Thread: the intake
// loop's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/relay.hpp"
#include "server/exchanges/answering_exchange.hpp"
#include "server/exchanges/gathered_text.hpp"
#include "server/passing/passed_query.hpp"
#include "server/passing/query_servers.hpp"

namespace weir {

class passing_exchange final : public answering_exchange {
 public:
  passing_exchange(exchange_home& home, http::connection& on, opened_request request,
                   const http::request_head& head, const query_server& to);

  void body(std::string_view piece) override { gather(piece, text_); }
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return true; }
  /// Prometheus' remote read, whose body the server decodes.
  [[nodiscard]] bool reads_snappy() const override { return true; }
  [[nodiscard]] bool ends_with_peer() const noexcept override { return passed_query_.has_value(); }

 private:
  const std::string sink_;
  const std::string path_;
  relay_request passed_;
  gathered_text text_;
  std::optional<passed_query> passed_query_;
};

}  // namespace weir
