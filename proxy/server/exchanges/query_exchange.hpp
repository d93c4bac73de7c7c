// SPDX-License-Identifier: Apache-2.0
//
// /query: the statements may be in the URL or in a form. What servers are to carry out it waits
// for, one statement after the other. Thread: the intake loop's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/query/query.hpp"
#include "server/exchanges/gathered_text.hpp"
#include "server/exchanges/statement_exchange.hpp"

namespace weir {

class query_exchange final : public statement_exchange {
 public:
  query_exchange(exchange_home& home, http::connection& on, opened_request request,
                 const http::request_head& head);

  void body(std::string_view piece) override;
  void complete() override;
  /// Statements in the URL need no form.
  [[nodiscard]] bool takes_body() const override {
    return !http::find_value(http::decode_form(query_), "q");
  }

 protected:
  void carried_out(const api::statement_result& result) override;

 private:
  /// Up to the next statement that is waited for, or the answer.
  void run();

  const http::method method_;
  const api::result_format format_;
  const std::string query_;
  const std::string content_type_;
  gathered_text form_;
  std::optional<api::query_run> run_;
};

}  // namespace weir
