// SPDX-License-Identifier: Apache-2.0
//
// How the functions that recognise mistakes take a line apart. They are forgiving where the exact
// reader is not, because the line is known to be wrong.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/kernels/scratch.hpp"
#include "parser/mistakes/mistake.hpp"
#include "parser/number.hpp"

namespace weir {

std::size_t find_bare(std::string_view text, std::string_view set, std::size_t from) noexcept {
  std::size_t at = text.find_first_of(set, from);
  while (at != std::string_view::npos && at > 0 && text[at - 1] == '\\') {
    at = text.find_first_of(set, at + 1);
  }
  return std::min(at, text.size());
}

std::string_view word_at(std::string_view text, std::size_t from) noexcept {
  from = std::min(from, text.size());
  return text.substr(from, find_bare(text, " ", from) - from);
}

std::string_view item_at(std::string_view text, std::size_t from) noexcept {
  from = std::min(from, text.size());
  return text.substr(from, find_bare(text, " ,", from) - from);
}

std::size_t skip_spaces(std::string_view text, std::size_t from) noexcept {
  return std::min(text.find_first_not_of(' ', from), text.size());
}

bool is_pair(std::string_view word) noexcept {
  const std::size_t equals = find_bare(word, "=", 0);
  return equals > 0 && equals < word.size();
}

bool is_plain_number(std::string_view value) noexcept {
  const bool has_suffix = value.ends_with('i') || value.ends_with('u');
  const bool begins_so =
      !value.empty() && (value[0] == '-' || value[0] == '.' || is_decimal(value[0]));
  return begins_so && !has_suffix && scan_number(value, 0).code == parse_code::none;
}

bool is_field_value(std::string_view value) noexcept {
  if (value.starts_with('"') || is_plain_number(value)) {
    return true;
  }
  if (value.ends_with('i') || value.ends_with('u')) {
    return is_plain_number(value.substr(0, value.size() - 1));
  }
  return is_boolean(value);
}

bool is_field_number(std::string_view value) noexcept {
  const bool has_suffix = value.ends_with('i') || value.ends_with('u');
  return is_plain_number(value.substr(0, value.size() - (has_suffix ? 1 : 0)));
}

bool is_timestamp_like(std::string_view word) noexcept {
  constexpr std::size_t timestamp_digits_min = 10;
  const std::string_view number = word.substr(word.starts_with('-') ? 1 : 0);
  return number.size() >= timestamp_digits_min &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_placeholder(std::string_view word) noexcept {
  constexpr std::size_t directive_bytes_max = 8;
  const auto is_between = [&](std::string_view open, char close) {
    return word.size() > open.size() + 1 && word.starts_with(open) && word.back() == close &&
           ((word[open.size()] | 0x20) >= 'a' && (word[open.size()] | 0x20) <= 'z') &&
           word.find_first_of("\":,;") == std::string_view::npos;
  };
  const bool is_directive =
      word.starts_with('%') && word.size() > 1 && word.size() <= directive_bytes_max &&
      word.find_first_not_of("0123456789.-+lhz", 1) == word.size() - 1 &&
      std::string_view{"sdifgexuc"}.find(word.back()) != std::string_view::npos;
  return is_directive || word.starts_with("$(") || word.starts_with("${") ||
         word.starts_with("{{") || is_between("{", '}');
}

std::string without_groups(std::string_view number) {
  // No-break space, thin and figure spaces, right single quotation mark.
  static constexpr std::string_view signs[] = {
      "_", "'", "\xC2\xA0", "\xE2\x80\x87", "\xE2\x80\x89", "\xE2\x80\xAF", "\xE2\x80\x99"};
  std::string out;
  while (!number.empty()) {
    const auto sign = std::find_if(std::begin(signs), std::end(signs),
                                   [&](std::string_view each) { return number.starts_with(each); });
    const bool groups = sign != std::end(signs);
    out.append(groups ? std::string_view{} : number.substr(0, 1));
    number.remove_prefix(groups ? sign->size() : 1);
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
  });
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out{"\""};
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      out += '\\';
    }
    out += byte;
  }
  return out += '"';
}

std::string escaped(std::string_view text, std::string_view set) {
  std::string out;
  bool is_escaped = false;
  for (const char byte : text) {
    if (!is_escaped && set.find(byte) != std::string_view::npos) {
      out += '\\';
    }
    is_escaped = byte == '\\';
    out += byte;
  }
  return out;
}

std::size_t find_closing_quote(std::string_view text, std::size_t open) noexcept {
  std::size_t at = open + 1;
  while (at < text.size() && text[at] != '"') {
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at, text.size());
}

std::size_t find_text_end(std::string_view text, std::size_t from) noexcept {
  std::size_t end = text.find_last_not_of(' ') + 1;
  const std::size_t last_space = text.find_last_of(' ', end - 1);
  if (last_space != std::string_view::npos && last_space > from &&
      is_timestamp_like(text.substr(last_space + 1, end - last_space - 1))) {
    end = text.find_last_not_of(' ', last_space) + 1;
  }
  for (std::size_t comma = text.find(',', from); comma < end; comma = text.find(',', comma + 1)) {
    const std::string_view item = text.substr(comma + 1, end - comma - 1);
    const std::size_t equals = item.find_first_of("= ,\"");
    if (equals != std::string_view::npos && equals > 0 && item[equals] == '=') {
      return comma;
    }
  }
  return std::max(end, from);
}

bool reads(std::string_view text, std::int64_t unit_ns) {
  if (text.empty() || is_white_space(text.front()) || text.front() == '#') {
    return false;
  }
  parse_options options;
  options.unit_ns = unit_ns;
  line_scratch scratch;
  point_view point;
  return read_exact(text, options, {}, scratch, point).code == parse_code::none;
}

bool line_word::are_fields() const noexcept {
  return std::all_of(items.begin(), items.end(),
                     [](const line_item& item) { return item.is_field(); });
}

namespace {

// The offset behind the string that begins at `open`;
// `open` + 1 if no value can end there.
std::size_t skip_string(std::string_view text, std::size_t open) noexcept {
  const std::size_t behind = find_closing_quote(text, open) + 1;
  const bool is_string = behind == text.size() ||
                         (behind < text.size() && (text[behind] == ',' || text[behind] == ' '));
  return is_string ? behind : open + 1;
}

line_item make_item(std::string_view text) noexcept {
  line_item item{text, {}, {}, is_pair(text)};
  if (item.is_pair) {
    const std::size_t equals = find_bare(text, "=", 0);
    item.key = text.substr(0, equals);
    item.value = text.substr(equals + 1);
  }
  return item;
}

}  // namespace

std::vector<line_word> split_words(std::string_view text) {
  std::vector<line_word> words;
  std::size_t items = 0;
  std::size_t at = skip_spaces(text, 0);
  while (at < text.size()) {
    line_word word;
    const std::size_t word_begin = at;
    std::size_t begin = at;
    for (;; ++at) {
      while (at < text.size() && text[at] == '"' && at > begin && text[at - 1] == '=') {
        at = skip_string(text, at);
      }
      const bool is_bare = at >= text.size() || at == 0 || text[at - 1] != '\\';
      if (at < text.size() && (!is_bare || (text[at] != ' ' && text[at] != ','))) {
        continue;
      }
      if (++items > line_items_max) {
        return {};
      }
      word.items.push_back(make_item(text.substr(begin, at - begin)));
      if (at >= text.size() || text[at] == ' ') {
        break;
      }
      begin = at + 1;
    }
    word.text = text.substr(word_begin, at - word_begin);
    words.push_back(std::move(word));
    if (words.size() > line_words_max) {
      return {};
    }
    at = skip_spaces(text, at);
  }
  return words;
}

}  // namespace weir
