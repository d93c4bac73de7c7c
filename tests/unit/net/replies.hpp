// SPDX-License-Identifier: Apache-2.0
//
// Replies as a test wants them.
#pragma once

#include <string>
#include <utility>

#include "net/http_reply.hpp"

namespace weir {

inline http_reply reply_of(int status, std::string body = {}) {
  http_reply reply;
  reply.answered = true;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

}  // namespace weir
