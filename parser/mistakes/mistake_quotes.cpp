// SPDX-License-Identifier: Apache-2.0
//
// Quotes around measurements, tags and names of fields, where they protect nothing: the name is
// written with backslashes instead. Not the strings of fields.
#include <algorithm>
#include <array>

#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

struct quote_sign {
  std::string_view open;
  std::string_view close;
};
constexpr std::array<quote_sign, 5> signs = {{{"\"", "\""},
                                              {"'", "'"},
                                              {"`", "`"},
                                              {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                              {"\xE2\x80\x98", "\xE2\x80\x99"}}};

struct quoted_part {
  std::size_t end = 0;  // behind the closing quote; 0: none begins here
  std::string_view inner;
};

// The quoted name or value that begins at `at`, if its closing quote lies where a part of a line
// can end.
quoted_part quoted_at(std::string_view text, std::size_t at) {
  for (const quote_sign& sign : signs) {
    if (!text.substr(at).starts_with(sign.open)) {
      continue;
    }
    const std::size_t begin = at + sign.open.size();
    constexpr std::size_t name_bytes_max = 1024;  // keeps the search for many quotes short
    const std::size_t length = text.substr(begin, name_bytes_max).find(sign.close);
    if (length == std::string_view::npos || length == 0) {
      return {};
    }
    const std::size_t close = begin + length;
    const std::size_t end = close + sign.close.size();
    const bool ends_part =
        end == text.size() || std::string_view{", ="}.find(text[end]) != std::string_view::npos;
    return ends_part ? quoted_part{end, text.substr(begin, close - begin)} : quoted_part{};
  }
  return {};
}

}  // namespace

maybe_mistake find_quoted_names(const mistaken_line& line) {
  constexpr std::size_t edits_max = 64;
  const std::string_view text = line.text;
  const std::vector<line_word> words = split_words(text);
  const auto has_pairs = [](const line_word& word) { return word.begins_with_pair(); };
  if (words.empty() || std::none_of(words.begin() + 1, words.end(), has_pairs)) {
    return std::nullopt;  // without fields, a quoted value may be a field's string
  }
  line_edits edits;
  mistake_finding finding{mistake::quoted_name};
  bool in_fields = false;
  for (std::size_t at = 0; at < text.size() && edits.size() < edits_max;) {
    // A part of the line begins here.
    const bool is_value = at > 0 && text[at - 1] == '=';
    if (is_value && in_fields && text[at] == '"') {
      at = find_closing_quote(text, at) + 1;
    } else if (const quoted_part part = quoted_at(text, at);
               part.end > 0 && !(is_value && in_fields)) {
      const bool is_name = !in_fields || (part.end < text.size() && text[part.end] == '=');
      if (is_name) {
        const bool is_first =
            finding.readings.empty() && part.inner.find_first_of(", =") != text.npos;
        if (is_first) {
          finding.at = at;
          finding.length = part.end - at;
          finding.first = text.substr(at, finding.length);
          finding.readings.emplace_back();
        }
        edits.push_back({at, part.end - at, escaped(part.inner, ", =")});
      }
      at = part.end;
    }
    at = find_bare(text, ", =", at);
    in_fields = in_fields || (at < text.size() && text[at] == ' ');
    at = at < text.size() && text[at] == ' ' ? skip_spaces(text, at) : at + 1;
  }
  if (finding.readings.empty()) {
    return std::nullopt;  // these quotes are not why the line is rejected
  }
  finding.readings[0].edits = std::move(edits);
  return finding;
}

}  // namespace weir
