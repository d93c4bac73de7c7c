// SPDX-License-Identifier: Apache-2.0
//
// POST /api/weir/v1/explain: gathers the lines, has facts/explain say what would become of them,
// and answers with that. Nothing of them is kept. Thread: the intake loop's.
#pragma once

#include <string>
#include <string_view>

#include "server/exchanges/answering_exchange.hpp"
#include "server/exchanges/gathered_text.hpp"

namespace weir {

class explain_exchange final : public answering_exchange {
 public:
  explain_exchange(exchange_home& home, http::connection& on, opened_request request,
                   const http::request_head& head);
  void body(std::string_view piece) override { gather(piece, text_); }
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return true; }

 protected:
  [[nodiscard]] http::response too_long() const override;

 private:
  const std::string query_;
  gathered_text text_;
};

}  // namespace weir
