// SPDX-License-Identifier: Apache-2.0
//
// What came of a line, in a form that can be compared and printed, and a way to collect it from
// weir's reader however the body is split. Shared by unit tests and the fuzzer.
#pragma once

#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir::test {

struct outcome_field {
  std::string key;
  std::string text;
  field_type type = field_type::float64;
  std::uint64_t bits = 0;  // the value's, of every type but string
  bool operator==(const outcome_field&) const = default;
};

struct outcome {
  parse_code code = parse_code::none;
  std::uint64_t line = 0;
  std::string text;
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<outcome_field> fields;
  std::optional<std::int64_t> time;
  bool carriage_return = false;
  bool operator==(const outcome&) const = default;
};

inline std::uint64_t bits_of(const field_view& field) {
  std::uint64_t bits = 0;
  switch (field.type) {
    case field_type::float64:
      std::memcpy(&bits, &field.float_value, sizeof bits);
      break;
    case field_type::int64:
      bits = static_cast<std::uint64_t>(field.int_value);
      break;
    case field_type::uint64:
      bits = field.uint_value;
      break;
    case field_type::boolean:
      bits = field.bool_value ? 1 : 0;
      break;
    case field_type::string:
      break;
  }
  return bits;
}

inline outcome outcome_of(const point_view& point) {
  outcome result;
  result.line = point.line;
  result.text = point.text;
  result.measurement = point.measurement;
  for (const tag_view& tag : point.tags) {
    result.tags.emplace_back(tag.key, tag.value);
  }
  for (const field_view& field : point.fields) {
    result.fields.push_back(
        {std::string{field.key}, std::string{field.text}, field.type, bits_of(field)});
  }
  result.time = point.time;
  result.carriage_return = point.carriage_return;
  return result;
}

/// Everything one body gave.
struct observed {
  std::vector<outcome> lines;
  std::vector<std::string> reasons;  // of the errors among them, "" for points
  std::vector<std::uint64_t> columns;
  std::vector<std::string> canonical;  // of the points among them
  line_counts counts;
};

inline void drain(line_reader& reader, observed& result) {
  for (;;) {
    switch (reader.next()) {
      case line_event::more:
        return;
      case line_event::point: {
        result.lines.push_back(outcome_of(reader.point()));
        result.reasons.emplace_back();
        result.columns.push_back(0);
        append_canonical(reader.point(), result.canonical.emplace_back());
        break;
      }
      case line_event::error: {
        const parse_error& error = reader.error();
        outcome line;
        line.code = error.code;
        line.line = error.line;
        line.text = error.text;
        line.carriage_return = error.carriage_return;
        result.lines.push_back(std::move(line));
        result.reasons.push_back(reason(error));
        result.columns.push_back(error.column);
        result.canonical.emplace_back();
        break;
      }
    }
  }
}

/// Feeds each piece from memory of its own that is gone when the next one comes.
inline observed observe(std::initializer_list<std::string_view> pieces,
                        const parse_options& options = {}) {
  observed result;
  line_reader reader{options};
  for (const std::string_view piece : pieces) {
    const std::vector<char> copy(piece.begin(), piece.end());
    reader.feed({copy.data(), copy.size()});
    drain(reader, result);
  }
  reader.finish();
  drain(reader, result);
  result.counts = reader.counts();
  return result;
}

/// The two-pass kernels leave lines near a piece's ends to the scalar one: only between other lines
/// is a body read by the kernel that was asked for.
inline std::string amid_good_lines(std::string_view body) {
  std::string all = "before,tag=0123456789abcdef value=1 1\n";
  all.append(body);
  all += "\nbehind,tag=0123456789abcdef value=2 2";
  all += "\nbehind,tag=0123456789abcdef,tag2=0123456789abcdef value=3 3\n";
  return all;
}

inline observed observe_bytewise(std::string_view body, const parse_options& options = {}) {
  observed result;
  line_reader reader{options};
  for (const char byte : body) {
    const std::vector<char> copy(1, byte);
    reader.feed({copy.data(), 1});
    drain(reader, result);
  }
  reader.finish();
  drain(reader, result);
  result.counts = reader.counts();
  return result;
}

inline bool operator==(const line_counts& a, const line_counts& b) {
  return a.points == b.points && a.errors == b.errors && a.comments == b.comments &&
         a.blank == b.blank && a.carriage_returns == b.carriage_returns &&
         a.byte_order_marks == b.byte_order_marks;
}

inline bool same(const observed& a, const observed& b) {
  return a.lines == b.lines && a.reasons == b.reasons && a.columns == b.columns &&
         a.canonical == b.canonical && a.counts == b.counts;
}

}  // namespace weir::test
