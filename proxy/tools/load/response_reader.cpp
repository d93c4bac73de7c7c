// SPDX-License-Identifier: Apache-2.0
#include "tools/load/response_reader.hpp"

#include <llhttp.h>

#include <algorithm>
#include <charconv>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

constexpr std::size_t body_begin_bytes_max = 300;
constexpr std::string_view lines_header = "X-Weir-Lines";
// Three numbers of 64 bits with their names.
constexpr std::size_t lines_header_bytes_max = 120;

/// "name=NUMBER", and what is behind it.
bool take_count(std::string_view name, std::string_view& text, std::uint64_t& out) {
  if (!text.starts_with(name)) {
    return false;
  }
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

}  // namespace

std::optional<answered_lines> read_answered_lines(std::string_view text) {
  answered_lines out;
  const bool whole = take_count("accepted=", text, out.accepted) &&
                     take_count(", rejected=", text, out.rejected) &&
                     take_count(", dropped=", text, out.dropped) && text.empty();
  return whole ? std::optional(out) : std::nullopt;
}

struct response_reader::parts {
  llhttp_t parser{};
  int status = 0;
  bool keep_alive = false;
  std::string body_begin;
  /// Of the header that is read now, no longer than that which is looked for and one byte.
  std::string name;
  std::string lines;

  static parts& of(llhttp_t* parser) { return *static_cast<parts*>(parser->data); }

  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    std::string& body = of(parser).body_begin;
    body.append(at, std::min(length, body_begin_bytes_max - body.size()));
    return 0;
  }
  static int on_name(llhttp_t* parser, const char* at, std::size_t length) {
    std::string& name = of(parser).name;
    name.append(at, std::min(length, lines_header.size() + 1 - name.size()));
    return 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t length) {
    parts& self = of(parser);
    if (equal_ignoring_case(self.name, lines_header)) {
      self.lines.append(at, std::min(length, lines_header_bytes_max - self.lines.size()));
    }
    return 0;
  }
  static int on_value_complete(llhttp_t* parser) {
    of(parser).name.clear();
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
      made.on_header_field = on_name;
      made.on_header_value = on_value;
      made.on_header_value_complete = on_value_complete;
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
  parts_->name.clear();
  parts_->lines.clear();
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
std::optional<answered_lines> response_reader::lines() const {
  return read_answered_lines(parts_->lines);
}
const std::string& response_reader::body_begin() const noexcept {
  return parts_->body_begin;
}

}  // namespace weir
