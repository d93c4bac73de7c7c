// SPDX-License-Identifier: Apache-2.0
//
// One HTTP POST after another, waiting for each answer: for commands, not for the data path.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir {

struct http_answer {
  int status = 0;
  /// Its first 8 MiB.
  std::string body{};
};

/// Keeps its connection. One thread.
class http_poster {
 public:
  /// `unix_path`: of a Unix socket to connect to; empty: none.
  explicit http_poster(std::string unix_path = {});
  ~http_poster();
  http_poster(const http_poster&) = delete;
  http_poster& operator=(const http_poster&) = delete;

  /// `headers`: "Name: value". `user`: "name:password", empty: none.
  [[nodiscard]] result<http_answer> post(const std::string& url, std::string_view body,
                                         const std::vector<std::string>& headers,
                                         const std::string& user = {});

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
