// SPDX-License-Identifier: Apache-2.0
//
// HOT. The kernel that every machine has: one pass over the line with a table of byte classes and
// no bounds checks, because every loop stops at the line feed that ends the window. It reads the
// plain shape (strings of one line, escapes of one backslash, common numbers) and gives up every
// line of which it is not sure.
#include <cstring>

#include "parser/bytes.hpp"
#include "parser/kernels/kernel.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

// What a byte may end.
enum stop : std::uint8_t { measurement = 1, name = 2, value = 4, string = 8 };

struct stop_table {
  std::uint8_t of[256] = {};

  constexpr stop_table() {
    of[static_cast<unsigned char>('\n')] = measurement | name | value | string;
    of[static_cast<unsigned char>('\\')] = measurement | name | string;
    of[static_cast<unsigned char>(',')] = measurement | name | value;
    of[static_cast<unsigned char>(' ')] = measurement | name | value;
    of[static_cast<unsigned char>('=')] = name;
    of[static_cast<unsigned char>('"')] = string;
  }
};
constexpr stop_table stops;

template <stop Stop>
inline const char* skip_to(const char* at) noexcept {
  while ((stops.of[static_cast<unsigned char>(*at)] & Stop) == 0) {
    ++at;
  }
  return at;
}

// The byte that ends a name, or nullptr. One backslash before an ordinary byte means the same to
// all of 1.x's scanners; two in a row, or one at the end of a line, do not.
template <stop Stop>
inline const char* skip_name(const char* at) noexcept {
  at = skip_to<Stop>(at);
  while (*at == '\\') {
    if (at[1] == '\\' || at[1] == '\n' || at[1] == '\r') {
      return nullptr;
    }
    at = skip_to<Stop>(at + 2);
  }
  return at;
}

inline bool ends_value(char byte) noexcept {
  return (stops.of[static_cast<unsigned char>(byte)] & stop::value) != 0;
}

// A carriage return counts as an end only directly before the line feed.
inline bool ends_line(const char* at) noexcept {
  return *at == '\n' || (*at == '\r' && at[1] == '\n');
}

// Behind the space at `at` and what white space follows it.
inline const char* skip_white_space(const char* at) noexcept {
  do {
    ++at;
  } while (is_white_space(*at));
  return at;
}

// So many digits fit 64 bits whatever they are, signed and unsigned.
constexpr std::ptrdiff_t digits_max = 18;

inline const char* skip_digits(const char* at, std::uint64_t& value) noexcept {
  std::uint64_t sum = value;
  for (; is_decimal(*at); ++at) {
    sum = sum * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  value = sum;
  return at;
}

class plain_reader {
 public:
  plain_reader(const char* line, line_scratch& scratch, point_view& point)
      : begin_(line), scratch_(scratch), point_(point) {}

  const char* read(const parse_options& options);

 private:
  const char* read_tags(const char* at) noexcept;
  const char* read_fields(const char* at) noexcept;
  const char* read_value(const char* at, field_view& field) noexcept;
  const char* read_number(const char* at, field_view& field) noexcept;
  const char* read_fraction(const char* begin, const char* digits, const char* at,
                            std::uint64_t whole, field_view& field) noexcept;
  static const char* read_float_slow(const char* begin, const char* at, field_view& field) noexcept;
  static const char* read_string(const char* at) noexcept;
  static const char* read_boolean(const char* at, field_view& field) noexcept;
  const char* read_time(const char* at, const parse_options& options) noexcept;
  bool note_order(const tag_view& before, const tag_view& tag) noexcept;
  bool tag_keys_unique() const noexcept;

  const char* begin_;
  line_scratch& scratch_;
  point_view& point_;
  bool sorted_ = true;
  bool canonical_ = true;
};

// Updates `sorted_`. False: two neighbours have the same key.
inline bool plain_reader::note_order(const tag_view& before, const tag_view& tag) noexcept {
  if (before.key.front() != tag.key.front()) {
    sorted_ = sorted_ && static_cast<unsigned char>(before.key.front()) <
                             static_cast<unsigned char>(tag.key.front());
    return true;
  }
  const int order = before.key.compare(tag.key);
  sorted_ = sorted_ && order < 0;
  return order != 0;
}

// For few unsorted tags: length, first, middle and last byte nearly always tell all keys apart.
bool plain_reader::tag_keys_unique() const noexcept {
  constexpr std::size_t few = 32;
  const std::size_t count = scratch_.tag_count;
  if (count > few) {
    return false;  // the exact reader sorts them
  }
  std::uint32_t glances[few];
  const tag_view* const tags = scratch_.tags.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = tags[i].key;
    glances[i] = static_cast<std::uint32_t>(static_cast<unsigned char>(key.front())) |
                 static_cast<std::uint32_t>(static_cast<unsigned char>(key.back())) << 8 |
                 static_cast<std::uint32_t>(static_cast<unsigned char>(key[key.size() / 2])) << 16 |
                 static_cast<std::uint32_t>(key.size()) << 24;
    std::uint32_t alike = 0;
    for (std::size_t k = 0; k < i; ++k) {
      alike |= glances[k] == glances[i] ? 1U : 0U;
    }
    for (std::size_t k = 0; alike != 0 && k < i; ++k) {
      if (tags[k].key == key) {
        return false;
      }
    }
  }
  return true;
}

inline const char* plain_reader::read_tags(const char* at) noexcept {
  tag_view* const tags = scratch_.tags.data();
  const std::size_t room = scratch_.tags.size();
  std::size_t count = 0;
  while (*at == ',') {
    if (count == room) {
      return nullptr;
    }
    tag_view& tag = tags[count];
    const char* const key = at + 1;
    at = skip_name<stop::name>(key);
    if (at == nullptr || *at != '=' || at == key) {
      return nullptr;
    }
    tag.key = between(key, at);
    const char* const value = at + 1;
    at = skip_name<stop::name>(value);
    if (at == nullptr || *at == '=' || at == value) {
      return nullptr;
    }
    tag.value = between(value, at);
    if (count > 0 && !note_order(tags[count - 1], tag)) {
      return nullptr;
    }
    ++count;
  }
  scratch_.tag_count = count;
  return count < harmful_tag_count_least ? at : nullptr;
}

inline const char* plain_reader::read_string(const char* at) noexcept {
  at = skip_to<stop::string>(at + 1);
  while (*at == '\\') {
    if (at[1] == '\n') {
      return nullptr;
    }
    at = skip_to<stop::string>(at + 2);
  }
  return *at == '"' ? at + 1 : nullptr;
}

inline const char* plain_reader::read_boolean(const char* at, field_view& field) noexcept {
  const char* end = skip_to<stop::value>(at);
  end -= end[-1] == '\r' && *end == '\n' ? 1 : 0;
  const std::string_view word = between(at, end);
  const bool yes = word == "t" || word == "true" || word == "T" || word == "True" || word == "TRUE";
  const bool no =
      word == "f" || word == "false" || word == "F" || word == "False" || word == "FALSE";
  field.type = field_type::boolean;
  field.uint_value = 0;
  field.bool_value = yes;
  return yes || no ? end : nullptr;
}

const char* plain_reader::read_float_slow(const char* begin, const char* at,
                                          field_view& field) noexcept {
  const char* end = skip_to<stop::value>(at);
  end -= end[-1] == '\r' && *end == '\n' ? 1 : 0;
  return parse_double(between(begin, end), field.float_value) == number_error::none ? end : nullptr;
}

// At the point behind a float's whole part. Digits that fit 53 bits, divided by a power of ten that
// a double holds exactly, round once and therefore correctly.
inline const char* plain_reader::read_fraction(const char* begin, const char* digits,
                                               const char* at, std::uint64_t whole,
                                               field_view& field) noexcept {
  field.type = field_type::float64;
  const char* const fraction = at + 1;
  std::uint64_t value = whole;
  at = skip_digits(fraction, value);
  if (at == fraction) {
    return nullptr;  // "1."
  }
  if (at - digits > digits_max + 1 || value > exact_integer_max || *at == 'e' || *at == 'E') {
    return read_float_slow(begin, at, field);
  }
  const double result = static_cast<double>(value) / powers_of_ten[at - fraction];
  field.float_value = *begin == '-' ? -result : result;
  return at;
}

inline const char* plain_reader::read_number(const char* at, field_view& field) noexcept {
  const char* const begin = at;
  const char* const digits = at + (*at == '-' ? 1 : 0);
  std::uint64_t value = 0;
  at = skip_digits(digits, value);
  const std::ptrdiff_t count = at - digits;
  if (count == 0 || count > digits_max) {
    return nullptr;
  }
  const bool negative = digits != begin;
  canonical_ = canonical_ && (*digits != '0' || count == 1 || *at == 'u');
  if (*at == 'i') {
    field.type = field_type::int64;
    field.int_value =
        negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    return at + 1;
  }
  if (*at == '.') {
    return read_fraction(begin, digits, at, value, field);
  }
  if (*at == 'u') {
    field.type = field_type::uint64;
    field.uint_value = value;
    return negative ? nullptr : at + 1;
  }
  field.type = field_type::float64;
  if (*at == 'e' || *at == 'E' || value > exact_integer_max) {
    return read_float_slow(begin, at, field);
  }
  field.float_value = negative ? -static_cast<double>(value) : static_cast<double>(value);
  return at;
}

inline const char* plain_reader::read_value(const char* at, field_view& field) noexcept {
  const char* const begin = at;
  if (is_decimal(*at) || *at == '-') {
    at = read_number(at, field);
  } else if (*at == '"') {
    field.type = field_type::string;
    field.uint_value = 0;
    at = read_string(at);
  } else {
    at = read_boolean(at, field);
  }
  if (at == nullptr || !(ends_value(*at) || ends_line(at))) {
    return nullptr;
  }
  field.text = between(begin, at);
  return at;
}

inline const char* plain_reader::read_fields(const char* at) noexcept {
  field_view* const fields = scratch_.fields.data();
  const std::size_t room = scratch_.fields.size();
  const std::size_t key_max = key_bytes_max - field_key_overhead - point_.series.size();
  std::size_t count = 0;
  do {
    if (count == room) {
      return nullptr;
    }
    field_view& field = fields[count++];
    const char* const key = at + 1;
    at = skip_name<stop::name>(key);
    if (at == nullptr || *at != '=' || at == key) {
      return nullptr;
    }
    field.key = between(key, at);
    if (field.key.size() > key_max) {
      return nullptr;
    }
    at = read_value(at + 1, field);
    if (at == nullptr) {
      return nullptr;
    }
  } while (*at == ',');
  scratch_.field_count = count;
  return at;
}

inline const char* plain_reader::read_time(const char* at, const parse_options& options) noexcept {
  const bool negative = *at == '-';
  const char* const digits = at + (negative ? 1 : 0);
  std::uint64_t value = 0;
  at = skip_digits(digits, value);
  if (at == digits || at - digits > digits_max + 1 ||
      value > static_cast<std::uint64_t>(time_max)) {
    return nullptr;
  }
  std::int64_t time = static_cast<std::int64_t>(value);
  time = negative ? -time : time;
  if (__builtin_mul_overflow(time, options.unit_ns, &time) || time < time_min || time > time_max) {
    return nullptr;
  }
  point_.time = time;
  while (*at == ' ') {
    ++at;
  }
  return at;
}

inline const char* plain_reader::read(const parse_options& options) {
  const char first = *begin_;
  if (first == ',' || first == '#' || first == ' ' || first == '\t' || first == '\0') {
    return nullptr;
  }
  const char* at = skip_name<stop::measurement>(begin_);
  if (at == nullptr) {
    return nullptr;
  }
  point_.measurement = between(begin_, at);
  at = read_tags(at);
  if (at == nullptr || *at != ' ') {
    return nullptr;
  }
  point_.series = between(begin_, at);
  if (point_.series.size() > key_bytes_max - field_key_overhead) {
    return nullptr;
  }
  if (!sorted_ && !tag_keys_unique()) {
    return nullptr;
  }
  const char* const fields = skip_white_space(at);
  canonical_ = fields == at + 1;
  at = read_fields(fields - 1);
  if (at == nullptr) {
    return nullptr;
  }
  point_.series_and_fields = between(begin_, at);
  point_.time.reset();
  if (*at == ' ') {
    at = skip_white_space(at);
    if (!ends_line(at)) {
      at = read_time(at, options);
    }
  }
  if (at == nullptr || !ends_line(at)) {
    return nullptr;
  }
  point_.text = between(begin_, at);
  point_.tags_sorted = sorted_;
  point_.fields_canonical = canonical_;
  point_.canonical = canonical_ && sorted_;
  point_.tags = {scratch_.tags.data(), scratch_.tag_count};
  point_.tag_order = {};
  point_.fields = {scratch_.fields.data(), scratch_.field_count};
  point_.carriage_return = *at == '\r';
  at += point_.carriage_return ? 1 : 0;
  const std::size_t length = static_cast<std::size_t>(at - begin_);
  return length <= options.line_bytes_max ? at + 1 : nullptr;
}

// The line feed at the window's end is what bounds the loops.
lines_read read_lines(const line_window& window, const parse_options& options, line_marks& marks,
                      line_scratch& scratch, point_view* points, std::size_t max) {
  static_cast<void>(marks);
  static_cast<void>(max);
  const char* const after = plain_reader{window.line, scratch, *points}.read(options);
  if (after == nullptr) {
    return {};
  }
  points->line = window.number;
  const char* const text_end = points->text.data() + points->text.size();
  return {after, 1, static_cast<std::uint64_t>(after - 1 - text_end)};
}

bool supported() noexcept {
  return true;
}

}  // namespace

const kernel scalar_kernel{"scalar", supported, read_lines};

}  // namespace weir
