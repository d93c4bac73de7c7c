// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/configure/database: gathers the small body, has api/configure_database answer it, and
// waits for what servers are to do.
// Thread: the intake loop's.
#pragma once

#include <string>
#include <string_view>

#include "api/configure_database.hpp"
#include "server/exchanges/gathered_text.hpp"
#include "server/exchanges/statement_exchange.hpp"

namespace weir {

class configure_exchange final : public statement_exchange {
 public:
  configure_exchange(exchange_home& home, http::connection& on, opened_request request,
                     const http::request_head& head);
  void body(std::string_view piece) override { gather(piece, text_); }
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return method_ == http::method::post; }

 protected:
  [[nodiscard]] http::response too_long() const override;
  void carried_out(const api::statement_result& result) override;

 private:
  const http::method method_;
  const std::string query_;
  gathered_text text_;
  api::configure_step step_;
};

}  // namespace weir
