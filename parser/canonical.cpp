// SPDX-License-Identifier: Apache-2.0
//
// Writes a point's series and field set in the one spelling that the log holds and that every
// server reads alike. docs/line_protocol.md defines it.
#include <algorithm>
#include <vector>

#include "number.hpp"
#include "tag_order.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

bool is_digit(char byte) noexcept {
  return byte >= '0' && byte <= '9';
}

void append_pair(std::string_view key, std::string_view value, std::string& out) {
  const char* const equals = key.data() + key.size();
  if (equals + 1 == value.data()) {  // as it lies in the line
    out.append(key.data(), key.size() + 1 + value.size());
    return;
  }
  out.append(key).append("=").append(value);
}

void append_tag(const tag_view& tag, std::string& out) {
  out.push_back(',');
  append_pair(tag.key, tag.value, out);
}

void append_few_sorted(std::span<const tag_view> tags, std::string& out) {
  std::uint32_t order[tags_few];
  sort_few_tags(tags, order);
  for (std::size_t i = 0; i < tags.size(); ++i) {
    append_tag(tags[order[i]], out);
  }
}

void append_many_sorted(std::span<const tag_view> tags, std::string& out) {
  std::vector<const tag_view*> sorted(tags.size());
  std::transform(tags.begin(), tags.end(), sorted.begin(),
                 [](const tag_view& tag) { return &tag; });
  std::sort(sorted.begin(), sorted.end(),
            [](const tag_view* a, const tag_view* b) { return a->key < b->key; });
  for (const tag_view* tag : sorted) {
    append_tag(*tag, out);
  }
}

void append_series(const point_view& point, std::string& out) {
  if (point.tags_sorted) {
    out.append(point.series);
    return;
  }
  out.append(point.measurement);
  if (!point.tag_order.empty()) {
    for (const std::uint8_t number : point.tag_order) {
      append_tag(point.tags[number], out);
    }
    return;
  }
  if (point.tags.size() <= tags_few) {
    append_few_sorted(point.tags, out);
  } else {
    append_many_sorted(point.tags, out);
  }
}

// `.5` -> `0.5`, `1.` -> `1.0`, `007` -> `7`; the sign and the exponent stay.
void append_number(std::string_view text, std::string& out) {
  if (text.front() == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) {
    text.remove_prefix(1);
  }
  if (text.front() == '.') {
    out.push_back('0');
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || (point + 1 < text.size() && is_digit(text[point + 1]))) {
    out.append(text);
    return;
  }
  out.append(text.substr(0, point + 1));
  out.push_back('0');
  out.append(text.substr(point + 1));
}

}  // namespace

void append_canonical(const point_view& point, std::string& out) {
  if (point.canonical) {
    out.append(point.series_and_fields);
    return;
  }
  append_series(point, out);
  if (point.fields_canonical) {
    out.append(point.series_and_fields.substr(point.series.size()));
    return;
  }
  char separator = ' ';
  for (const field_view& field : point.fields) {
    out.push_back(separator);
    separator = ',';
    const bool is_number = field.type == field_type::float64 || field.type == field_type::int64;
    if (is_number && !is_portable_number(field.text)) {
      out.append(field.key).append("=");
      append_number(field.text, out);
    } else {
      append_pair(field.key, field.text, out);
    }
  }
}

}  // namespace weir
