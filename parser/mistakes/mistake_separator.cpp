// SPDX-License-Identifier: Apache-2.0
//
// Other signs where a comma or a space belongs between pairs, a tag that stands twice, and a
// timestamp that has a name. Not what separates whole points.
#include <algorithm>
#include <string>

#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

constexpr std::size_t edits_max = 64;

std::string quoted_part(std::string_view text) {
  return "`" + std::string{text.substr(0, diagnosis::quote_bytes_max)} + "`";
}

// The strings of a line's fields. `hold` must be asked with ascending offsets, so that all
// questions together cost one pass.
class field_strings {
 public:
  explicit field_strings(std::string_view text) : text_(text) { next(); }

  [[nodiscard]] bool hold(std::size_t at) noexcept {
    while (open_ != std::string_view::npos && at > close_) {
      next();
    }
    return open_ != std::string_view::npos && at > open_;
  }

 private:
  void next() noexcept {
    open_ = text_.find("=\"", close_);
    if (open_ != std::string_view::npos) {
      close_ = find_closing_quote(text_, open_ + 1);
      open_ = close_ < text_.size() ? open_ : std::string_view::npos;
    }
  }

  const std::string_view text_;
  std::size_t open_ = 0;
  std::size_t close_ = 0;
};

// cpu;host=a;value=1: a pair follows each sign.
maybe_mistake sign_for_comma(const mistaken_line& line, char sign) {
  const std::string_view text = line.text;
  const char ends[] = {' ', ',', sign, '\0'};
  line_edits commas;
  line_edits equals;
  field_strings strings(text);
  for (std::size_t at = text.find(sign); at != std::string_view::npos;
       at = text.find(sign, at + 1)) {
    if (commas.size() == edits_max || at == 0) {
      return std::nullopt;
    }
    if (strings.hold(at)) {
      continue;
    }
    const std::size_t behind = skip_spaces(text, at + 1);
    const std::string_view item = text.substr(behind, find_bare(text, ends, behind) - behind);
    const std::size_t from = text.find_last_not_of(' ', at - 1) + 1;
    const bool ends_fields = sign == ';' && (!commas.empty() || from > line.series_end);
    if (ends_fields && (behind == text.size() || is_timestamp_like(item))) {
      commas.push_back({from, behind - from, behind == text.size() ? "" : " "});
      equals.push_back({behind, 0, ""});
      continue;
    }
    if (!is_pair(item) || (!commas.empty() && from < commas.back().at + commas.back().length)) {
      return std::nullopt;
    }
    commas.push_back({from, behind - from, ","});
    equals.push_back({behind + find_bare(item, "=", 0), 0, "\\"});
  }
  if (commas.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::semicolon_for_comma, text.find(sign, commas.front().at), 1};
  finding.first = text.substr(finding.at, 1);
  const std::size_t first = commas.front().at;
  const bool ends_measurement =
      text.substr(0, first).find_first_of("=, ") == std::string_view::npos;
  const std::size_t value = text.find_last_of("=, ;|", first - 1) + 1;
  const bool ends_value =
      text[first - 1] == '"' || is_field_value(text.substr(value, first - value));
  line_reading apart{{}, std::move(commas)};
  if (ends_measurement || ends_value) {
    finding.readings.push_back(std::move(apart));
    return finding;
  }
  const bool in_tags = equals.back().at < line.series_end && line.has_tags();
  apart.condition = quoted_part(finding.first) + " separates two pairs";
  finding.readings.push_back(std::move(apart));
  if (in_tags) {
    finding.readings.push_back({"it belongs to the tag's value", std::move(equals)});
  }
  return finding;
}

// host=C:\ value=1: the backslash makes the space a part of the value.
maybe_mistake backslash_at_end(const mistaken_line& line) {
  const std::string_view text = line.text;
  std::size_t looked_at = 0;
  for (std::size_t at = text.find("\\ "); at < line.series_end && ++looked_at < edits_max;
       at = text.find("\\ ", at + 1)) {
    const std::size_t comma = text.substr(0, at).find_last_of(", ") + 1;
    const std::string_view next = item_at(text, skip_spaces(text, at + 1));
    if (comma == 0 || !is_pair(text.substr(comma, at - comma)) || !is_pair(next)) {
      continue;
    }
    const std::size_t begin = text.find_last_not_of('\\', at) + 1;
    mistake_finding finding{mistake::backslash_at_end, begin, at + 1 - begin};
    if (is_field_value(next.substr(find_bare(next, "=", 0) + 1))) {
      finding.readings.push_back(
          {"the value may lose its last backslash", {{begin, finding.length, ""}}});
    }
    return finding;
  }
  return std::nullopt;
}

// cpu,host=a,host=b v=1
maybe_mistake duplicate_tag(const mistaken_line& line) {
  const std::vector<line_word> words = split_words(line.text);
  if (line.code != parse_code::duplicate_tags || words.empty()) {
    return std::nullopt;
  }
  std::vector<line_item> tags(words[0].items.begin() + 1, words[0].items.end());
  std::stable_sort(tags.begin(), tags.end(),
                   [](const line_item& a, const line_item& b) { return a.key < b.key; });
  const auto first =
      std::adjacent_find(tags.begin(), tags.end(),
                         [](const line_item& a, const line_item& b) { return a.key == b.key; });
  if (first == tags.end()) {
    return std::nullopt;
  }
  const line_item& second = *std::next(first);
  mistake_finding finding{mistake::duplicate_tag, line.offset(second.text), second.text.size(),
                          second.key};
  const auto without = [&](const line_item& item) {
    return line_edits{{line.offset(item.text) - 1, item.text.size() + 1, ""}};
  };
  if (first->value == second.value) {
    finding.readings.push_back({{}, without(second)});
  } else {
    const std::string key = quoted_part(second.key);
    finding.readings = {{key + " is " + quoted_part(first->value), without(second)},
                        {key + " is " + quoted_part(second.value), without(*first)}};
  }
  return finding;
}

// cpu v=1 time=1586844081000000000
maybe_mistake named_time(const mistaken_line& line) {
  const std::vector<line_word> words = split_words(line.text);
  if (words.size() < 3 || words.back().items.size() != 1 || !words.back().items[0].is_pair) {
    return std::nullopt;
  }
  const line_item& last = words.back().items[0];
  const bool is_name = last.key == "time" || last.key == "timestamp" || last.key == "ts";
  const bool is_time = is_timestamp_like(last.value) ||
                       (last.value.size() >= 10 && last.value[4] == '-' && last.value[7] == '-');
  if (!is_name || !is_time || !words[words.size() - 2].items.back().is_pair) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::timestamp_named, line.offset(last.text), last.key.size() + 1,
                          last.key};
  line_reading reading{{}, {{finding.at, finding.length, ""}}};
  if (last.key != "time") {
    reading.condition = quoted_part(last.key) + " is the point's time";
    const std::size_t space = line.text.find_last_not_of(' ', finding.at - 1) + 1;
    finding.readings.push_back(std::move(reading));
    finding.readings.push_back({"it is a field", {{space, finding.at - space, ","}}});
  } else {
    finding.readings.push_back(std::move(reading));
  }
  return finding;
}

// The two characters \t, as in a program's source, where a space belongs.
maybe_mistake escaped_tab(const mistaken_line& line) {
  line_edits edits;
  field_strings strings(line.text);
  std::string plain;
  bool is_list = line.text.find(' ') == std::string_view::npos;
  std::size_t from = 0;
  for (std::size_t at = line.text.find("\\t"); at != std::string_view::npos;
       at = line.text.find("\\t", at + 2)) {
    if (edits.size() == edits_max) {
      return std::nullopt;
    }
    if (!strings.hold(at)) {
      edits.push_back({at, 2, " "});
      const std::string_view next = line.text.substr(at + 2);
      const std::string_view word = next.substr(0, next.find("\\t"));
      is_list = is_list && (is_pair(word) || is_timestamp_like(word));
      plain.append(line.text.substr(from, at - from)).append(" ");
      from = at + 2;
    }
  }
  plain.append(line.text.substr(from));
  if (edits.empty() || (!is_list && !reads(plain, line.unit_ns))) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::escaped_tab, edits.front().at, 2};
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

}  // namespace

maybe_mistake find_separator_mistake(const mistaken_line& line) {
  if (line.code == parse_code::unbalanced_quotes) {
    return std::nullopt;
  }
  for (const char sign : {';', '|'}) {
    if (auto finding = sign_for_comma(line, sign)) {
      return finding;
    }
  }
  for (const auto find : {duplicate_tag, escaped_tab, backslash_at_end, named_time}) {
    if (auto finding = find(line)) {
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace weir
