// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request after another, each waited for: what a thread or a command that has nothing else
// to do needs. Sinks' deliveries go by transfer_curl. Lives on one thread; `stop` may come from
// any.
#pragma once

#include <atomic>
#include <memory>

#include "net/http_reply.hpp"
#include "net/transfer.hpp"

namespace weir {

class fetch_curl {
 public:
  /// `keep_long_answers`: an answer longer than `answer_bytes_max` is cut; otherwise it counts as
  /// none.
  explicit fetch_curl(bool keep_long_answers = false);
  ~fetch_curl();
  fetch_curl(const fetch_curl&) = delete;
  fetch_curl& operator=(const fetch_curl&) = delete;

  /// GET, or POST where the request has a body. The connection is kept for the next request.
  [[nodiscard]] http_reply ask(const transfer_request& request);

  /// Ends the request under way and all further ones, without an answer and without a reason.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  const bool keep_long_answers_;
  /// libcurl's easy handle; null if there was no memory for one.
  std::unique_ptr<void, void (*)(void*)> easy_;
  std::atomic<bool> stopped_{false};
};

}  // namespace weir
