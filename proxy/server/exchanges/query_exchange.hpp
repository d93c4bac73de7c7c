// SPDX-License-Identifier: Apache-2.0
//
// /query: the statements may be in the URL or in a form. What servers are to carry out it waits
// for, one statement after the other; what asks for points is passed to a server that has them.
// Thread: the intake loop's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/query/query.hpp"
#include "server/access/visible_databases.hpp"
#include "server/exchanges/gathered_text.hpp"
#include "server/exchanges/statement_exchange.hpp"
#include "server/passing/passed_query.hpp"

namespace weir {

class query_exchange final : public statement_exchange {
 public:
  query_exchange(exchange_home& home, http::connection& on, opened_request request,
                 const http::request_head& head);

  void body(std::string_view piece) override { gather(piece, form_); }
  void complete() override;
  /// Statements in the URL need no form.
  [[nodiscard]] bool takes_body() const override {
    return !http::find_value(http::decode_form(query_), "q");
  }
  [[nodiscard]] bool ends_with_peer() const noexcept override { return passed_query_.has_value(); }

 protected:
  void carried_out(const api::statement_result& result) override;

 private:
  /// Up to the next statement that is waited for, or the answer.
  void run();
  void pass_to(const query_server& server);
  void address_as_user(const query_server& server);

  const http::method method_;
  const api::result_format format_;
  const std::string query_;
  const std::string content_type_;
  gathered_text form_;
  /// As it would be passed to a server, without its body.
  relay_request passed_;
  std::optional<passed_query> passed_query_;
  /// The databases that its user sees.
  std::optional<visible_databases> shown_;
  std::optional<api::query_run> run_;
};

}  // namespace weir
