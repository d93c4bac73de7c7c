// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/replay_addresses.hpp"

#include <utility>

namespace weir {

replay_addresses::replay_addresses(const server_settings& server, ask_one ask)
    : urls_(addresses_of(server)), ask_(std::move(ask)) {}

http_reply replay_addresses::ask(const transfer_request& request) {
  transfer_request sent = request;
  sent.url = urls_.of(current_) + urls_.path_in(request.url);
  http_reply reply = ask_(sent);
  moved_ = is_down(reply) && current_ + 1 < urls_.count();
  current_ += moved_ ? 1 : 0;
  return reply;
}

http_reply replay_addresses::ask_until_answered(const transfer_request& request) {
  http_reply reply = ask(request);
  while (moved_) {
    reply = ask(request);
  }
  return reply;
}

}  // namespace weir
