// SPDX-License-Identifier: Apache-2.0
//
// What an accepted line probably does not mean to say. Runs for every good line, so each question
// is first asked in a way that costs a few nanoseconds.
#include <algorithm>
#include <cstring>

#include "line_splitter.hpp"
#include "mistake.hpp"
#include "time_units.hpp"

namespace weir {
namespace {

constexpr std::string_view byte_order_mark_bytes = "\xEF\xBB\xBF";
constexpr std::string_view replacement_bytes = "\xEF\xBF\xBD";

bool is_quoted(std::string_view name) noexcept {
  // No name that is accepted is empty.
  return (name.front() == '"' || name.front() == '\'') && name.size() > 1 &&
         name.front() == name.back();
}

class adviser {
 public:
  adviser(const point_view& point, const line_circumstances& circumstances)
      : point_(point), circumstances_(circumstances) {}

  std::vector<diagnosis> judge() {
    judge_bytes();
    judge_names();
    judge_spaces();
    judge_time();
    if (point_.carriage_return) {
      add({mistake::windows_line_end, point_.text.size(), 1});
    }
    return std::move(said_);
  }

 private:
  void add(const mistake_found& found) {
    said_.push_back(make_diagnosis(words_of(found.what), found, point_.text, 1));
  }
  [[nodiscard]] std::size_t offset(std::string_view part) const noexcept {
    return static_cast<std::size_t>(part.data() - point_.text.data());
  }

  void judge_bytes();
  void judge_names();
  void judge_name(std::string_view name) {
    if (is_quoted(name)) {
      add({mistake::quoted_name, offset(name), name.size(), name});
    }
  }
  void judge_spaces();
  void judge_time();

  const point_view& point_;
  const line_circumstances& circumstances_;
  std::vector<diagnosis> said_;
};

// Both marks begin with a byte that is rare in text: most lines end here.
void adviser::judge_bytes() {
  const std::string_view text = point_.text;
  if (circumstances_.byte_order_mark) {
    add({mistake::byte_order_mark, 0});
  }
  if (std::memchr(text.data(), 0xEF, text.size()) == nullptr) {
    return;
  }
  if (text.starts_with(byte_order_mark_bytes)) {
    add({mistake::byte_order_mark, 0, byte_order_mark_bytes.size()});
  }
  const std::size_t lost = text.find(replacement_bytes);
  if (lost != std::string_view::npos) {
    add({mistake::replacement_character, lost, replacement_bytes.size()});
  }
}

// With the length known, a comparison is one instruction.
bool is_time(std::string_view name) noexcept {
  return name.size() == 4 && std::memcmp(name.data(), "time", 4) == 0;
}

void adviser::judge_names() {
  judge_name(point_.measurement);
  for (const tag_view& tag : point_.tags) {
    judge_name(tag.key);
    judge_name(tag.value);
    if (is_time(tag.key)) {
      add({mistake::time_as_name, offset(tag.key), tag.key.size()});
    }
  }
  for (const field_view& field : point_.fields) {
    judge_name(field.key);
    if (is_time(field.key)) {
      add({mistake::time_as_name, offset(field.key), field.key.size()});
    }
  }
}

// Looks at the bytes that separate the three parts.
void adviser::judge_spaces() {
  const std::string_view text = point_.text;
  for (const std::size_t at : {point_.series.size(), point_.series_and_fields.size()}) {
    if (at + 1 >= text.size() || !is_white_space(text[at + 1])) {
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of({" \t\0", 3}, at), text.size());
    if (end < text.size()) {
      add({mistake::extra_space, at, end - at});
    }
  }
}

void adviser::judge_time() {
  if (!point_.time || is_plausible_time(*point_.time)) {
    return;
  }
  const std::int64_t unit = circumstances_.unit_ns;
  const std::int64_t number = *point_.time / unit;
  const std::int64_t better = find_plausible_unit(number, unit);
  if (better == 0) {
    return;
  }
  const std::string_view text = point_.text;
  const std::size_t end = text.find_last_not_of(' ') + 1;
  const std::size_t begin = text.find_last_of({" \t\0", 3}, end - 1) + 1;
  add({mistake::timestamp_unit,
       begin,
       end - begin,
       {},
       {},
       describe_reading(*point_.time, unit) + ' ' + describe_plausible(number, better)});
}

}  // namespace

std::vector<diagnosis> advise(const point_view& point, const line_circumstances& circumstances) {
  return adviser(point, circumstances).judge();
}

}  // namespace weir
