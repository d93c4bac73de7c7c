// SPDX-License-Identifier: Apache-2.0
//
// One small HTTP question after another, each waited for: what a thread that has nothing else to do
// needs. Sinks' deliveries go by transfer_curl. Lives on one thread; `stop` may come from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "sinks/answer.hpp"
#include "sinks/transfer.hpp"

namespace weir {

class fetch_curl {
 public:
  fetch_curl();
  ~fetch_curl();
  fetch_curl(const fetch_curl&) = delete;
  fetch_curl& operator=(const fetch_curl&) = delete;

  /// GET, or POST where the request has a body. An answer longer than `answer_bytes_max` counts as
  /// none. The connection is kept for the next question.
  [[nodiscard]] answer ask(const transfer_request& request);

  /// Ends the question under way and all further ones, without an answer and without words.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::atomic<bool> stopped_{false};
};

}  // namespace weir
