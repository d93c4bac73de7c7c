// SPDX-License-Identifier: Apache-2.0
//
// A relay over libcurl's multi interface, on a thread of its own. It sets the options that keep a
// request as its client sent it; curl_exchange has those of weir's own requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "net/relay.hpp"

namespace weir {

class relay_curl final : public relay {
 public:
  /// At most so many requests are under way. The thread begins with the first one.
  explicit relay_curl(std::size_t requests_max);
  ~relay_curl() override;
  relay_curl(const relay_curl&) = delete;
  relay_curl& operator=(const relay_curl&) = delete;

  [[nodiscard]] std::shared_ptr<relayed> send(relay_request request,
                                              std::function<void()> wake) override;
  /// Ends the thread and what is under way, as broken.
  void stop();

  struct counts {
    std::uint64_t requests = 0;
    /// Of those, without an answer, or with one that was not whole.
    std::uint64_t failures = 0;
    std::size_t under_way = 0;
  };
  [[nodiscard]] counts count() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
