// SPDX-License-Identifier: Apache-2.0
//
// A second line protocol parser, slow and plain, written only to be compared with weir's: it takes
// a whole body, copies freely, and says each rule of docs/line_protocol.md once. It shares no code
// with parser/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reference_line.hpp"

namespace weir::test {

class reference_body {
 public:
  reference_body(std::string body, const parse_options& options)
      : options_(options), body_(std::move(body)) {}

  std::vector<outcome> read() {
    if (options_.take_byte_order_mark && body_.starts_with("\xEF\xBB\xBF")) {
      at_ = 3;
    }
    while (at_ < body_.size()) {
      line();
    }
    return std::move(lines_);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\0'; }

  void line() {
    std::size_t first = at_;
    while (first < body_.size() && is_blank(body_[first])) {
      ++first;
    }
    if (first < body_.size() && body_[first] == '#' && first - at_ <= options_.line_bytes_max) {
      go_to(std::min(body_.find('\n', first), body_.size()) + 1);
      return;
    }
    bool lenient = at_ < lenient_until_;
    std::size_t end = find_end(first, lenient);
    if (!lenient && end == npos) {
      lenient_until_ = std::min(body_.size(), at_ + options_.line_bytes_max + 1);
      lenient = true;
      end = find_end(first, lenient);
    }
    if (end == npos) {
      too_long();
      return;
    }
    outcome result = reference_line{trim(end), options_}.read();
    if (result.code == parse_code::unbalanced_quotes && !lenient &&
        result.text.find('\n') != std::string::npos) {
      lenient_until_ = end + 1;
      end = find_end(first, true);
      result = reference_line{trim(end), options_}.read();
    }
    if (!result.text.empty()) {
      result.line = line_;
      result.carriage_return = end > at_ && body_[end - 1] == '\r';
      lines_.push_back(result);
    }
    go_to(end + 1);
  }

  std::string trim(std::size_t end) const {
    std::string text = body_.substr(at_, end - at_);
    if (!text.empty() && text.back() == '\r') {
      text.pop_back();
    }
    if (!text.empty() && text.back() == '\n') {
      text.pop_back();
    }
    std::size_t blank = 0;
    while (blank < text.size() && is_blank(text[blank])) {
      ++blank;
    }
    return text.substr(blank);
  }

  // Where the line ends; npos if its strings never close, or too far away. `lenient`: a line feed
  // ends the line even inside a string.
  std::size_t find_end(std::size_t i, bool lenient) const {
    bool fields = false;
    bool quoted = false;
    long due = 0;
    for (; i < body_.size() && i - at_ <= options_.line_bytes_max; ++i) {
      const char c = body_[i];
      if (c == '\\') {
        const bool stuck = i + 2 >= body_.size() || (lenient && quoted && body_[i + 1] == '\n');
        i += stuck ? 0 : 1;
      } else if (c == '\n' && (!quoted || lenient)) {
        return i;
      } else if (c == ' ') {
        fields = true;
      } else if (fields && c == '"') {
        quoted = due > 0 ? !quoted : quoted;
      } else if (fields && !quoted) {
        due += c == '=' ? 1 : c == ',' ? -1 : 0;
      }
    }
    return i - at_ > options_.line_bytes_max || (quoted && !lenient) ? npos : body_.size();
  }

  void too_long() {
    outcome result;
    result.code = parse_code::shield_line_too_long;
    result.line = line_;
    result.text = body_.substr(at_, options_.line_bytes_max);
    std::size_t blank = 0;
    while (blank < result.text.size() && is_blank(result.text[blank])) {
      ++blank;
    }
    result.text.erase(0, blank);
    lines_.push_back(result);
    const std::size_t feed = body_.find('\n', at_ + options_.line_bytes_max);
    go_to(std::min(feed, body_.size()) + 1);
  }

  void go_to(std::size_t next) {
    next = std::min(next, body_.size());
    line_ += static_cast<std::uint64_t>(
        std::count(body_.begin() + static_cast<std::ptrdiff_t>(at_),
                   body_.begin() + static_cast<std::ptrdiff_t>(next), '\n'));
    at_ = next;
  }

  static constexpr std::size_t npos = std::string::npos;
  const parse_options& options_;
  std::string body_;
  std::vector<outcome> lines_;
  std::size_t at_ = 0;
  std::size_t lenient_until_ = 0;
  std::uint64_t line_ = 1;
};

/// Whether 1.x's first scanner finds a line's end nowhere but at the text's end. `text` holds no
/// comment.
inline bool is_one_line_for_1x(std::string_view text) {
  bool fields = false;
  bool quoted = false;
  long equals = 0;
  long commas = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '\n' && !quoted) {
      return false;
    } else if (c == ' ') {
      fields = true;
    } else if (fields && c == '"') {
      quoted = equals > commas ? !quoted : quoted;
    } else if (fields && !quoted) {
      equals += c == '=' ? 1 : 0;
      commas += c == ',' ? 1 : 0;
    }
  }
  return !quoted;
}

/// Points and errors of a whole body, in order.
inline std::vector<outcome> read_by_reference(std::string_view body, const parse_options& options) {
  return reference_body{std::string{body}, options}.read();
}

}  // namespace weir::test
