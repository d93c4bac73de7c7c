// SPDX-License-Identifier: Apache-2.0
//
// One line of the reference parser (reference.hpp): what InfluxDB 1.x says of it, and what weir
// rejects beyond that. Slow and plain on purpose; it shares no code with parser/.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.hpp"

namespace weir::test {

class reference_line {
 public:
  reference_line(std::string text, const parse_options& options)
      : options_(options), s_(std::move(text)) {}

  outcome read() {
    outcome result;
    result.text = s_;
    result.code = classic(result);
    if (result.code == parse_code::none) {
      result.code = shields(result);
    }
    if (result.code != parse_code::none) {
      outcome rejected;
      rejected.code = result.code;
      rejected.text = s_;
      return rejected;
    }
    return result;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\0'; }
  bool escaped(std::size_t i) const { return i > 0 && s_[i - 1] == '\\'; }
  bool at_end(std::size_t i) const { return i >= s_.size(); }
  bool is(std::size_t i, char c) const { return i < s_.size() && s_[i] == c; }

  std::size_t find_unescaped(std::size_t i, std::string_view set) const {
    while (!at_end(i) && (set.find(s_[i]) == set.npos || escaped(i))) {
      ++i;
    }
    return i;
  }

  // What 1.x says.
  parse_code classic(outcome& result) {
    std::size_t i = 0;
    parse_code code = series(result, i);
    if (code != parse_code::none) {
      return code;
    }
    series_end_ = i;
    while (!at_end(i) && is_blank(s_[i])) {
      ++i;
    }
    const std::size_t begin = i;
    code = field_set(i);
    if (code != parse_code::none) {
      return code;
    }
    field_text_ = s_.substr(begin, i - begin);
    code = walk(result);
    return code != parse_code::none ? code : time(result, i);
  }

  parse_code series(outcome& result, std::size_t& i) {
    if (s_.empty() || s_[0] == ',') {
      return parse_code::missing_measurement;
    }
    i = find_unescaped(1, ", ");
    result.measurement = s_.substr(0, i);
    std::set<std::string> keys;
    bool twins = false;
    while (is(i, ',')) {
      const std::size_t key = i + 1;
      if (at_end(key) || is(key, ' ') || is(key, ',') || is(key, '=')) {
        return parse_code::missing_tag_key;
      }
      i = find_unescaped(key + 1, ",= ");
      if (!is(i, '=')) {
        return parse_code::missing_tag_value;
      }
      const std::size_t value = i + 1;
      if (at_end(value) || is(value, ' ') || is(value, ',')) {
        return parse_code::missing_tag_value;
      }
      i = find_unescaped(value + 1, ",= ");
      if (is(i, '=')) {
        return parse_code::invalid_tag_format;
      }
      result.tags.emplace_back(s_.substr(key, value - 1 - key), s_.substr(value, i - value));
      twins = !keys.insert(result.tags.back().first).second || twins;
    }
    if (at_end(i)) {
      return parse_code::missing_fields;
    }
    if (twins) {
      return parse_code::duplicate_tags;
    }
    return i > 65535 ? parse_code::key_too_long : parse_code::none;
  }

  parse_code field_set(std::size_t& i) {
    long equals = 0;
    long commas = 0;
    bool quoted = false;
    for (; !at_end(i); ++i) {
      const char c = s_[i];
      if (c == '\\' && i + 1 < s_.size()) {
        ++i;
      } else if (c == '"' && equals > commas) {
        quoted = !quoted;
      } else if (!quoted && c == ' ') {
        break;
      } else if (!quoted && c == ',') {
        ++commas;
      } else if (!quoted && c == '=') {
        ++equals;
        if ((s_[i - 1] == ' ' || s_[i - 1] == ',') && s_[i - 2] != '\\') {
          return parse_code::missing_field_key;
        }
        if (at_end(i + 1) || is(i + 1, ',') || is(i + 1, ' ')) {
          return parse_code::missing_field_value;
        }
        if (is(i + 1, '"')) {
          continue;
        }
        const std::size_t end = std::min(s_.find_first_of(", ", i + 1), s_.size());
        const parse_code code = bare_value(s_.substr(i + 1, end - i - 1));
        if (code != parse_code::none) {
          return code;
        }
        i = end - 1;
      }
    }
    if (quoted) {
      return parse_code::unbalanced_quotes;
    }
    return equals == 0 || equals != commas + 1 ? parse_code::invalid_field_format
                                               : parse_code::none;
  }

  static parse_code bare_value(const std::string& token) {
    if (std::string{"0123456789.-nN"}.find(token[0]) == std::string::npos) {
      static const std::set<std::string> words{"t", "T", "true",  "True",  "TRUE",
                                               "f", "F", "false", "False", "FALSE"};
      return words.count(token) > 0 ? parse_code::none : parse_code::invalid_boolean;
    }
    const std::string body = token[0] == '-' ? token.substr(1) : token;
    const std::size_t digits = body.find_first_not_of("0123456789");
    if (digits != 0 && digits != std::string::npos && digits + 1 == body.size()) {
      const std::string number = token.substr(0, token.size() - 1);
      errno = 0;
      if (body[digits] == 'i') {
        std::strtoll(number.c_str(), nullptr, 10);
        return errno == ERANGE ? parse_code::integer_out_of_range : parse_code::none;
      }
      if (body[digits] == 'u' && token[0] != '-') {
        std::strtoull(number.c_str(), nullptr, 10);
        return errno == ERANGE ? parse_code::unsigned_out_of_range : parse_code::none;
      }
    }
    return float_code(token, body);
  }

  // A float, or which of the two complaints about one.
  static parse_code float_code(const std::string& token, const std::string& body) {
    long points = 0;
    long others = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
      const char c = body[i];
      // Directly after the sign an exponent counts as one; as the very first byte it does not.
      const bool exponent = (c == 'e' || c == 'E') && (i > 0 || token[0] == '-');
      const bool sign =
          (c == '+' || c == '-') && i > 0 && (body[i - 1] == 'e' || body[i - 1] == 'E');
      if (c == '.' && ++points > 1) {
        return parse_code::invalid_number;
      }
      if (!exponent && !sign && c != '.' && (c < '0' || c > '9')) {
        return parse_code::invalid_number;
      }
      others += c == '.' ? 0 : 1;
    }
    if (others == 0) {
      return parse_code::invalid_number;
    }
    const std::size_t e = body.find_first_of("eE");
    const std::string mantissa = body.substr(0, e);
    std::string exponent = e == std::string::npos ? "0" : body.substr(e + 1);
    if (!exponent.empty() && (exponent[0] == '+' || exponent[0] == '-')) {
      exponent.erase(0, 1);
    }
    const bool well_formed = mantissa.find_first_of("0123456789") != std::string::npos &&
                             !exponent.empty() &&
                             exponent.find_first_not_of("0123456789") == std::string::npos;
    return well_formed && std::isfinite(std::strtod(token.c_str(), nullptr))
               ? parse_code::none
               : parse_code::invalid_float;
  }

  parse_code walk(outcome& result) {
    std::string rest = field_text_;
    while (!rest.empty()) {
      std::size_t k = 0;
      while (k < rest.size() && !(rest[k] == '=' && (k == 0 || rest[k - 1] != '\\'))) {
        ++k;
      }
      if (k + 1 >= rest.size()) {
        return parse_code::invalid_field_value;
      }
      outcome_field field;
      field.key = rest.substr(0, k);
      rest.erase(0, k + 1);
      field.text = first_value(rest);
      if (series_end_ + 4 + field.key.size() > 65535) {
        return parse_code::key_too_long;
      }
      rest.erase(0, std::min(field.text.size() + 1, rest.size()));
      decode(field);
      result.fields.push_back(field);
    }
    return parse_code::none;
  }

  static std::string first_value(const std::string& rest) {
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest.size() && (quoted || rest[i] != ','); ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) {
        ++i;
      } else if (rest[i] == '"') {
        quoted = !quoted;
      }
    }
    return rest.substr(0, i);
  }

  static void decode(outcome_field& field) {
    const std::string& text = field.text;
    if (text.empty()) {
      return;
    }
    if (text[0] == '"') {
      field.type = field_type::string;
    } else if (std::string{"0123456789.-"}.find(text[0]) == std::string::npos) {
      field.type = field_type::boolean;
      field.bits = text[0] == 't' || text[0] == 'T' ? 1 : 0;
    } else if (text.back() == 'i') {
      field.type = field_type::int64;
      field.bits = static_cast<std::uint64_t>(std::strtoll(text.c_str(), nullptr, 10));
    } else if (text.back() == 'u') {
      field.type = field_type::uint64;
      field.bits = std::strtoull(text.c_str(), nullptr, 10);
    } else {
      const double value = std::strtod(text.c_str(), nullptr);
      std::memcpy(&field.bits, &value, sizeof value);
    }
  }

  parse_code time(outcome& result, std::size_t i) const {
    while (!at_end(i) && is_blank(s_[i])) {
      ++i;
    }
    std::size_t end = i;
    for (; !at_end(end) && !is(end, ' ') && !is(end, '\n'); ++end) {
      const bool digit = s_[end] >= '0' && s_[end] <= '9';
      if (!digit && !(end == i && s_[end] == '-')) {
        return parse_code::bad_timestamp;
      }
    }
    const std::string digits = s_.substr(i, end - i);
    if (digits.empty()) {
      return parse_code::none;
    }
    if (digits == "-") {
      return parse_code::timestamp_syntax;
    }
    errno = 0;
    const long long value = std::strtoll(digits.c_str(), nullptr, 10);
    if (errno == ERANGE) {
      return parse_code::timestamp_out_of_range;
    }
    const __int128 scaled = static_cast<__int128>(value) * options_.unit_ns;
    const __int128 limit = 9223372036854775806LL;
    if (scaled > limit || scaled < -limit) {
      return parse_code::time_outside_range;
    }
    result.time = static_cast<std::int64_t>(scaled);
    return s_.find_first_not_of(' ', end) == std::string::npos ? parse_code::none
                                                               : parse_code::point_is_invalid;
  }

  // What weir rejects beyond that.
  parse_code shields(const outcome& result) const {
    for (std::size_t harmful = 100; harmful <= result.tags.size(); harmful *= 2) {
      if (harmful == result.tags.size()) {
        return parse_code::shield_tag_count;
      }
    }
    if (has_long_run(result.measurement) || has_harmful_tag(result) || has_even_run(field_text_)) {
      return parse_code::shield_ambiguous_backslash;
    }
    for (const outcome_field& field : result.fields) {
      if (field.key.empty() || has_comma(field.key)) {
        return parse_code::shield_empty_field_key;
      }
      if (field.type == field_type::string && !is_one_string(field.text)) {
        return parse_code::shield_text_after_quote;
      }
    }
    return options_.utf8 == utf8_policy::reject && !is_utf8(s_) ? parse_code::shield_invalid_utf8
                                                                : parse_code::none;
  }

  // Two backslashes or more directly before a byte that a measurement can escape.
  static bool has_long_run(const std::string& measurement) {
    for (std::size_t i = 2; i < measurement.size(); ++i) {
      const bool escapable = std::string{",= \""}.find(measurement[i]) != std::string::npos;
      if (escapable && measurement[i - 1] == '\\' && measurement[i - 2] == '\\') {
        return true;
      }
    }
    return false;
  }

  // Whether a byte stands directly behind an even number of backslashes, at least two.
  static bool has_even_run_before(const std::string& name, char byte) {
    for (std::size_t i = 2; i < name.size(); ++i) {
      std::size_t run = 0;
      while (run < i && name[i - 1 - run] == '\\') {
        ++run;
      }
      if (name[i] == byte && run >= 2 && run % 2 == 0) {
        return true;
      }
    }
    return false;
  }

  // Such a space begins the fields for 1.x's first scanner, whose counts then go wrong where such
  // an equals sign, such a key or such a comma is there too, and that matters where there are
  // quotes.
  bool has_harmful_tag(const outcome& result) const {
    bool space = false;
    bool raised = false;
    bool lowered = false;
    for (const auto& [key, value] : result.tags) {
      const bool key_has_space = has_even_run_before(key, ' ');
      space = space || key_has_space || has_even_run_before(value, ' ');
      for (const std::string& name : {key, value}) {
        raised = raised || key_has_space || has_even_run_before(name, '=');
        lowered = lowered || has_even_run_before(name, ',');
      }
    }
    const bool has_quote =
        s_.substr(result.measurement.size(), series_end_ - result.measurement.size()).find('"') !=
            std::string::npos ||
        std::any_of(result.fields.begin(), result.fields.end(), [](const outcome_field& field) {
          return field.key.find('"') != std::string::npos;
        });
    const bool has_string =
        std::any_of(result.fields.begin(), result.fields.end(),
                    [](const outcome_field& field) { return field.type == field_type::string; });
    return space && ((raised && has_quote) || (lowered && (has_quote || has_string)));
  }

  static bool has_comma(const std::string& key) {
    bool found = key[0] == ',';
    for (std::size_t i = 1; i < key.size(); ++i) {
      found = found || (key[i] == ',' && key[i - 1] != '\\');
    }
    return found;
  }

  static bool has_even_run(const std::string& text) {
    long due = 0;  // values opened by '=' and not yet ended by ','
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::size_t run = 0;
      while (i + run < text.size() && text[i + run] == '\\') {
        ++run;
      }
      i += run;
      if (i == text.size()) {
        return false;
      }
      const bool delimiter = text[i] == ',' || text[i] == '=' || text[i] == ' ';
      if (run > 0 && run % 2 == 0 && delimiter && !quoted) {
        return true;
      }
      if (run % 2 == 1) {
        continue;
      }
      if (text[i] == '"' && due > 0) {
        quoted = !quoted;
      } else if (!quoted) {
        due += text[i] == '=' ? 1 : text[i] == ',' ? -1 : 0;
      }
    }
    return false;
  }

  static bool is_one_string(const std::string& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        return i + 1 == text.size();
      }
    }
    return false;
  }

  static bool is_utf8(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (length == 1) {
        ++i;
        continue;
      }
      if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) {
        return false;
      }
      std::uint32_t point = lead & (0xffU >> (length + 1));
      for (std::size_t k = 1; k < length; ++k) {
        const auto next = static_cast<unsigned char>(text[i + k]);
        if ((next & 0xc0) != 0x80) {
          return false;
        }
        point = point << 6 | (next & 0x3fU);
      }
      static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
      if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return false;
      }
      i += length;
    }
    return true;
  }

  const parse_options& options_;
  std::string s_;
  std::size_t series_end_ = 0;
  std::string field_text_;
};

}  // namespace weir::test
