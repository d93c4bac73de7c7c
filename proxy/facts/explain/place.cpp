// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/place.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

constexpr std::string_view time_key = "time";
constexpr std::array<std::string_view, 6> reserved_keys = {"_field", "_measurement", "_time",
                                                           "_value", "_start",       "_stop"};

/// Bytes of the line, if `part` is a view into it.
std::optional<line_place> within(const point_view& point, std::string_view part) {
  const std::less_equal<> before;
  const char* const begin = point.text.data();
  if (part.empty() || !before(begin, part.data()) ||
      !before(part.data() + part.size(), begin + point.text.size())) {
    return std::nullopt;
  }
  return line_place{static_cast<std::size_t>(part.data() - begin), part.size()};
}

std::optional<line_place> time_of(const point_view& point) {
  const std::size_t at = point.text.find_first_not_of(' ', point.series_and_fields.size());
  if (!point.time || at == std::string_view::npos) {
    return std::nullopt;
  }
  return line_place{at, point.text.size() - at};
}

template <class Wanted>
std::optional<line_place> tag_of(const point_view& point, Wanted wanted) {
  const auto found = std::find_if(point.tags.begin(), point.tags.end(),
                                  [&](const tag_view& each) { return wanted(each.key); });
  return found == point.tags.end() ? std::nullopt : within(point, found->key);
}

template <class Wanted>
std::optional<line_place> field_of(const point_view& point, Wanted wanted) {
  const auto found = std::find_if(point.fields.begin(), point.fields.end(), wanted);
  return found == point.fields.end() ? std::nullopt : within(point, found->key);
}

/// The field whose name is the first that the message quotes behind `before`.
std::optional<line_place> quoted_field(const point_view& point, std::string_view message,
                                       std::string_view before) {
  const std::size_t at = message.find(before);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = message.substr(at + before.size());
  std::string name;
  return field_of(point, [&](const field_view& field) {
    name.clear();
    unescape_field_key(field.key, name);
    return rest.starts_with(name) && rest.substr(name.size()).starts_with('"');
  });
}

std::optional<line_place> second_of_repeated(const point_view& point) {
  for (std::size_t i = 1; i < point.fields.size(); ++i) {
    for (std::size_t before = 0; before < std::min<std::size_t>(i, 64); ++before) {
      if (point.fields[i].key == point.fields[before].key) {
        return within(point, point.fields[i].key);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<line_place> place_of(gate_code code, const point_view& point,
                                   std::string_view message) {
  switch (code) {
    case gate_code::time_assigned:
    case gate_code::precision_mistaken:
    case gate_code::precision_mended:
    case gate_code::precision_ambiguous:
    case gate_code::precision_unknown:
    case gate_code::beyond_retention:
    case gate_code::beyond_future:
    case gate_code::retention_clamped:
    case gate_code::duplicate_point:
    case gate_code::duplicate_spread:
    case gate_code::duplicate_retry:
      return time_of(point);
    case gate_code::time_as_tag:
      return tag_of(point, [](std::string_view key) { return key == time_key; });
    case gate_code::time_as_field:
      return field_of(point, [](const field_view& field) { return field.key == time_key; });
    case gate_code::reserved_tag:
      return tag_of(point, [](std::string_view key) {
        return std::find(reserved_keys.begin(), reserved_keys.end(), key) != reserved_keys.end();
      });
    case gate_code::tag_and_field:
      return field_of(point, [&](const field_view& field) {
        return std::any_of(point.tags.begin(), point.tags.end(),
                           [&](const tag_view& tag) { return tag.key == field.key; });
      });
    case gate_code::unsigned_as_integer:
    case gate_code::unsigned_too_large:
    case gate_code::unsigned_refused: {
      const auto found =
          std::find_if(point.fields.begin(), point.fields.end(),
                       [](const field_view& field) { return field.type == field_type::uint64; });
      return found == point.fields.end() ? std::nullopt : within(point, found->text);
    }
    case gate_code::field_type_conflict:
    case gate_code::type_coerced:
    case gate_code::field_renamed:
    case gate_code::field_dropped:
      return quoted_field(point, message, "input field \"");
    case gate_code::duplicate_field:
      return second_of_repeated(point);
    case gate_code::none:
    case gate_code::name_dropped:
    case gate_code::dropped_by_rule:
    case gate_code::changed_by_rule:
    case gate_code::rule_conflict:
    case gate_code::string_too_long:
    case gate_code::type_unchecked:
    case gate_code::gauge_converted:
    case gate_code::gauge_dropped:
    case gate_code::series_limit:
    case gate_code::too_many_fields:
    case gate_code::stale_marker:
    case gate_code::not_finite:
    case gate_code::native_histogram:
    case gate_code::unwritable_sample:
    case gate_code::unfinished_line:
    case gate_code::number_of_codes:
      break;
  }
  return std::nullopt;
}

std::string without_quote(std::string message, std::string_view line) {
  const std::string quote = " '" + std::string(line) + "'";
  const std::size_t at = message.find(quote);
  if (at == std::string::npos) {
    return message;
  }
  const std::string_view rest = std::string_view(message).substr(at + quote.size());
  for (const std::string_view before : {": ", " was refused: ", " was "}) {
    if (rest.starts_with(before)) {
      return std::string(rest.substr(before.size()));
    }
  }
  message.erase(at, quote.size());
  return message;
}

}  // namespace weir
