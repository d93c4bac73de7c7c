// SPDX-License-Identifier: Apache-2.0
//
// Lines that would be accepted without what surrounds them (quotes, a prompt), without characters
// that are invisible or look like others, or taken apart at a separator that joins them.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "parser/bytes.hpp"
#include "parser/mistakes/line_shape.hpp"

namespace weir {
namespace {

// Whether the text looks like a point: a measurement, perhaps tags, a space and a pair.
bool is_like_point(std::string_view text) {
  const std::vector<line_word> words = split_words(text);
  return words.size() > 1 && !words[0].begins_with_pair() && words[1].begins_with_pair();
}

// Calls `visit(begin, end)` for each stretch of the text outside the strings of fields.
template <class Visitor>
void visit_outside_strings(std::string_view text, Visitor visit) {
  std::size_t begin = 0;
  for (std::size_t open = text.find("=\""); open != std::string_view::npos;) {
    const std::size_t close = find_closing_quote(text, open + 1);
    if (close >= text.size()) {
      break;
    }
    visit(begin, open + 1);
    begin = close + 1;
    open = text.find("=\"", begin);
  }
  visit(begin, text.size());
}

// --- the whole line in quotes

struct quote_pair {
  std::string_view open;
  std::string_view close;
};
constexpr std::array<quote_pair, 12> line_quotes = {{{"\"\"\"", "\"\"\""},
                                                     {"'''", "'''"},
                                                     {"(", ")"},
                                                     {"[", "]"},
                                                     {"<", ">"},
                                                     {"\"", "\""},
                                                     {"'", "'"},
                                                     {"`", "`"},
                                                     {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                                     {"\xE2\x80\x9E", "\xE2\x80\x9C"},
                                                     {"\xE2\x80\x98", "\xE2\x80\x99"},
                                                     {"\xC2\xAB", "\xC2\xBB"}}};

// The text without the backslashes that a program needs inside its own quotes.
std::string without_escapes(std::string_view text, std::string_view quote) {
  std::string out;
  while (!text.empty()) {
    const bool is_escape = text.front() == '\\' && text.size() > 1 &&
                           (text[1] == '\\' || text.substr(1).starts_with(quote));
    out += text[is_escape ? 1 : 0];
    text.remove_prefix(is_escape ? 2 : 1);
  }
  return out;
}

// 'cpu v=1', 'mem v=2': a list as programs print it, with a line in each item.
maybe_mistake quoted_list(const mistaken_line& line, std::size_t begin, std::size_t behind) {
  constexpr std::size_t lines_max = 32;
  const std::string_view text = line.text.substr(0, behind);
  line_edits edits{{0, begin, ""}};
  const char quote = text[begin - 1];
  for (std::size_t at = begin; edits.size() <= lines_max;) {
    const std::size_t close = text.find(quote, at);
    if (close == std::string_view::npos || !reads(text.substr(at, close - at), line.unit_ns)) {
      return std::nullopt;
    }
    const std::size_t next = std::min(text.find_first_not_of(", ", close + 1), text.size());
    if (next == text.size()) {
      edits.push_back({close, line.text.size() - close, ""});
      mistake_finding finding{mistake::quoted_line, 0, begin};
      finding.readings.push_back({{}, std::move(edits)});
      return finding;
    }
    if (text[next] != quote || next == close + 1) {
      return std::nullopt;
    }
    edits.push_back({close, next + 1 - close, "\n"});
    at = next + 1;
  }
  return std::nullopt;
}

maybe_mistake quoted_line(const mistaken_line& line) {
  const std::string_view text = line.text;
  const std::size_t prefix = std::min(text.find_first_not_of("bBuUrRfF"), text.size());
  constexpr std::size_t prefix_max = 2;  // b'...', rb'...'
  if (prefix > prefix_max) {
    return std::nullopt;
  }
  for (const quote_pair& quote : line_quotes) {
    const std::size_t begin = prefix + quote.open.size();
    const std::size_t behind = text.find_last_not_of(quote.close == ")" ? " ,;" : " ,;)") + 1;
    if (!text.substr(prefix).starts_with(quote.open) || behind < begin + quote.close.size() ||
        !text.substr(0, behind).ends_with(quote.close)) {
      continue;
    }
    const std::string_view inner = text.substr(begin, behind - quote.close.size() - begin);
    const std::string plain = without_escapes(inner, quote.close);
    const bool has_quote = find_bare(inner, quote.close.substr(0, 1), 0) < inner.size();
    const bool reads_so = reads(inner, line.unit_ns);
    if (!reads_so && has_quote && quote.close.size() == 1 && quote.open == quote.close) {
      if (auto finding = quoted_list(line, begin, behind)) {
        return finding;
      }
    }
    if (!reads_so && (has_quote || inner.find('=') == std::string_view::npos)) {
      continue;
    }
    mistake_finding finding{mistake::quoted_line, 0, begin};
    finding.readings.push_back({{}, {{0, text.size(), reads_so ? std::string{inner} : plain}}});
    return finding;
  }
  return std::nullopt;
}

// --- a prompt

// 12. and 12: and 12): the number of a line in a list.
bool is_line_number(std::string_view word) noexcept {
  constexpr std::size_t digits_max = 6;
  return word.size() > 1 && word.size() <= digits_max + 1 &&
         word.find_first_not_of("0123456789") == word.size() - 1 &&
         std::string_view{".:)"}.find(word.back()) != std::string_view::npos;
}

// time=1586844081 cpu v=1
maybe_mistake named_first_time(const mistaken_line& line) {
  const std::string_view word = word_at(line.text, 0);
  for (const std::string_view name : {"time=", "timestamp=", "ts="}) {
    if (word.starts_with(name) && is_timestamp_like(word.substr(name.size())) &&
        is_like_point(line.text.substr(word.size()))) {
      mistake_finding finding{mistake::timestamp_first, 0, word.size()};
      finding.readings.push_back({{}, {{0, name.size(), ""}}});
      return finding;
    }
  }
  return std::nullopt;
}

// [2024-01-01 00:00:00] cpu v=1
maybe_mistake bracketed_time(const mistaken_line& line) {
  const std::size_t close = line.text.find("] ");
  const bool is_time =
      line.text.starts_with('[') && close != std::string_view::npos && close >= 11 &&
      line.text.substr(1, 4).find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_time || line.text.find('=', close) == std::string_view::npos) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::timestamp_first, 0, close + 1};
  finding.readings.push_back({{}, {{0, 1, ""}, {close, 1, ""}}});
  return finding;
}

maybe_mistake prompt(const mistaken_line& line) {
  constexpr std::array<std::string_view, 10> prompts = {
      ">", ">>>", "$", "%", "influx>", "=>", "-", "*", "\xE2\x80\xA2", "+"};
  const std::string_view word = word_at(line.text, 0);
  const bool is_known =
      std::find(prompts.begin(), prompts.end(), word) != prompts.end() || is_line_number(word);
  const bool is_shell = word.find('@') != std::string_view::npos &&
                        (word.ends_with('$') || word.ends_with('#') || word.ends_with('%'));
  const std::size_t rest = skip_spaces(line.text, word.size());
  if ((!is_known && !is_shell) || line.text.substr(rest).find('=') == std::string_view::npos ||
      rest >= line.text.size() || line.text[rest] == '=') {
    return std::nullopt;
  }
  mistake_finding finding{mistake::prompt, 0, word.size(), word};
  finding.readings.push_back({{}, {{0, rest, ""}}});
  return finding;
}

// --- points that are joined

maybe_mistake joined_points(const mistaken_line& line, std::string_view separator, mistake kind) {
  constexpr std::size_t pieces_max = 32;
  line_edits edits;
  visit_outside_strings(line.text, [&](std::size_t begin, std::size_t end) {
    const std::string_view text = line.text.substr(0, end);
    for (std::size_t at = text.find(separator, begin); at < end && edits.size() < pieces_max;
         at = text.find(separator, at + separator.size())) {
      std::size_t first = at;
      if (separator == "\\n" && at >= 2 && line.text.substr(at - 2, 2) == "\\r") {
        first = at - 2;
      }
      const std::size_t next = skip_spaces(line.text, at + separator.size());
      edits.push_back({first, next - first, "\n"});
    }
  });
  if (edits.empty()) {
    return std::nullopt;
  }
  std::size_t begin = 0;
  for (const line_edit& edit : edits) {
    if (edit.at > begin && !is_like_point(line.text.substr(begin, edit.at - begin))) {
      return std::nullopt;
    }
    begin = edit.at + edit.length;
  }
  if (begin < line.text.size() && !is_like_point(line.text.substr(begin))) {
    return std::nullopt;
  }
  if (begin == line.text.size()) {
    edits.back().text.clear();
  }
  mistake_finding finding{kind, edits.front().at, separator.size()};
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

// --- characters

struct character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

character character_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const std::uint32_t first = byte(0);
  if (first < 0xC2) {
    return {first, 1};
  }
  if (first < 0xE0) {
    return {((first & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  }
  if (first < 0xF0) {
    return {((first & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU), 3};
  }
  return {((first & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) |
              (byte(3) & 0x3FU),
          4};
}

struct known_character {
  std::uint32_t first;
  std::uint32_t last;
  std::string_view name;
  std::string_view instead;
};
constexpr std::array<known_character, 16> invisibles = {{
    {0xA0, 0xA0, "no-break space", " "},
    {0xAD, 0xAD, "soft hyphen", ""},
    {0x1680, 0x1680, "Ogham space mark", " "},
    {0x2000, 0x200A, "a typographic space", " "},
    {0x200B, 0x200B, "zero-width space", ""},
    {0x200C, 0x200D, "zero-width joiner or non-joiner", ""},
    {0x200E, 0x200F, "direction mark", ""},
    {0x2028, 0x2029, "line or paragraph separator", " "},
    {0x202A, 0x202E, "direction mark", ""},
    {0x202F, 0x202F, "narrow no-break space", " "},
    {0x205F, 0x205F, "a typographic space", " "},
    {0x2060, 0x206F, "word joiner or direction mark", ""},
    {0x3000, 0x3000, "ideographic space", " "},
    {0x3164, 0x3164, "Hangul filler", ""},
    {0xFEFF, 0xFEFF, "byte order mark", ""},
    {0xFFF9, 0xFFFB, "annotation mark", ""},
}};
constexpr std::array<known_character, 7> wide_signs = {{{0xFF0C, 0xFF0C, "", ","},
                                                        {0xFF1D, 0xFF1D, "", "="},
                                                        {0xFF02, 0xFF02, "", "\""},
                                                        {0xFF1A, 0xFF1A, "", ":"},
                                                        {0xFF0E, 0xFF0E, "", "."},
                                                        {0xFF0D, 0xFF0D, "", "-"},
                                                        {0x3001, 0x3001, "", ","}}};

template <std::size_t count>
const known_character* find_known(const std::array<known_character, count>& table,
                                  std::uint32_t code) noexcept {
  const auto entry = std::find_if(table.begin(), table.end(), [&](const known_character& each) {
    return code >= each.first && code <= each.last;
  });
  return entry == table.end() ? nullptr : &*entry;
}

std::string number_of(std::uint32_t code) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(code));
  return {text, static_cast<std::size_t>(length)};
}

constexpr std::size_t character_edits_max = 256;

maybe_mistake wide_punctuation(const mistaken_line& line) {
  line_edits edits;
  visit_outside_strings(line.text, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end && edits.size() < character_edits_max;) {
      const character here = character_at(line.text, at);
      if (const known_character* sign = find_known(wide_signs, here.code)) {
        edits.push_back({at, here.bytes, std::string{sign->instead}});
      } else if (here.code >= 0xFF10 && here.code <= 0xFF19) {
        edits.push_back(
            {at, here.bytes, std::string(1, static_cast<char>('0' + here.code - 0xFF10))});
      }
      at += here.bytes;
    }
  });
  if (edits.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::wide_punctuation, edits.front().at, edits.front().length};
  finding.detail = number_of(character_at(line.text, finding.at).code);
  finding.first = line.text.substr(finding.at, finding.length);
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

// Tabs outside strings, with the spaces beside them, as one space each; none at the end.
maybe_mistake tabs(const mistaken_line& line) {
  line_edits edits;
  std::size_t first = 0;
  const std::string_view text = line.text;
  visit_outside_strings(text, [&](std::size_t begin, std::size_t end) {
    const std::string_view part = text.substr(0, end);
    for (std::size_t at = part.find('\t', begin); at < end && edits.size() < character_edits_max;
         at = part.find('\t', at)) {
      first = edits.empty() ? at : first;
      const std::size_t from = text.find_last_not_of(" \t", at) + 1;
      at = std::min(text.find_first_not_of(" \t", at), text.size());
      edits.push_back({from, at - from, at == text.size() ? "" : " "});
    }
  });
  if (edits.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::tab_for_space, first};
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

// Carriage returns that end lines, as on old Macs, or several before a line feed.
maybe_mistake carriage_returns(const mistaken_line& line) {
  if (line.text.find('\r') == std::string_view::npos) {
    return std::nullopt;
  }
  if (auto finding = joined_points(line, "\r", mistake::carriage_return)) {
    return finding;
  }
  line_edits edits;
  visit_outside_strings(line.text, [&](std::size_t begin, std::size_t end) {
    const std::string_view part = line.text.substr(0, end);
    for (std::size_t at = part.find('\r', begin); at < end && edits.size() < character_edits_max;
         at = part.find('\r', at + 1)) {
      edits.push_back({at, 1, ""});
    }
  });
  if (edits.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::carriage_return, edits.front().at};
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

}  // namespace

maybe_mistake find_invisible(std::string_view text, bool accepted) {
  line_edits edits;
  std::uint32_t first = 0;
  visit_outside_strings(text, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end && edits.size() < character_edits_max;) {
      const character here = character_at(text, at);
      // Scripts and emoji need joiners, and a mark at the beginning has a warning of its own.
      const bool is_fine = accepted && (here.code == 0x200C || here.code == 0x200D ||
                                        (at == 0 && here.code == 0xFEFF));
      const known_character* known =
          here.code < 0x80 || is_fine ? nullptr : find_known(invisibles, here.code);
      if (known != nullptr && at + here.bytes <= end) {
        first = edits.empty() ? here.code : first;
        const bool in_name = accepted && known->instead == " ";
        edits.push_back({at, here.bytes, in_name ? "\\ " : std::string{known->instead}});
      }
      at += here.bytes;
    }
  });
  if (edits.empty()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::invisible_character, edits.front().at, edits.front().length};
  finding.detail = number_of(first) + " (" + std::string{find_known(invisibles, first)->name} + ")";
  finding.readings.push_back({{}, std::move(edits)});
  return finding;
}

maybe_mistake find_wrapping_mistake(const mistaken_line& line) {
  if (auto finding = prompt(line)) {
    return finding;
  }
  if (auto finding = bracketed_time(line)) {
    return finding;
  }
  if (auto finding = named_first_time(line)) {
    return finding;
  }
  if (auto finding = quoted_line(line)) {
    return finding;
  }
  if (auto finding = joined_points(line, "\\n", mistake::escaped_line_feed)) {
    return finding;
  }
  if (auto finding = joined_points(line, ";", mistake::semicolon)) {
    return finding;
  }
  const bool is_text = line.code != parse_code::shield_invalid_utf8 &&
                       line.code != parse_code::unbalanced_quotes && has_high_byte(line.text);
  if (is_text) {
    if (auto finding = wide_punctuation(line)) {
      return finding;
    }
    // An invisible character between digits groups them: that is a mistake of the number.
    const bool in_number = line.code == parse_code::invalid_number && !line.span.empty() &&
                           is_decimal(line.span[0]) &&
                           line.span.find('=') == std::string_view::npos;
    auto finding = find_invisible(line.text, false);
    const std::size_t behind = finding ? finding->at + finding->length : 0;
    const bool digit_follows = behind < line.text.size() && is_decimal(line.text[behind]);
    const std::size_t digits_end =
        std::min(line.text.find_first_not_of("0123456789", behind), line.text.size());
    // Ten digits and more are a timestamp, not a group.
    const std::string_view number = line.text.substr(behind, digits_end - behind);
    const bool is_time =
        digit_follows && (is_timestamp_like(number) || is_date_like(line.text.substr(behind)));
    const bool groups =
        finding && in_number && finding->at > line.offset(line.span) && digit_follows && !is_time;
    if (finding && !groups) {
      return finding;
    }
  }
  auto finding = carriage_returns(line);
  return finding ? finding : tabs(line);
}

}  // namespace weir
