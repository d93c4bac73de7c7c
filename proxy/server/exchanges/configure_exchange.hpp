// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/configure/database: gathers the small body and has api/configure_database answer it.
// Thread: the intake loop's.
#pragma once

#include <string>
#include <string_view>

#include "base/memory_budget.hpp"
#include "server/exchanges/answering_exchange.hpp"

namespace weir {

class configure_exchange final : public answering_exchange {
 public:
  configure_exchange(exchange_home& home, http::connection& on, opened_request request,
                     const http::request_head& head);
  void body(std::string_view piece) override;
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return method_ == http::method::post; }

 protected:
  [[nodiscard]] http::response failed(http::body_failure why) const override;

 private:
  const http::method method_;
  const std::string query_;
  std::string text_;
  memory_lease lease_;
};

}  // namespace weir
