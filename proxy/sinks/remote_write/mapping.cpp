// SPDX-License-Identifier: Apache-2.0
//
// Names, labels and values. Pure.
#include "sinks/remote_write/mapping.hpp"

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <set>

#include "base/assert.hpp"
#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {
namespace {

constexpr std::string_view reserved_prefix = "__";

bool is_name_letter(char c) {
  return is_letter_or_digit(c) || c == '_';
}
bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string sanitised(std::string_view text, bool colons) {
  std::string name;
  name.reserve(text.size() + 1);
  if (text.empty() || is_digit(text.front())) {
    name += '_';
  }
  bool in_character = false;
  for (const char c : text) {
    if (is_name_letter(c) || (colons && c == ':')) {
      name += c;
      in_character = false;
    } else if (!in_character || !continues_character(c)) {
      name += '_';
      in_character = (static_cast<unsigned char>(c) & 0x80U) != 0;
    }
  }
  return name;
}

struct named_tag {
  std::string raw;
  std::string name;
  std::string value;
  bool kept;  // the name is the tag's own key
};

std::vector<named_tag> named_tags(const point_view& point) {
  std::vector<named_tag> tags;
  tags.reserve(point.tags.size());
  for (const tag_view& tag : point.tags) {
    named_tag one;
    unescape_tag(tag.key, one.raw);
    std::string value;
    unescape_tag(tag.value, value);
    one.value = valid_utf8(value);
    one.name = label_name(one.raw);
    one.kept = one.name == one.raw;
    if (!one.value.empty()) {
      tags.push_back(std::move(one));
    }
  }
  return tags;
}

/// Who may keep a contested name comes first: a key that is that very name, then the least bytes.
bool has_precedence(const named_tag& one, const named_tag& other) {
  return one.kept != other.kept ? one.kept : one.raw < other.raw;
}

void number_apart(std::vector<named_tag>& tags) {
  std::sort(tags.begin(), tags.end(), has_precedence);
  std::set<std::string, std::less<>> taken;
  for (named_tag& tag : tags) {
    const std::string wanted = tag.name;
    for (int number = 2; !taken.insert(tag.name).second; ++number) {
      tag.name = wanted + "_" + std::to_string(number);
    }
  }
}

bool sorted_and_apart(const std::vector<label_pair>& labels) {
  return std::adjacent_find(labels.begin(), labels.end(), [](const auto& one, const auto& next) {
           return one.first >= next.first;
         }) == labels.end();
}

}  // namespace

std::string metric_name(std::string_view text) {
  return sanitised(text, true);
}

std::string label_name(std::string_view text) {
  std::string name = sanitised(text, false);
  return name.starts_with(reserved_prefix) ? "tag_" + name : name;
}

std::vector<label_pair> labels_of(const point_view& point) {
  std::vector<named_tag> tags = named_tags(point);
  std::vector<label_pair> labels;
  labels.reserve(tags.size());
  const auto by_name = [](const auto& one, const auto& other) { return one.name < other.name; };
  std::sort(tags.begin(), tags.end(), by_name);
  const auto same = [](const auto& one, const auto& other) { return one.name == other.name; };
  if (std::adjacent_find(tags.begin(), tags.end(), same) != tags.end()) {
    number_apart(tags);
    std::sort(tags.begin(), tags.end(), by_name);
  }
  for (named_tag& tag : tags) {
    labels.emplace_back(std::move(tag.name), std::move(tag.value));
  }
  WEIR_ASSERT(sorted_and_apart(labels));
  return labels;
}

wire_labels encode_labels(const std::vector<label_pair>& labels) {
  wire_labels out;
  for (const auto& [name, value] : labels) {
    append_label(name, value, name < wire::name_label ? out.before : out.after);
  }
  return out;
}

void append_metric_name(const point_view& point, const field_view& field, std::string& out) {
  std::string name;
  unescape_measurement(point.measurement, name);
  name += '_';
  unescape_field_key(field.key, name);
  out += metric_name(name);
}

double sample_value(const field_view& field, bool& exact) noexcept {
  constexpr std::uint64_t exact_most = std::uint64_t{1} << 53;
  switch (field.type) {
    case field_type::float64:
      return field.float_value;
    case field_type::int64: {
      const auto bits = static_cast<std::uint64_t>(field.int_value);
      exact = exact && (field.int_value < 0 ? 0 - bits : bits) <= exact_most;
      return static_cast<double>(field.int_value);
    }
    case field_type::uint64:
      exact = exact && field.uint_value <= exact_most;
      return static_cast<double>(field.uint_value);
    case field_type::boolean:
      return field.bool_value ? 1.0 : 0.0;
    case field_type::string:
      break;
  }
  WEIR_ASSERT(false);
  return 0;
}

}  // namespace weir
