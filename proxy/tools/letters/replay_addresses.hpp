// SPDX-License-Identifier: Apache-2.0
//
// Which of a sink's addresses a replay asks: the first one, and from one that is down on to the
// next, so that each is tried once. Pure: how a request travels is passed in. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "net/http_reply.hpp"
#include "net/transfer.hpp"
#include "sinks/addresses/address_urls.hpp"

namespace weir {

class replay_addresses {
 public:
  /// Makes one request and waits for its answer.
  using ask_one = std::function<http_reply(const transfer_request&)>;

  replay_addresses(const server_settings& server, ask_one ask);

  /// Sends a request that was written for the first address to the one in use.
  [[nodiscard]] http_reply ask(const transfer_request& request);
  /// The same, and where that is down to the next ones: for what may be written twice.
  [[nodiscard]] http_reply ask_until_answered(const transfer_request& request);
  /// The last request found its address down, and there is another one to ask.
  [[nodiscard]] bool moved() const noexcept { return moved_; }
  [[nodiscard]] std::size_t current() const noexcept { return current_; }
  [[nodiscard]] const std::string& url() const { return urls_.of(current_); }

 private:
  const address_urls urls_;
  const ask_one ask_;
  std::size_t current_ = 0;
  bool moved_ = false;
};

}  // namespace weir
