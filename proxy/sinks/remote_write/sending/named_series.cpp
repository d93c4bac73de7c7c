// SPDX-License-Identifier: Apache-2.0
//
// Label sets as Go prints them: {name="value", "quoted name"="value"}, strings quoted as by
// strconv.Quote. Pure.
#include "sinks/remote_write/sending/named_series.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sinks/remote_write/sending/answers.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {
namespace {

void append_code_point(std::uint32_t code, std::string& out) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  const auto tail = [&](int shift) { byte(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12));
    tail(6);
    tail(0);
  } else {
    byte(0xF0U | ((code >> 18) & 0x07U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Reads from the front of `text`; nothing where that is not of the form.
class go_reader {
 public:
  explicit go_reader(std::string_view text) : text_(text) {}

  bool take(std::string_view what) {
    if (!text_.starts_with(what)) {
      return false;
    }
    text_.remove_prefix(what.size());
    return true;
  }

  std::optional<std::string> quoted() {
    if (!take("\"")) {
      return std::nullopt;
    }
    std::string out;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() != '\\') {
        out += text_.front();
        text_.remove_prefix(1);
      } else if (!escaped(out)) {
        return std::nullopt;
      }
    }
    return take("\"") ? std::optional(std::move(out)) : std::nullopt;
  }

  std::optional<std::string> name() {
    if (text_.starts_with('"')) {
      return quoted();
    }
    const std::size_t end = text_.find('=');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    std::string out(text_.substr(0, end));
    text_.remove_prefix(end);
    return out;
  }

 private:
  bool escaped(std::string& out) {
    if (text_.size() < 2) {
      return false;
    }
    const char kind = text_[1];
    text_.remove_prefix(2);
    constexpr std::string_view letters = "abfnrtv\\\"";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"";
    if (const std::size_t at = letters.find(kind); at != std::string_view::npos) {
      out += meanings[at];
      return true;
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    std::uint32_t code = 0;
    if (digits == 0 || text_.size() < digits ||
        std::from_chars(text_.data(), text_.data() + digits, code, 16).ptr !=
            text_.data() + digits) {
      return false;
    }
    text_.remove_prefix(digits);
    if (kind == 'x') {
      out += static_cast<char>(code);
    } else {
      append_code_point(code, out);
    }
    return true;
  }

  std::string_view text_;
};

/// The labels as they are encoded; their hash is the series.
std::optional<std::string> labels_in(std::string_view text) {
  go_reader reader(text);
  if (!reader.take("{")) {
    return std::nullopt;
  }
  std::string out;
  while (!reader.take("}")) {
    reader.take(", ");
    const auto name = reader.name();
    if (!name || !reader.take("=")) {
      return std::nullopt;
    }
    const auto value = reader.quoted();
    if (!value) {
      return std::nullopt;
    }
    append_label(*name, *value, out);
  }
  return out;
}

}  // namespace

std::vector<named_refusal> named_refusals(std::string_view message) {
  std::vector<named_refusal> found;
  while (!message.empty()) {
    const std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(message.size(), line.size() + 1));
    const std::size_t at = line.find('{');
    if (at == std::string_view::npos) {
      continue;
    }
    if (const auto labels = labels_in(line.substr(at))) {
      found.push_back({series_key_of(*labels), refusal_reason(line.substr(0, at))});
    }
  }
  return found;
}

}  // namespace weir
