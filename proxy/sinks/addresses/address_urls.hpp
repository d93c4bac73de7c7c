// SPDX-License-Identifier: Apache-2.0
//
// The URLs of a server's addresses: a request that was written for the first one can go to any of
// them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/sinks/sink_settings.hpp"
#include "net/http_reply.hpp"

namespace weir {

/// One, or several.
[[nodiscard]] std::vector<std::string> addresses_of(const server_settings& server);

/// The address is not there, or says that what is behind it is not. Other failures may be those of
/// a batch.
[[nodiscard]] bool is_down(const http_reply& reply);

class address_urls {
 public:
  /// At least one. Slashes at their ends do not count.
  explicit address_urls(std::vector<std::string> urls);

  [[nodiscard]] std::size_t count() const noexcept { return urls_.size(); }
  [[nodiscard]] const std::string& of(std::size_t which) const { return urls_.at(which); }
  /// What stands in `url` behind the first address, with which it begins.
  [[nodiscard]] std::string path_in(const std::string& url) const;

 private:
  std::vector<std::string> urls_;
};

}  // namespace weir
