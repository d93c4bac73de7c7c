// SPDX-License-Identifier: Apache-2.0
#include "tools/load/response_reader.hpp"

#include <llhttp.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t body_begin_bytes_max = 300;

}  // namespace

struct response_reader::parts {
  llhttp_t parser{};
  int status = 0;
  bool keep_alive = false;
  std::string body_begin;

  static parts& of(llhttp_t* parser) { return *static_cast<parts*>(parser->data); }

  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    std::string& body = of(parser).body_begin;
    body.append(at, std::min(length, body_begin_bytes_max - body.size()));
    return 0;
  }
  static int on_message_complete(llhttp_t* parser) {
    parts& self = of(parser);
    const int status = llhttp_get_status_code(parser);
    if (status < 200 && status != 101) {
      return 0;  // an interim answer: the real one follows
    }
    self.status = status;
    self.keep_alive = llhttp_should_keep_alive(parser) != 0;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t& callbacks() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_body = on_body;
      made.on_message_complete = on_message_complete;
      return made;
    }();
    return table;
  }
};

response_reader::response_reader() : parts_(std::make_unique<parts>()) {
  reset();
}
response_reader::~response_reader() = default;

void response_reader::reset() {
  llhttp_init(&parts_->parser, HTTP_RESPONSE, &parts::callbacks());
  parts_->parser.data = parts_.get();
  parts_->status = 0;
  parts_->keep_alive = false;
  parts_->body_begin.clear();
}

response_reader::state response_reader::feed(std::string_view bytes) {
  const llhttp_errno_t code = llhttp_execute(&parts_->parser, bytes.data(), bytes.size());
  if (code == HPE_OK) {
    return state::more;
  }
  // Nothing was asked for that could follow an answer.
  const bool all_read = llhttp_get_error_pos(&parts_->parser) == bytes.data() + bytes.size();
  return code == HPE_PAUSED && all_read ? state::complete : state::damaged;
}

response_reader::state response_reader::finish() {
  const llhttp_errno_t code = llhttp_finish(&parts_->parser);
  return (code == HPE_OK || code == HPE_PAUSED) && parts_->status != 0 ? state::complete
                                                                       : state::damaged;
}

int response_reader::status() const noexcept {
  return parts_->status;
}
bool response_reader::keep_alive() const noexcept {
  return parts_->keep_alive;
}
const std::string& response_reader::body_begin() const noexcept {
  return parts_->body_begin;
}

}  // namespace weir
