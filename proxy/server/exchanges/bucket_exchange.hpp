// SPDX-License-Identifier: Apache-2.0
//
// What clients of InfluxDB 2 ask of buckets in front of an InfluxDB 1: gathers the small body, has
// api/buckets answer, and waits for what servers are to do. Thread: the intake loop's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/buckets/buckets.hpp"
#include "server/exchanges/gathered_text.hpp"
#include "server/exchanges/statement_exchange.hpp"

namespace weir {

class bucket_exchange final : public statement_exchange {
 public:
  bucket_exchange(exchange_home& home, http::connection& on, opened_request request,
                  const http::request_head& head);
  void body(std::string_view piece) override { gather(piece, text_); }
  void complete() override;
  [[nodiscard]] bool takes_body() const override { return true; }

 protected:
  [[nodiscard]] http::response too_long() const override;
  void carried_out(const api::statement_result& result) override;

 private:
  void go_on_with_statements();

  const http::method method_;
  const std::string path_;
  const std::string query_;
  gathered_text text_;
  api::bucket_step step_;
  std::size_t done_ = 0;
};

}  // namespace weir
