// SPDX-License-Identifier: Apache-2.0
//
// What an accepted line says but probably does not mean. Runs for every accepted line, so each
// check begins with a test that costs a few nanoseconds.
#include <algorithm>
#include <cstring>
#include <utility>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"
#include "parser/mistakes/time_units.hpp"

namespace weir {
namespace {

bool is_quoted(std::string_view name) noexcept {
  // An accepted line has no empty name.
  return (name.front() == '"' || name.front() == '\'') && name.size() > 1 &&
         name.front() == name.back();
}

class adviser {
 public:
  adviser(const point_view& point, const line_circumstances& circumstances)
      : point_(point), circumstances_(circumstances) {}

  std::vector<mistake_finding> judge() {
    judge_bytes();
    judge_names();
    judge_spaces();
    judge_tabs();
    judge_time();
    if (point_.carriage_return) {
      add({mistake::windows_line_end, point_.text.size(), 1});
    }
    return std::move(doubts_);
  }

 private:
  void add(mistake_finding finding) { doubts_.push_back(std::move(finding)); }
  // A doubt with one way to write the line instead.
  void add(mistake_finding finding, std::string condition, std::size_t at, std::size_t length,
           std::string with) {
    finding.readings.push_back({std::move(condition), {{at, length, std::move(with)}}});
    add(std::move(finding));
  }
  [[nodiscard]] std::size_t offset(std::string_view part) const noexcept {
    return static_cast<std::size_t>(part.data() - point_.text.data());
  }

  void judge_bytes();
  void judge_names();
  void judge_name(std::string_view name) {
    if (is_quoted(name)) {
      add_quoted(name);
    } else if (name.front() == '\xE2') {
      add_curly(name);
    }
  }
  void add_quoted(std::string_view name);
  void add_curly(std::string_view name);
  void judge_measurement();
  [[nodiscard]] bool judge_joint(std::string_view name);
  void judge_first_byte(std::string_view name);
  void judge_tabs();
  void judge_value(const tag_view& tag);
  void judge_spaces();
  void judge_time();

  const point_view& point_;
  const line_circumstances& circumstances_;
  std::vector<mistake_finding> doubts_;
};

// A name in typographic quotes: they become a part of the name, as plain ones do.
void adviser::add_curly(std::string_view name) {
  constexpr std::string_view open = "\xE2\x80\x9C";
  constexpr std::string_view close = "\xE2\x80\x9D";
  if (name.size() > 2 * open.size() && name.starts_with(open) && name.ends_with(close)) {
    const std::string_view inner = name.substr(open.size(), name.size() - 2 * open.size());
    add({mistake::quoted_name, offset(name), name.size(), name}, {}, offset(name), name.size(),
        std::string{inner});
  }
}

void adviser::add_quoted(std::string_view name) {
  const std::string_view inner = name.substr(1, name.size() - 2);
  mistake_finding finding{mistake::quoted_name, offset(name), name.size(), name};
  if (!inner.empty() && inner.find(name.front()) == inner.npos && !inner.ends_with('\\')) {
    finding.readings.push_back({{}, {{finding.at, name.size(), escaped(inner, ", =")}}});
  }
  add(std::move(finding));
}

// The sign that should have ended the measurement stands inside it: cpu;host=a and the like.
bool adviser::judge_joint(std::string_view name) {
  struct joint {
    std::string_view sign;
    mistake kind;
    std::string_view with;
  };
  constexpr joint joints[] = {{";", mistake::semicolon_for_comma, ","},
                              {"|", mistake::semicolon_for_comma, ","},
                              {"\xEF\xBC\x8C", mistake::wide_punctuation, ","},
                              {"\\,", mistake::escaped_comma, ","}};
  const std::size_t equals = name.find('=');
  for (const joint& each : joints) {
    const std::size_t at = name.find(each.sign);
    if (at == 0 || at > equals) {
      continue;
    }
    mistake_finding finding{each.kind, at, each.sign.size(), name.substr(at, each.sign.size())};
    if (each.kind == mistake::escaped_comma) {
      finding.first = name;
    } else if (each.kind == mistake::wide_punctuation) {
      finding.detail = "U+FF0C";
    }
    const std::string tag{name.substr(at + each.sign.size())};
    line_reading reading{"`" + tag.substr(0, diagnosis::quote_bytes_max) + "` is a tag", {}};
    for (std::size_t i = at; i < name.size(); i = name.find(each.sign, i + 1)) {
      reading.edits.push_back({i, each.sign.size(), std::string{each.with}});
    }
    finding.readings.push_back(std::move(reading));
    add(std::move(finding));
    return true;
  }
  const std::size_t brace = name.find('{');
  if (brace < equals && brace > 0) {
    add({mistake::prometheus_text, 0, name.size()});
    return true;
  }
  return false;
}

// A prompt, or a quote without its closing quote, before the measurement.
void adviser::judge_first_byte(std::string_view name) {
  const char first = name.front();
  const bool is_prompt = first == '>';
  const bool is_open = (first == '"' || first == '\'' || first == '`') && name.back() != first;
  if ((!is_prompt && !is_open) || name.size() < 2) {
    return;
  }
  add({is_prompt ? mistake::prompt : mistake::quoted_line, 0, 1, name.substr(0, 1)},
      "it is no part of the name", 0, 1, "");
}

// A tab before the space that ends the tags is a part of the last tag's value.
void adviser::judge_tabs() {
  const std::string_view series = point_.series;
  if (std::memchr(series.data(), '\t', series.size()) == nullptr) {
    return;
  }
  const std::size_t at = series.find('\t');
  mistake_finding finding{mistake::tab_for_space, at};
  const std::size_t end = series.find_last_not_of('\t') + 1;
  if (end <= at && series.data() == point_.text.data()) {
    finding.readings.push_back({{}, {{at, series.size() - at, ""}}});
  }
  add(std::move(finding));
}

// Where the measurement was forgotten, what follows takes its place: `host=a`, or a timestamp.
void adviser::judge_measurement() {
  const std::string_view name = point_.measurement;
  constexpr std::string_view key = "measurement=";
  constexpr const char* placeholder =
      "you write the name of your measurement in the place of `measurement`";
  if (std::memchr(name.data(), '=', name.size()) != nullptr && is_pair(name)) {
    if (judge_joint(name)) {
      return;
    }
    mistake_finding finding{mistake::measurement_missing, 0, name.size(), name};
    if (name.starts_with(key) && name.size() > key.size()) {
      add(std::move(finding), {}, 0, key.size(), "");
    } else {
      add(std::move(finding), placeholder, 0, 0, "measurement,");
    }
  } else if (is_decimal(name.front()) && is_timestamp_like(name)) {
    mistake_finding finding{mistake::timestamp_first, 0, name.size(), name};
    if (!point_.time) {
      finding.readings.push_back({placeholder,
                                  {{0, name.size(), "measurement"},
                                   {point_.series_and_fields.size(), 0, " " + std::string{name}}}});
    }
    add(std::move(finding));
  }
}

// host==a and host=>a: the first equals sign ends the name, and the value begins with a sign.
void adviser::judge_value(const tag_view& tag) {
  const char first = tag.value.front();
  if ((first == '=' || first == '>') && tag.value.size() > 1) {
    const std::size_t at = offset(tag.value);
    const mistake kind = first == '=' ? mistake::double_equals : mistake::arrow_for_equals;
    add({kind, at - 1, 2, point_.text.substr(at - 1, 2)}, {}, at, 1, "");
  }
  if ((first == '$' || first == '%' || first == '{') && is_placeholder(tag.value)) {
    add({mistake::placeholder, offset(tag.value), tag.value.size(), tag.value});
  }
}

// Bytes that are not ASCII. Most lines are ASCII and return at once.
void adviser::judge_bytes() {
  const std::string_view text = point_.text;
  if (circumstances_.byte_order_mark) {
    add({mistake::byte_order_mark, 0});
  }
  if (!has_high_byte(text)) {
    return;
  }
  if (auto finding = find_invisible(text, true)) {
    add(std::move(*finding));
  }
  if (std::memchr(text.data(), 0xEF, text.size()) == nullptr) {
    return;
  }
  if (text.starts_with(byte_order_mark_utf8)) {
    add({mistake::byte_order_mark, 0, byte_order_mark_utf8.size()}, {}, 0,
        byte_order_mark_utf8.size(), "");
  }
  const std::size_t lost = text.find(replacement_character_utf8);
  if (lost != std::string_view::npos) {
    add({mistake::replacement_character, lost, replacement_character_utf8.size()});
  }
}

// Asked of every name: with a length known when compiling, the comparison is one instruction.
bool is_time(std::string_view name) noexcept {
  return name.size() == 4 && std::memcmp(name.data(), "time", 4) == 0;
}

void adviser::judge_names() {
  judge_name(point_.measurement);
  judge_measurement();
  judge_first_byte(point_.measurement);
  for (const tag_view& tag : point_.tags) {
    judge_name(tag.key);
    judge_name(tag.value);
    judge_value(tag);
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

// The white space between series, field set and timestamp.
void adviser::judge_spaces() {
  const std::string_view text = point_.text;
  for (const std::size_t at : {point_.series.size(), point_.series_and_fields.size()}) {
    if (at + 1 >= text.size() || !is_white_space(text[at + 1])) {
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of({" \t\0", 3}, at), text.size());
    if (end < text.size()) {
      add({mistake::extra_space, at, end - at}, {}, at, end - at, " ");
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
  mistake_finding finding{
      mistake::timestamp_unit,
      begin,
      end - begin,
      {},
      {},
      describe_reading(*point_.time, unit) + ' ' + describe_plausible(number, better)};
  std::int64_t time = 0;
  if (!__builtin_mul_overflow(number, better, &time) && time % unit == 0) {
    const std::string condition = "the timestamp counts " + std::string{name_of_unit(better)};
    add(std::move(finding), condition, begin, end - begin, std::to_string(time / unit));
  } else {
    add(std::move(finding));
  }
}

}  // namespace

std::vector<mistake_finding> find_doubts(const point_view& point,
                                         const line_circumstances& circumstances) {
  return adviser(point, circumstances).judge();
}

std::vector<diagnosis> advise(const point_view& point, const line_circumstances& circumstances) {
  std::vector<diagnosis> diagnoses;
  for (const mistake_finding& finding : find_doubts(point, circumstances)) {
    diagnoses.push_back(make_diagnosis(texts_of(finding.kind), finding, point.text, 1));
  }
  return diagnoses;
}

}  // namespace weir
