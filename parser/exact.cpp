// SPDX-License-Identifier: Apache-2.0
//
// 1.x's scanners, kept apart although they read the same bytes: where they disagree, their order
// decides which error a line gets.
#include "parser/exact.hpp"

#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/kernels/string_scan.hpp"
#include "parser/number.hpp"
#include "parser/tag_order.hpp"

namespace weir {
namespace {

std::size_t skip_white_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_white_space(text[at])) {
    ++at;
  }
  return at;
}

// What a byte may end. The loops below pass over all other bytes.
enum stop : std::uint8_t { measurement = 1, name = 2, number = 4, field_set = 8, value = 16 };

struct stop_table {
  std::uint8_t of[256] = {};

  constexpr stop_table() {
    of[static_cast<unsigned char>(',')] = measurement | name | number | field_set | value;
    of[static_cast<unsigned char>(' ')] = measurement | name | number | field_set;
    of[static_cast<unsigned char>('=')] = name | field_set;
    of[static_cast<unsigned char>('"')] = field_set | value;
    of[static_cast<unsigned char>('\\')] = field_set | value;
  }
};
constexpr stop_table stops;

template <stop Stop>
std::size_t skip_to(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (stops.of[static_cast<unsigned char>(text[at])] & Stop) == 0) {
    ++at;
  }
  return at;
}

// As 1.x asks it: a byte behind a backslash is escaped, even if that backslash is escaped itself.
bool is_bare(std::string_view text, std::size_t at) noexcept {
  return text[at - 1] != '\\';
}

// Where a number or a boolean ends.
std::size_t find_token_end(std::string_view text, std::size_t at) noexcept {
  return skip_to<stop::number>(text, at);
}

// The first byte that ends a name and that no backslash precedes.
template <stop Stop>
std::size_t find_bare(std::string_view text, std::size_t at) noexcept {
  at = skip_to<Stop>(text, at);
  while (at < text.size() && !is_bare(text, at)) {
    at = skip_to<Stop>(text, at + 1);
  }
  return at;
}

class exact_reader {
 public:
  exact_reader(std::string_view text, const parse_options& options, line_scratch& scratch,
               point_view& point)
      : text_(text), options_(options), scratch_(scratch), point_(point) {}

  line_verdict read(const line_progress& progress) {
    if (!read_series(progress) || !read_fields(progress) || !scan_time()) {
      return verdict_;
    }
    point_.tags = {scratch_.tags.data(), scratch_.tag_count};
    point_.fields = {scratch_.fields.data(), scratch_.field_count};
    point_.canonical = point_.tags_sorted && point_.fields_canonical;
    verdict_ = check_shields(point_, options_);
    return verdict_;
  }

 private:
  enum class tag_end : std::uint8_t { comma, space, failed };

  bool fail(parse_code code, std::size_t at, std::string_view span = {}) noexcept {
    verdict_ = {code, at, span};
    return false;
  }

  bool read_series(const line_progress& progress);
  bool read_fields(const line_progress& progress);
  bool scan_key();
  bool scan_measurement(bool& has_tags) noexcept;
  bool scan_tag_key(tag_view& tag) noexcept;
  tag_end scan_tag_value(tag_view& tag) noexcept;
  bool check_tags();
  bool scan_fields(std::size_t begin, std::size_t count) noexcept;
  bool check_equals(std::size_t at) noexcept;
  bool scan_boolean(std::size_t begin) noexcept;
  bool walk_fields(std::size_t begin);
  bool scan_time() noexcept;
  bool apply_precision(std::int64_t time, std::string_view digits) noexcept;

  std::string_view text_;
  const parse_options& options_;
  line_scratch& scratch_;
  point_view& point_;
  line_verdict verdict_;
  std::size_t at_ = 0;
};

bool exact_reader::read_series(const line_progress& progress) {
  if (progress.done == line_progress::part::nothing) {
    scratch_.clear();
    point_ = point_view{};
    point_.text = text_;
    return scan_key() && check_tags();
  }
  point_.text = text_;
  point_.time.reset();
  at_ = point_.series.size();
  return true;
}

bool exact_reader::read_fields(const line_progress& progress) {
  const std::size_t begin = skip_white_space(text_, at_);
  scratch_.field_count = progress.field_count;
  point_.fields_canonical = progress.fields_canonical && begin == at_ + 1;
  switch (progress.done) {
    case line_progress::part::nothing:
    case line_progress::part::series:
      at_ = begin;
      break;
    case line_progress::part::fields:
      at_ = static_cast<std::size_t>(progress.at - text_.data());
      break;
    case line_progress::part::all:
      at_ = static_cast<std::size_t>(progress.at - text_.data());
      point_.series_and_fields = text_.substr(0, at_);
      return true;
  }
  const std::size_t from = at_;
  return scan_fields(begin, progress.field_count) && walk_fields(from);
}

bool exact_reader::scan_measurement(bool& has_tags) noexcept {
  if (text_.empty() || text_[0] == ',') {
    return fail(parse_code::missing_measurement, 0);
  }
  at_ = find_bare<stop::measurement>(text_, 1);
  if (at_ >= text_.size()) {
    return fail(parse_code::missing_fields, at_);
  }
  point_.measurement = text_.substr(0, at_);
  has_tags = text_[at_] == ',';
  return true;
}

bool exact_reader::scan_tag_key(tag_view& tag) noexcept {
  const std::size_t begin = at_;
  if (at_ >= text_.size() || text_[at_] == ' ' || text_[at_] == ',' || text_[at_] == '=') {
    return fail(parse_code::missing_tag_key, at_, text_.substr(std::min(at_, text_.size()), 1));
  }
  at_ = find_bare<stop::name>(text_, at_ + 1);
  tag.key = text_.substr(begin, at_ - begin);
  if (at_ >= text_.size() || text_[at_] != '=') {
    return fail(parse_code::missing_tag_value, at_, tag.key);
  }
  ++at_;
  return true;
}

exact_reader::tag_end exact_reader::scan_tag_value(tag_view& tag) noexcept {
  const std::size_t begin = at_;
  if (at_ >= text_.size() || text_[at_] == ',' || text_[at_] == ' ') {
    fail(parse_code::missing_tag_value, at_, tag.key);
    return tag_end::failed;
  }
  at_ = find_bare<stop::name>(text_, at_ + 1);
  if (at_ >= text_.size()) {
    fail(parse_code::missing_fields, at_);
    return tag_end::failed;
  }
  tag.value = text_.substr(begin, at_ - begin);
  if (text_[at_] == '=') {
    fail(parse_code::invalid_tag_format, at_, tag.value);
    return tag_end::failed;
  }
  return text_[at_] == ',' ? tag_end::comma : tag_end::space;
}

bool exact_reader::scan_key() {
  bool has_tags = false;
  if (!scan_measurement(has_tags)) {
    return false;
  }
  while (has_tags) {
    ++at_;  // the comma
    tag_view tag;
    if (!scan_tag_key(tag)) {
      return false;
    }
    const tag_end end = scan_tag_value(tag);
    if (end == tag_end::failed) {
      return false;
    }
    scratch_.add(tag);
    has_tags = end == tag_end::comma;
  }
  point_.series = text_.substr(0, at_);
  return true;
}

bool exact_reader::check_tags() {
  const std::span<const tag_view> tags{scratch_.tags.data(), scratch_.tag_count};
  const auto not_ascending = [](const tag_view& a, const tag_view& b) { return a.key >= b.key; };
  const auto first = std::adjacent_find(tags.begin(), tags.end(), not_ascending);
  if (first != tags.end()) {
    point_.tags_sorted = false;
    if (!are_tag_keys_unique(tags, scratch_.order)) {
      const auto& order = scratch_.order;
      const auto twin = std::adjacent_find(
          order.begin(), order.end(),
          [&](std::uint32_t a, std::uint32_t b) { return tags[a].key == tags[b].key; });
      const std::string_view key = tags[std::max(twin[0], twin[1])].key;
      return fail(parse_code::duplicate_tags, static_cast<std::size_t>(key.data() - text_.data()),
                  key);
    }
  }
  if (point_.series.size() > key_bytes_max) {
    return fail(parse_code::key_too_long, at_, point_.series);
  }
  return true;
}

// At an equals sign outside a string: a key must lie before it and a value after it. Moves `at_`
// behind a number or a boolean.
bool exact_reader::check_equals(std::size_t at) noexcept {
  const char before = text_[at - 1];
  if ((before == ' ' || before == ',') && text_[at - 2] != '\\') {
    return fail(parse_code::missing_field_key, at);
  }
  if (at + 1 >= text_.size() || text_[at + 1] == ',' || text_[at + 1] == ' ') {
    return fail(parse_code::missing_field_value, at + 1);
  }
  const char first = text_[at + 1];
  if (is_decimal(first) || first == '.' || first == '-' || first == 'N' || first == 'n') {
    const number_scan scan = scan_number(text_, at + 1);
    const std::size_t end = find_token_end(text_, at + 1);
    const std::string_view number = text_.substr(at + 1, end - at - 1);
    if (scan.code == parse_code::integer_out_of_range ||
        scan.code == parse_code::unsigned_out_of_range) {
      return fail(scan.code, at + 1, number.substr(0, number.size() - 1));
    }
    if (scan.code != parse_code::none) {
      return fail(scan.code, scan.code == parse_code::invalid_float ? at + 1 : scan.end, number);
    }
    at_ = scan.end;
    return true;
  }
  if (first != '"') {
    return scan_boolean(at + 1);
  }
  at_ = at + 1;
  return true;
}

bool exact_reader::scan_boolean(std::size_t begin) noexcept {
  const std::size_t end = find_token_end(text_, begin);
  const std::string_view word = text_.substr(begin, end - begin);
  if (!is_boolean(word)) {
    return fail(parse_code::invalid_boolean, begin, word);
  }
  at_ = end;
  return true;
}

// From `at_` on, `count` fields and their commas behind `begin`.
bool exact_reader::scan_fields(std::size_t begin, std::size_t count) noexcept {
  std::size_t equals = count;
  std::size_t commas = count;
  std::size_t quote = 0;
  bool quoted = false;
  while (at_ < text_.size()) {
    const char byte = text_[at_];
    if (byte == '\\' && at_ + 1 < text_.size()) {
      at_ += 2;
    } else if (byte == '"' && equals > commas) {
      quoted = !quoted;
      quote = at_++;
    } else if (quoted) {
      at_ = find_string_mark(text_, at_ + 1, text_.size(), false);
    } else if (byte == '=') {
      ++equals;
      if (!check_equals(at_)) {
        return false;
      }
    } else if (byte == ' ') {
      break;
    } else {
      commas += byte == ',' ? 1 : 0;
      at_ = skip_to<stop::field_set>(text_, at_ + 1);
    }
  }
  if (quoted) {
    return fail(parse_code::unbalanced_quotes, quote, text_.substr(quote));
  }
  point_.series_and_fields = text_.substr(0, at_);
  if (equals == 0 || commas != equals - 1) {
    return fail(parse_code::invalid_field_format, begin, text_.substr(begin, at_ - begin));
  }
  return true;
}

bool exact_reader::walk_fields(std::size_t begin) {
  std::string_view rest = point_.series_and_fields.substr(begin);
  while (!rest.empty()) {
    const std::size_t here = static_cast<std::size_t>(rest.data() - text_.data());
    const std::size_t key_length = find_key_end(rest);
    field_view field;
    field.key = rest.substr(0, key_length);
    if (key_length + 2 > rest.size()) {
      return fail(parse_code::invalid_field_value, here, field.key);
    }
    rest.remove_prefix(key_length + 1);
    const std::size_t value_length = find_value_end(rest);
    if (point_.series.size() + field_key_overhead + key_length > key_bytes_max) {
      return fail(parse_code::key_too_long, here, field.key);
    }
    if (value_length > 0) {
      decode_value(rest.substr(0, value_length), field);
      if (field.type != field_type::string && field.type != field_type::boolean) {
        point_.fields_canonical = point_.fields_canonical && is_portable_number(field.text);
      }
    }
    scratch_.add(field);
    rest.remove_prefix(std::min(value_length + 1, rest.size()));
  }
  return true;
}

bool exact_reader::apply_precision(std::int64_t time, std::string_view digits) noexcept {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(time, options_.unit_ns, &scaled) || scaled < time_min ||
      scaled > time_max) {
    return fail(parse_code::time_outside_range,
                static_cast<std::size_t>(digits.data() - text_.data()), digits);
  }
  point_.time = scaled;
  return true;
}

bool exact_reader::scan_time() noexcept {
  const std::size_t begin = skip_white_space(text_, at_);
  for (at_ = begin; at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\n'; ++at_) {
    const bool is_sign = at_ == begin && text_[at_] == '-';
    if (!is_sign && !is_decimal(text_[at_])) {
      return fail(parse_code::bad_timestamp, at_, text_.substr(begin));
    }
  }
  const std::string_view digits = text_.substr(begin, at_ - begin);
  if (digits.empty()) {
    return true;
  }
  std::int64_t time = 0;
  const number_error error = parse_int64(digits, time);
  if (error == number_error::syntax) {
    return fail(parse_code::timestamp_syntax, begin, digits);
  }
  if (error == number_error::out_of_range) {
    return fail(parse_code::timestamp_out_of_range, begin, digits);
  }
  if (!apply_precision(time, digits)) {
    return false;
  }
  const std::size_t after = text_.find_first_not_of(' ', at_);
  if (after != std::string_view::npos) {
    return fail(parse_code::point_is_invalid, after, text_.substr(after));
  }
  return true;
}

}  // namespace

bool is_boolean(std::string_view word) noexcept {
  static constexpr std::string_view booleans[] = {"t", "T", "true",  "True",  "TRUE",
                                                  "f", "F", "false", "False", "FALSE"};
  return std::find(std::begin(booleans), std::end(booleans), word) != std::end(booleans);
}

std::size_t find_key_end(std::string_view text) noexcept {
  std::size_t at = text.find('=');
  while (at != std::string_view::npos && at > 0 && !is_bare(text, at)) {
    at = text.find('=', at + 1);
  }
  return std::min(at, text.size());
}

std::size_t find_value_end(std::string_view text) noexcept {
  bool quoted = false;
  std::size_t at = 0;
  for (;;) {
    at = quoted ? find_string_mark(text, at, text.size(), false) : skip_to<stop::value>(text, at);
    if (at >= text.size() || text[at] == ',') {
      return at;
    }
    if (text[at] == '"') {
      quoted = !quoted;
    } else if (at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) {
      ++at;
    }
    ++at;
  }
}

std::size_t series_length(std::string_view text) noexcept {
  std::size_t at = 1;
  while (at < text.size() && (text[at] != ' ' || !is_bare(text, at))) {
    ++at;
  }
  return at;
}

line_verdict read_exact(std::string_view text, const parse_options& options,
                        const line_progress& progress, line_scratch& scratch, point_view& point) {
  return exact_reader{text, options, scratch, point}.read(progress);
}

}  // namespace weir
