// SPDX-License-Identifier: Apache-2.0
//
// Writes a point's series and field set in the one spelling that the log holds and that every
// server reads alike. docs/line_protocol.md defines it.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "parser/bytes.hpp"
#include "parser/number.hpp"
#include "parser/tag_order.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

/// Bytes that a copy of a fixed size may write beyond its text; the next text is written over them.
constexpr std::size_t spill = 32;

/// Writes texts one behind the other. Most are parts of the line, whose bytes may be read beyond
/// the text's end: those are copied with a fixed size.
class writer {
 public:
  writer(std::string_view line, char* to) noexcept
      : line_begin_(reinterpret_cast<std::uintptr_t>(line.data())),
        line_size_(line.size()),
        whole_before_(line.size() < spill ? 0 : line_begin_ + line.size() - spill),
        to_(to) {}

  [[nodiscard]] char* at() const noexcept { return to_; }

  void put(char byte) noexcept { *to_++ = byte; }

  void put(std::string_view text) noexcept {
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }

  /// `put` for a text that is mostly short: one copy of `spill` bytes, if the line goes on for so
  /// long.
  void put_short(const char* text, std::size_t size) noexcept {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(text) - line_begin_;
    if (size <= spill && offset < line_size_ && line_size_ - offset >= spill) [[likely]] {
      std::memcpy(to_, text, spill);
      to_ += size;
    } else {
      put({text, size});
    }
  }

  void put_pair(std::string_view key, std::string_view value) noexcept {
    const char* const equals = key.data() + key.size();
    if (equals + 1 == value.data()) [[likely]] {  // as in the line
      put_short(key.data(), key.size() + 1 + value.size());
      return;
    }
    put(key);
    put('=');
    put(value);
  }

  void put_tag(const tag_view& tag) noexcept {
    put(',');
    put_pair(tag.key, tag.value);
  }

  /// `put_tag` for a tag that lies in the line behind its comma.
  void put_tag_of_line(const tag_view& tag) noexcept {
    const char* const comma = tag.key.data() - 1;
    const char* const end = tag.value.data() + tag.value.size();
    const auto size = static_cast<std::size_t>(end - comma);
    // A tag of a line is never null, which the analyzer cannot know.
    // NOLINTBEGIN(clang-analyzer-core.NonNullParamChecker)
    if (size <= spill && reinterpret_cast<std::uintptr_t>(comma) <= whole_before_) [[likely]] {
      std::memcpy(to_, comma, spill);
    } else {
      std::memcpy(to_, comma, size);
    }
    // NOLINTEND(clang-analyzer-core.NonNullParamChecker)
    to_ += size;
  }

 private:
  std::uintptr_t line_begin_;
  std::size_t line_size_;
  std::uintptr_t whole_before_;  // up to there `spill` bytes lie in the line
  char* to_;
};

void write_tags(const point_view& point, std::span<const std::uint32_t> order,
                writer& out) noexcept {
  for (const std::uint32_t number : order) {
    out.put_tag(point.tags[number]);
  }
}

void write_series(const point_view& point, writer& out) {
  if (point.tags_sorted) {
    out.put(point.series);
    return;
  }
  out.put_short(point.measurement.data(), point.measurement.size());
  if (!point.tag_order.empty()) {
    // The order promises that the tags lie in the line, each behind its comma.
    const tag_view* const tags = point.tags.data();
    for (const std::uint8_t number : point.tag_order) {
      out.put_tag_of_line(tags[number]);
    }
  } else if (point.tags.size() <= tags_few) {
    std::uint32_t order[tags_few];
    sort_few_tags(point.tags, order);
    write_tags(point, std::span<const std::uint32_t>(order, point.tags.size()), out);
  } else {
    std::vector<std::uint32_t> order;
    sort_tags(point.tags, order);
    write_tags(point, std::span<const std::uint32_t>(order), out);
  }
}

// `.5` -> `0.5`, `1.` -> `1.0`, `007` -> `7`; the sign and the exponent stay.
void write_number(std::string_view text, writer& out) noexcept {
  if (text.front() == '-') {
    out.put('-');
    text.remove_prefix(1);
  }
  while (text.size() > 1 && text[0] == '0' && is_decimal(text[1])) {
    text.remove_prefix(1);
  }
  if (text.front() == '.') {
    out.put('0');
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || (point + 1 < text.size() && is_decimal(text[point + 1]))) {
    out.put(text);
    return;
  }
  out.put(text.substr(0, point + 1));
  out.put('0');
  out.put(text.substr(point + 1));
}

void write_fields(const point_view& point, writer& out) noexcept {
  if (point.fields_canonical) {
    out.put(point.series_and_fields.substr(point.series.size()));
    return;
  }
  char separator = ' ';
  for (const field_view& field : point.fields) {
    out.put(separator);
    separator = ',';
    const bool is_number = field.type == field_type::float64 || field.type == field_type::int64;
    if (is_number && !is_portable_number(field.text)) {
      out.put(field.key);
      out.put('=');
      write_number(field.text, out);
    } else {
      out.put_pair(field.key, field.text);
    }
  }
}

}  // namespace

std::size_t canonical_room(const point_view& point) noexcept {
  if (point.fields_canonical) {  // then it is the line's own, in another order at most
    return point.series_and_fields.size() + spill;
  }
  std::size_t bytes = std::max(point.measurement.size(), point.series.size()) + spill;
  for (const tag_view& tag : point.tags) {
    bytes += tag.key.size() + tag.value.size() + 2;
  }
  for (const field_view& field : point.fields) {
    bytes += field.key.size() + field.text.size() + 4;  // `.` becomes `0.0` at most
  }
  return bytes;
}

char* write_canonical_series(const point_view& point, char* to) {
  writer out(point.text, to);
  write_series(point, out);
  return out.at();
}

char* write_canonical_fields(const point_view& point, char* to) noexcept {
  writer out(point.text, to);
  write_fields(point, out);
  return out.at();
}

void append_canonical(const point_view& point, std::string& out) {
  if (point.canonical) {
    out.append(point.series_and_fields);
    return;
  }
  const std::size_t begin = out.size();
  const std::size_t room = begin + canonical_room(point);
  if (room > out.capacity()) {
    out.reserve(std::max(room, 2 * out.capacity()));
  }
  out.resize(room);
  char* const fields = write_canonical_series(point, out.data() + begin);
  out.resize(static_cast<std::size_t>(write_canonical_fields(point, fields) - out.data()));
}

}  // namespace weir
