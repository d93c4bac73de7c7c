// SPDX-License-Identifier: Apache-2.0
//
// Wrong signs, spaces beside signs, and lines whose beginning is missing.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/line_shape.hpp"

namespace weir {

// Whether the byte belongs to a value that begins with a double quote.
bool line_shape::in_string(std::size_t at) const noexcept {
  for (const line_word& word : words_) {
    for (const line_item& item : word.items) {
      const std::size_t value = item.value.starts_with('"') ? line_.offset(item.value) : 0;
      if (value > 0 && at >= value && at < value + item.value.size()) {
        return true;
      }
    }
  }
  return false;
}

// Edits that replace `sign` by `with` everywhere but in strings.
line_edits line_shape::edits_everywhere(std::string_view sign, std::string_view with) const {
  constexpr std::size_t edits_max = 64;
  line_edits edits;
  const std::string_view text = line_.text;
  std::size_t looked_at = 0;
  for (std::size_t at = text.find(sign);
       at != std::string_view::npos && edits.size() < edits_max && ++looked_at < line_items_max;
       at = text.find(sign, at + sign.size())) {
    const bool is_escaped = at > 0 && text[at - 1] == '\\';
    if (at > 0 && !is_escaped && text[at - 1] != ' ' && !in_string(at)) {
      edits.push_back({at, sign.size(), std::string{with}});
    }
  }
  return edits;
}

maybe_mistake line_shape::arrow() const {
  struct sign {
    std::string_view text;
    mistake kind;
  };
  constexpr sign signs[] = {{"=>", mistake::arrow_for_equals},
                            {"->", mistake::arrow_for_equals},
                            {":=", mistake::arrow_for_equals},
                            {"==", mistake::double_equals}};
  for (const sign& each : signs) {
    // `->` may also be a part of a name.
    if (each.text == "->" && line_.text.find('=') != std::string_view::npos) {
      continue;
    }
    line_edits edits = edits_everywhere(each.text, "=");
    if (!edits.empty()) {
      const std::size_t at = edits.front().at;
      mistake_finding finding{each.kind, at, each.text.size(), each.text};
      finding.readings.push_back({{}, std::move(edits)});
      return finding;
    }
  }
  return std::nullopt;
}

maybe_mistake line_shape::space_before_comma() const {
  line_reading reading;
  std::size_t first = 0;
  for (std::size_t i = 0; i + 1 < size(); ++i) {
    if (words_[i + 1].text.starts_with(',') && !words_[i].text.ends_with(',')) {
      first = reading.edits.empty() ? i : first;
      reading.edits.push_back(replace_gap(i, ""));
    }
  }
  return reading.edits.empty()
             ? std::nullopt
             : maybe_mistake{at_gap(mistake::space_before_comma, first, std::move(reading))};
}

// Spaces before or behind an equals sign, all of them at once.
maybe_mistake line_shape::space_at_equals() const {
  mistake_finding finding;
  line_edits edits;
  for (std::size_t i = 0; i + 1 < size(); ++i) {
    const std::string_view next = words_[i + 1].text;
    const std::string_view word = words_[i].text;
    const bool before = next.starts_with('=');
    const bool behind = word.ends_with('=') && !word.ends_with("\\=") &&
                        !words_[i + 1].begins_with_pair() && !next.starts_with('=') &&
                        !is_time(i + 1) && !next.starts_with(',');
    if (before || behind) {
      if (edits.empty()) {
        finding.kind = before ? mistake::space_before_equals : mistake::space_after_equals;
        finding.at = end(i);
        finding.length = gap(i);
      }
      edits.push_back(replace_gap(i, ""));
    }
  }
  if (edits.empty()) {
    return std::nullopt;
  }
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

namespace {

// Whether a name ends at the colon. Times of day, paths and strings are no names.
bool is_name_with_colon(std::string_view item, std::size_t colon) noexcept {
  return colon > 0 && colon < item.size() && !is_decimal(item[0]) && item[0] != '"' &&
         item[0] != '\'' && item[0] != '{' && item[0] != '#' && item[0] != '/';
}

}  // namespace

// Items without an equals sign and with a colon: all of them at once.
maybe_mistake line_shape::colon() const {
  line_edits edits;
  for (std::size_t i = 0; i < size(); ++i) {
    for (std::size_t k = i == 0 ? 1 : 0; k < words_[i].items.size(); ++k) {
      const line_item& item = words_[i].items[k];
      const std::size_t colon = item.text.find(':');
      if (item.is_pair || !is_name_with_colon(item.text, colon)) {
        continue;
      }
      const std::size_t at = line_.offset(item.text) + colon;
      const bool ends_word = colon + 1 == item.text.size() && k + 1 == words_[i].items.size();
      // fields: value=1 is a heading, not a name.
      const bool pair_follows = ends_word && i + 1 < size() && words_[i + 1].begins_with_pair();
      if (colon + 1 == item.text.size() && (!ends_word || i + 1 == size() || pair_follows)) {
        return std::nullopt;
      }
      edits.push_back({at, 1 + (ends_word ? gap(i) : 0), "="});
    }
  }
  if (edits.empty() || (first_pairs_ > 0 && edits.front().at > end(1) && size() > 2)) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::colon_for_equals, edits.front().at};
  const std::string_view name = words_[0].text;
  line_reading reading{{}, std::move(edits)};
  if (words_[0].items.size() == 1 && name.find_first_of(":|") != std::string_view::npos) {
    reading.condition =
        "`" + std::string{name.substr(0, diagnosis::quote_bytes_max)} + "` is the measurement";
  }
  finding.readings.push_back(std::move(reading));
  return finding;
}

bool is_date_like(std::string_view word) noexcept {
  constexpr std::string_view digits = "0123456789";
  return word.size() >= 10 && word.substr(0, 4).find_first_not_of(digits) == word.npos &&
         word[4] == '-' && word[7] == '-';
}

maybe_mistake line_shape::timestamp_first() const {
  const bool is_date = is_date_like(words_[0].text);
  std::size_t first = 1;
  if (is_date && size() > 2 && words_[1].text.size() >= 5 && words_[1].text[2] == ':') {
    first = 2;  // date and time of day
  }
  if (size() < first + 2 || (!is_date && !is_timestamp_like(words_[0].text)) ||
      words_[first].begins_with_pair() || !words_[first + 1].begins_with_pair() ||
      words_[first].text.find('=') == 0) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::timestamp_first, 0, end(first - 1)};
  const std::string time{line_.text.substr(0, end(first - 1))};
  finding.readings.push_back({{}, {{0, begin(first), ""}, {line_.text.size(), 0, " " + time}}});
  return finding;
}

// The pairs of the words [from, to) as a field set: values that are no field values become strings.
std::string line_shape::as_fields(std::size_t from, std::size_t to) const {
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    for (const line_item& item : words_[i].items) {
      out.append(out.empty() ? "" : ",").append(item.key).append("=");
      out += is_field_value(item.value) ? std::string{item.value} : quoted_string(item.value);
    }
  }
  return out;
}

maybe_mistake line_shape::no_measurement() const {
  constexpr std::string_view condition =
      "you write the name of your measurement in the place of `measurement`";
  if (line_.text.front() == ',') {
    mistake_finding finding{mistake::measurement_missing, 0};
    finding.readings.push_back({std::string{condition}, {{0, 0, "measurement"}}});
    return finding;
  }
  if (!words_[0].begins_with_pair()) {
    return std::nullopt;
  }
  const std::size_t pairs = size() - (size() > 1 && !words_.back().begins_with_pair() ? 1 : 0);
  bool is_value_cut = false;
  for (std::size_t i = 0; i < pairs; ++i) {
    // host=web 01 value=1: the value of the first tag holds a space.
    if (i > 0 && i + 1 < pairs && is_bare_word(i) && !words_[0].items.back().is_field()) {
      is_value_cut = true;
      continue;
    }
    for (const line_item& item : words_[i].items) {
      const bool is_name = item.key.find_first_of(";|{}()<>[]\"'") == std::string_view::npos;
      if (!item.is_pair || item.value.empty() || !is_name) {
        return std::nullopt;
      }
    }
  }
  mistake_finding finding{mistake::measurement_missing, 0, words_[0].text.size(), words_[0].text};
  if (is_value_cut) {
    finding.readings.push_back({std::string{condition}, {{0, 0, "measurement,"}}});
  } else if (pairs > 2) {
    finding.kind = mistake::logfmt;
    finding.readings.push_back(
        {std::string{condition}, {{0, end(pairs - 1), "measurement " + as_fields(0, pairs)}}});
  } else {
    const bool are_tags = pairs == 2 && !words_[0].items[0].is_field();
    finding.readings.push_back(
        {std::string{condition}, {{0, 0, are_tags ? "measurement," : "measurement "}}});
  }
  return finding;
}

}  // namespace weir
