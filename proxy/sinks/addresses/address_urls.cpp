// SPDX-License-Identifier: Apache-2.0
#include "sinks/addresses/address_urls.hpp"

#include <utility>

#include "base/assert.hpp"

namespace weir {

std::vector<std::string> addresses_of(const server_settings& server) {
  return server.urls.empty() ? std::vector{server.url} : server.urls;
}

bool is_down(const http_reply& reply) {
  return !reply.answered || (reply.status >= 502 && reply.status <= 504);
}

address_urls::address_urls(std::vector<std::string> urls) : urls_(std::move(urls)) {
  WEIR_ASSERT(!urls_.empty());
  for (std::string& url : urls_) {
    while (url.ends_with('/')) {
      url.pop_back();
    }
  }
}

std::string address_urls::path_in(const std::string& url) const {
  WEIR_ASSERT(url.starts_with(urls_.front()));
  return url.substr(urls_.front().size());
}

}  // namespace weir
