// SPDX-License-Identifier: Apache-2.0
//
// Reads the cursor files of earlier weirs: lines of text, version 1 (docs/cursor_format.md). Pure.
#include <utility>
#include <vector>

#include "base/percent_escape.hpp"
#include "sinks/state/cursor.hpp"
#include "sinks/state/text_lines.hpp"

namespace weir {
namespace {

/// What the first cursors had; a file may leave out what came after.
constexpr std::size_t reasons_always_there = 5;
/// What the last of them had.
constexpr std::size_t reasons_of_text = 10;

template <class Number>
bool read_named(std::string_view& text, std::string_view name, Number& out) {
  const auto words = next_words(text);
  return words.size() == 2 && words[0] == name && read_number(words[1], out);
}

bool read_discarded(std::string_view& text, cursor_state& state) {
  for (std::size_t i = 0; i < reasons_of_text; ++i) {
    if (i >= reasons_always_there && !text.starts_with("discarded ")) {
      return true;
    }
    const auto words = next_words(text);
    if (words.size() != 3 || words[0] != "discarded" ||
        words[1] != name_of(static_cast<discard_reason>(i)) ||
        !read_number(words[2], state.discarded[i])) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> read_name(std::string_view word, std::string_view key) {
  return word.starts_with(key) ? percent_unescape(word.substr(key.size())) : std::nullopt;
}

bool read_lane(const std::vector<std::string_view>& words, cursor_state& state) {
  lane_position at;
  if (words.size() != 6 || words[0] != "lane" || !read_number(words[1], at.next) ||
      !read_number(words[2], at.skip_bytes) || !read_number(words[3], at.skip_points)) {
    return false;
  }
  auto database = read_name(words[4], "db=");
  auto policy = read_name(words[5], "rp=");
  return database && policy &&
         state.lanes.emplace(lane_key{std::move(*database), std::move(*policy)}, at).second;
}

bool read_body(std::string_view text, cursor_state& state) {
  const auto head = next_words(text);
  if (head.size() != 2 || head[0] != "weir-cursor" || head[1] != "1") {
    return false;
  }
  if (!read_named(text, "low_water", state.low_water) ||
      !read_named(text, "discovered", state.discovered) ||
      !read_named(text, "accepted", state.accepted) ||
      !read_named(text, "delivered", state.delivered) || !read_discarded(text, state)) {
    return false;
  }
  while (!text.empty()) {
    if (!read_lane(next_words(text), state)) {
      return false;
    }
  }
  return state.low_water <= state.discovered &&
         state.delivered + state.discarded_total() <= state.accepted;
}

}  // namespace

result<cursor_state> decode_cursor_text(std::string_view text) {
  constexpr std::size_t checksum_line_bytes = sizeof("checksum 0123456789abcdef\n") - 1;
  if (text.size() < checksum_line_bytes) {
    return failure{"it is too short"};
  }
  const std::string_view body = text.substr(0, text.size() - checksum_line_bytes);
  if (text.substr(body.size()) != checksum_line(body)) {
    return failure{"its checksum is wrong"};
  }
  cursor_state state;
  if (!read_body(body, state)) {
    return failure{"its checksum is right, but its lines are not those of version 1"};
  }
  return state;
}

}  // namespace weir
