// SPDX-License-Identifier: Apache-2.0
//
// /query of InfluxDB's v1 dialect: clients create and list databases before they write, also while
// every database behind weir is down. What is to be done to databases the servers behind weir do
// where there are such; all else is answered here and now. Pure but for the catalogue it is given.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "api/catalogue.hpp"
#include "api/query/result_format.hpp"
#include "api/query/statement.hpp"
#include "http/message.hpp"

namespace weir::api {

struct query_request {
  http::method method = http::method::get;
  /// The query part of the request's target.
  std::string_view query;
  std::string_view content_type;
  std::string_view body;
  result_format format = result_format::json;
};

/// A request's statements, one after the other.
class query_run {
 public:
  /// The catalogue must outlive it.
  query_run(const query_request& request, catalogue& databases);
  ~query_run();
  query_run(const query_run&) = delete;
  query_run& operator=(const query_run&) = delete;

  /// What it asks can only be answered by a database that keeps points: weir answers and carries
  /// out none of its statements by itself, or cannot read them.
  [[nodiscard]] bool asks_for_points() const noexcept;
  /// The request's `db`; empty if there is none. Valid as long as this object.
  [[nodiscard]] std::string_view database() const noexcept;
  /// All of them; none where the request is refused.
  [[nodiscard]] std::span<const statement> statements() const noexcept;
  /// The request as it was understood here, for a server that might understand another: a form with
  /// each parameter once, and no credentials.
  [[nodiscard]] std::string as_form() const;
  /// Answers statements until one is to be carried out by servers, which is returned; `give` says
  /// what came of it. nullptr: all are answered. Valid until `give`.
  [[nodiscard]] const statement* next();
  void give(statement_result result);
  /// Requires: next() == nullptr, once it was called.
  [[nodiscard]] http::response answer() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The same where no statement is a server's.
[[nodiscard]] http::response answer_query(const query_request& request, catalogue& databases);

}  // namespace weir::api
