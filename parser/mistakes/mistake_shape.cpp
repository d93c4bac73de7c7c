// SPDX-License-Identifier: Apache-2.0
//
// Words in the wrong places: a space too many, a comma for a space, a part that is missing. They
// are recognised by what each word looks like (bare, pairs, values of fields, a timestamp), not by
// where the exact reader gave up, which is often far behind the mistake.
#include <algorithm>
#include <utility>

#include "parser/bytes.hpp"
#include "parser/mistakes/line_shape.hpp"

namespace weir {

// A word that ends in a comma, with nothing behind it that the comma could introduce.
maybe_mistake line_shape::comma_at_end() const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!words_[i].text.ends_with(',') || words_[i].text.ends_with("\\,") ||
        words_[i].items.size() < 2) {
      continue;
    }
    const bool is_last = i + 1 == size() || is_time(i + 1);
    const bool fields_follow = i == 0 && i + 1 < size() && words_[1].are_fields() &&
                               (i + 2 == size() || !words_[2].begins_with_pair());
    if ((is_last && i > 0) || (i == 0 && size() == 1) || fields_follow) {
      const mistake kind = fields_follow ? mistake::space_after_comma : mistake::trailing_comma;
      mistake_finding finding{kind, end(i) - 1};
      if (fields_follow) {
        finding.at = end(i);
        finding.length = gap(i);
      }
      finding.readings.push_back({{}, {{end(i) - 1, 1, ""}}});
      return finding;
    }
  }
  return std::nullopt;
}

// A timestamp behind a comma.
maybe_mistake line_shape::comma_for_space() const {
  const line_word& last = words_.back();
  if (last.items.size() < 2 || !is_timestamp_like(last.items.back().text)) {
    return std::nullopt;
  }
  const line_item& before = last.items[last.items.size() - 2];
  const std::size_t comma = line_.offset(last.items.back().text) - 1;
  if (!before.is_field()) {
    return std::nullopt;
  }
  // 1,33333333333333 is rather a number with a decimal comma.
  const std::size_t digits = last.items.back().text.size();
  const bool is_length = digits == 10 || digits == 13 || digits == 16 || digits == 19;
  if (is_field_number(before.value) &&
      (before.value == "0" || before.value == "-0" || !is_length)) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::comma_before_timestamp, comma};
  finding.readings.push_back({{}, {{comma, 1, " "}}});
  if (digits == 16 && is_field_number(before.value)) {
    finding.readings[0].condition = "the digits are a timestamp";
    finding.readings.push_back({"the comma is a decimal sign", {{comma, 1, "."}}});
  }
  return finding;
}

namespace {

// Whether the item is a field, or would be one but for what stands behind its number: 71%.
bool is_nearly_field(const line_item& item) noexcept {
  constexpr std::size_t unit_bytes_max = 8;
  const std::size_t number =
      std::min(item.value.find_first_not_of("-+.0123456789"), item.value.size());
  const std::string_view unit = item.value.substr(number);
  return item.is_field() || (number > 0 && is_plain_number(item.value.substr(0, number)) &&
                             unit.size() <= unit_bytes_max &&
                             unit.find_first_of("0123456789.:-_") == std::string_view::npos);
}

}  // namespace

// No space before the fields: all pairs in the first word.
maybe_mistake line_shape::all_in_one_word() const {
  const std::vector<line_item>& items = words_[0].items;
  const bool is_time_next =
      size() > 1 && !words_[1].begins_with_pair() && !words_[1].text.empty() &&
      std::string_view{"-0123456789"}.find(words_[1].text[0]) != std::string_view::npos;
  if (items.size() < 2 || first_pairs_ > 0 || (size() > 1 && !is_time_next)) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (!items[i].is_pair) {
      return std::nullopt;
    }
  }
  std::size_t first = items.size();
  while (first > 1 && is_nearly_field(items[first - 1])) {
    --first;
  }
  const bool is_time_sure =
      size() == 1 || is_timestamp_like(words_[1].text) || is_date_like(words_[1].text);
  if (first == items.size()) {
    if (size() > 1 && is_time_sure) {
      return mistake_finding{mistake::fields_missing, end(0), gap(0)};
    }
    return std::nullopt;
  }
  if (!is_time_sure) {
    return std::nullopt;
  }
  const auto reading = [&](std::size_t field, bool is_sure) {
    const std::size_t comma = line_.offset(items[field].text) - 1;
    std::string condition;
    if (!is_sure) {
      condition = "the fields begin with `" +
                  std::string{items[field].key.substr(0, diagnosis::quote_bytes_max)} + "`";
    }
    return line_reading{condition, {{comma, 1, " "}}};
  };
  // The fields begin at the first string at the latest, or at the last pair.
  std::size_t last = first;
  while (last + 1 < items.size() && !items[last].value.starts_with('"')) {
    ++last;
  }
  const bool is_sure = first == last && items[first].is_field() && (first > 1 || items.size() == 2);
  mistake_finding finding{mistake::space_missing, line_.offset(items[first].text) - 1};
  finding.readings.push_back(reading(first, is_sure));
  const std::size_t other = first < last ? last : items.size() - 1;
  if (!is_sure && first < other) {
    finding.readings.push_back(reading(other, false));
  }
  return finding;
}

// "a, b": either the list goes on, or the comma belongs to a value.
maybe_mistake line_shape::space_after_comma() const {
  for (std::size_t i = 0; i + 1 < size(); ++i) {
    const line_word& word = words_[i];
    const line_word& next = words_[i + 1];
    if (!word.text.ends_with(',') || word.text.ends_with("\\,") || next.text.starts_with(',')) {
      continue;
    }
    if (next.begins_with_pair() || i > 0) {
      const bool is_pair_list =
          i == 0 || is_pair(next.text) || (i + 2 < size() && words_[i + 2].begins_with_pair());
      if (!is_pair_list) {
        continue;
      }
      return at_gap(mistake::space_after_comma, i, {{}, {replace_gap(i, "")}});
    }
    const bool holds_comma = first_pairs_ > i + 1 && word.items.size() > 1;
    if (holds_comma) {
      mistake_finding finding =
          at_gap(mistake::space_in_name, i, {{}, {{end(i) - 1, 1, "\\,"}, escape_gap(i)}});
      return finding;
    }
  }
  return std::nullopt;
}

// Bare words between the series and the first pair: parts of a name or value that holds spaces.
maybe_mistake line_shape::cut_name() const {
  const std::vector<line_item>& head = words_[0].items;
  if (first_pairs_ == 0) {
    // The value of a tag holds a space, and the fields follow behind a comma.
    const bool goes_on = head.size() > 1 && head.back().is_pair && size() > 1 &&
                         words_[1].items.size() > 1 && !words_[1].items[0].text.empty() &&
                         words_[1].items.back().is_pair && (size() == 2 || is_time(2));
    return goes_on ? maybe_mistake{at_gap(mistake::space_in_name, 0, {{}, {escape_gap(0)}})}
                   : std::nullopt;
  }
  if (head.size() > 1 && head.back().text.empty()) {
    return std::nullopt;  // a comma at the end
  }
  const bool is_key_cut = head.size() > 1 && !head.back().is_pair;
  const bool value_follows =
      size() > first_pairs_ + 1 && words_[first_pairs_ + 1].begins_with_pair();
  if (first_pairs_ == 1) {
    if (!is_key_cut || !value_follows) {
      return std::nullopt;
    }
    return at_gap(mistake::space_in_name, 0, {{}, {escape_gap(0)}});
  }
  if (is_key_cut) {
    if (first_pairs_ != 2 || !is_bare_word(1)) {
      return std::nullopt;
    }
    mistake_finding finding = at_gap(mistake::space_for_equals, 0, {{}, {replace_gap(0, "=")}});
    finding.first = head.back().text;
    finding.second = words_[1].text;
    return finding;
  }
  for (std::size_t i = 1; i < first_pairs_; ++i) {
    const line_item& item = words_[i].items[0];
    const bool is_number = head.size() == 1 && is_field_value(item.text);
    if (item.text.empty() || is_number || words_[i].text.starts_with('=') ||
        (words_[i].items.size() > 1 && !words_[i].items.back().is_pair &&
         !words_[i].items.back().text.empty() && !value_follows)) {
      return std::nullopt;
    }
  }
  mistake_finding finding = at_gap(mistake::space_in_name, 0, {});
  line_edits& edits = finding.readings[0].edits;
  for (std::size_t i = 0; i + 1 < first_pairs_; ++i) {
    const bool has_comma = words_[i].text.ends_with(',') && !words_[i].text.ends_with("\\,");
    if (has_comma) {
      edits.push_back({end(i) - 1, 1, "\\,"});
    }
    edits.push_back(escape_gap(i));
  }
  // free space=71,used space=29: the names of the fields hold the spaces.
  const bool is_field_cut = !words_[first_pairs_].items.back().is_pair;
  bool is_sure = value_follows && !is_field_cut;
  line_reading in_field{"belongs to the name of the field", {}};
  for (std::size_t i = 1; i < first_pairs_; ++i) {
    is_sure = is_sure || !is_bare_word(i);
    in_field.edits.push_back(escape_gap(i));
  }
  if (!is_sure) {
    finding.readings[0].condition =
        head.size() > 1 ? "belongs to the value of the tag `" + std::string{head.back().key} + "`"
                        : std::string{"belongs to the measurement"};
    finding.readings.push_back(std::move(in_field));
    if (is_field_cut) {
      std::swap(finding.readings[0], finding.readings[1]);
    }
    finding.readings[0].condition.insert(0, "the space ");
    finding.readings[1].condition.insert(0, "it ");
  }
  return finding;
}

// The last item of the fields is a name, and its value stands in the next word.
maybe_mistake line_shape::cut_field_name() const {
  if (first_pairs_ != 1 || size() < 3) {
    return std::nullopt;
  }
  const line_word& fields = words_[1];
  const line_item& last = fields.items.back();
  if (last.is_pair || last.text.empty() || is_field_value(last.text)) {
    return std::nullopt;
  }
  std::size_t i = 2;
  while (i < size() && is_bare_word(i) && !is_time(i)) {
    ++i;
  }
  if (i == size() || !words_[i].begins_with_pair()) {
    return std::nullopt;
  }
  mistake_finding finding = at_gap(mistake::space_in_field_name, 1, {});
  finding.first = last.text;
  for (std::size_t k = 1; k < i; ++k) {
    finding.readings[0].edits.push_back(escape_gap(k));
  }
  // v=1,mem v=2: is it "mem v", or the measurement of a second point?
  if (i == 2 && fields.items.size() > 1 && fields.items.front().is_field()) {
    const std::string name{last.text.substr(0, diagnosis::quote_bytes_max)};
    finding.readings[0].condition = "the space belongs to the name of the field";
    finding.readings.push_back(
        {"`" + name + "` begins another point", {{line_.offset(last.text) - 1, 1, "\n"}}});
  }
  return finding;
}

// A word that looks like the beginning of another point, behind fields or behind a timestamp.
maybe_mistake line_shape::two_points() const {
  if (first_pairs_ != 1 || !words_[1].are_fields()) {
    return std::nullopt;
  }
  const std::size_t next = size() > 2 && is_timestamp_like(words_[2].text) ? 3 : 2;
  if (size() <= next + 1 || words_[next].begins_with_pair() || words_[next].text[0] == '#' ||
      is_decimal(words_[next].text[0]) || is_field_value(words_[next].items[0].text) ||
      !words_[next + 1].begins_with_pair()) {
    return std::nullopt;
  }
  mistake_finding finding =
      at_gap(mistake::second_point, next - 1, {{}, {replace_gap(next - 1, "\n")}});
  finding.at = begin(next);
  finding.length = words_[next].text.size();
  return finding;
}

// Pairs behind the fields: they belong to the tags or to the fields.
maybe_mistake line_shape::tags_behind_fields() const {
  const std::size_t behind = size() > 3 && is_timestamp_like(words_[2].text) ? 3 : 2;
  const line_word& word = words_[behind];
  mistake_finding finding{mistake::tag_after_fields, begin(behind), word.text.size(),
                          word.items[0].text, line_.text.substr(0, line_.series_end)};
  for (const line_item& item : word.items) {
    if (!item.is_pair || item.value.starts_with('"')) {
      return finding;
    }
  }
  const std::string pairs{word.text};
  const std::string name{word.items[0].key.substr(0, diagnosis::quote_bytes_max)};
  const line_edit removed{end(behind - 1), gap(behind - 1) + pairs.size(), ""};
  finding.readings.push_back({"`" + name + "` is a tag", {{end(0), 0, "," + pairs}, removed}});
  if (behind == 2 && find_text_end(line_.text, begin(2)) >= end(2)) {
    finding.readings.push_back({"`" + name + "` is a field that holds text",
                                {{end(1), gap(1) + pairs.size(), "," + as_fields(2, 3)}}});
  }
  return finding;
}

// measurement[,tags] pairs pairs: the first or the second space should be a comma.
maybe_mistake line_shape::pairs_apart() const {
  if (first_pairs_ != 1 || size() < 3) {
    return std::nullopt;
  }
  const std::size_t next = size() > 3 && is_timestamp_like(words_[2].text) ? 3 : 2;
  if (!words_[next].begins_with_pair()) {
    return std::nullopt;
  }
  const bool has_tags = words_[0].items.size() > 1;
  if (next == 3 || (words_[1].are_fields() && !words_[2].are_fields())) {
    return words_[1].are_fields() ? tags_behind_fields() : std::nullopt;
  }
  const line_item& last = words_[1].items.back();
  if (!last.is_pair || last.value.empty()) {
    return std::nullopt;
  }
  const std::string tags{words_[1].text.substr(0, diagnosis::quote_bytes_max)};
  const line_reading as_tags{{}, {replace_gap(0, ",")}};
  if (!words_[1].are_fields()) {
    // The text names the first pair that is read as a field and cannot be one.
    mistake_finding finding = at_gap(mistake::space_after_measurement, 0, as_tags);
    const auto bad = std::find_if(words_[1].items.begin(), words_[1].items.end(),
                                  [](const line_item& item) { return !item.is_field(); });
    finding.first = bad->text;
    finding.readings[0].condition =
        "`" + std::string{bad->text.substr(0, diagnosis::quote_bytes_max)} + "` is a tag";
    finding.readings.push_back(
        {"it is a field that holds text", {{begin(1), end(2) - begin(1), as_fields(1, 3)}}});
    if (gap(0) > 1) {
      finding.kind = mistake::two_spaces;
    } else if (has_tags) {
      finding.kind = mistake::space_in_tags;
    }
    return finding;
  }
  mistake_finding finding = at_gap(mistake::space_in_fields, 1, {{}, {replace_gap(1, ",")}});
  finding.first = words_[2].items[0].text;
  finding.readings[0].condition = "`" + tags + "` is a field";
  if (words_[1].text.find('"') == std::string_view::npos) {
    finding.readings.push_back({"it is a tag", as_tags.edits});
  }
  return finding;
}

maybe_mistake find_shape_mistake(const mistaken_line& line) {
  return line_shape(line).find();
}

}  // namespace weir
