// SPDX-License-Identifier: Apache-2.0
#include "gate/types/types_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text/ascii.hpp"
#include "base/text/column_text.hpp"
#include "gate/series/series_hash.hpp"

namespace weir {
namespace {

constexpr std::string_view add_mark = "+\t";
constexpr std::string_view drop_mark = "-\t";
constexpr std::string_view version_mark = "weir types ";

struct checksum {
  explicit checksum(std::string_view record) {
    const auto sum = static_cast<std::uint32_t>(hash_text(record, 0));
    end = std::to_chars(digits.data(), digits.data() + digits.size(), sum, 16).ptr;
  }
  [[nodiscard]] std::string_view text() const {
    return {digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  std::array<char, 8> digits{};
  const char* end = nullptr;
};

bool is_version(std::string_view line) noexcept {
  if (line.size() <= version_mark.size() || !line.starts_with(version_mark)) {
    return false;
  }
  line.remove_prefix(version_mark.size());
  return std::all_of(line.begin(), line.end(), is_digit);
}

}  // namespace

std::optional<field_type> find_field_type(std::string_view name) noexcept {
  for (const field_type type : {field_type::float64, field_type::int64, field_type::uint64,
                                field_type::boolean, field_type::string}) {
    if (name_of(type) == name) {
      return type;
    }
  }
  return std::nullopt;
}

void append_registration(const registered_field& name, field_type type, std::string& out) {
  const std::size_t begin = out.size();
  out.append(add_mark);
  for (const std::string_view each : {name.database, name.measurement, name.field}) {
    append_column_text(each, out);
    out += '\t';
  }
  out.append(name_of(type));
  const checksum sum(std::string_view(out).substr(begin));
  out.append("\t").append(sum.text()).append("\n");
}

void append_drop(std::string_view database, std::string& out) {
  const std::size_t begin = out.size();
  out.append(drop_mark);
  append_column_text(database, out);
  const checksum sum(std::string_view(out).substr(begin));
  out.append("\t").append(sum.text()).append("\n");
}

outcome types_reader::feed(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const std::size_t taken = end == std::string_view::npos ? piece.size() : end + 1;
    const std::string_view part = piece.substr(0, taken);
    piece.remove_prefix(taken);
    fed_bytes_ += taken;
    const bool whole = part.back() == '\n';
    too_long_ = too_long_ || begun_.size() + part.size() > types_record_bytes_max;
    if (!whole) {
      if (too_long_) {
        begun_.clear();
      } else {
        begun_.append(part);
      }
      continue;
    }
    std::string_view line = part;
    if (!too_long_ && !begun_.empty()) {
      line = begun_.append(part);
    }
    outcome taken_line = take_line(too_long_ ? std::string_view{} : line);
    begun_.clear();
    too_long_ = false;
    if (!taken_line) {
      return taken_line;
    }
    whole_bytes_ = fed_bytes_;
  }
  return nothing{};
}

outcome types_reader::finish() {
  if (stage_ == stage::head && !too_long_ && types_text_head.starts_with(begun_)) {
    return nothing{};  // empty, or cut off by the end of a process that began it
  }
  if (!begun_.empty() || too_long_) {
    ++damaged_;  // cut off likewise
  }
  return other_version_ ? take_line({}) : nothing{};
}

/// An empty `line` stands for one that was too long.
outcome types_reader::take_line(std::string_view line) {
  if (stage_ == stage::head) {
    take_head(line);
    return nothing{};
  }
  const bool good = take_record(line);
  if (std::exchange(other_version_, false)) {
    if (!good) {
      return failure{"it is a list of field types of another version"};
    }
    ++damaged_;  // the first line alone: this is a record of ours
  }
  stage_ = stage::rest;
  damaged_ += good ? 0 : 1;
  return nothing{};
}

void types_reader::take_head(std::string_view line) {
  stage_ = stage::first;
  if (line == types_text_head) {
    return;
  }
  // Whether it is another version's, or damaged, the next record tells.
  other_version_ = !line.empty() && is_version(line.substr(0, line.size() - 1));
  if (!other_version_) {
    ++damaged_;
    static_cast<void>(take_record(line));  // where the beginning of the file is gone
  }
}

bool types_reader::take_record(std::string_view line) {
  const std::string_view record = line.substr(0, line.empty() ? 0 : line.size() - 1);
  const std::size_t last = record.rfind('\t');
  const bool drops = record.starts_with(drop_mark);
  if (last == std::string_view::npos || (!drops && !record.starts_with(add_mark)) ||
      record.substr(last + 1) != checksum(record.substr(0, last)).text()) {
    return false;
  }
  if (drops) {
    return last >= drop_mark.size() &&
           take_drop(record.substr(drop_mark.size(), last - drop_mark.size()), line);
  }
  const std::size_t typed = record.rfind('\t', last - 1);
  const auto type = typed == std::string_view::npos || typed < add_mark.size()
                        ? std::nullopt
                        : find_field_type(record.substr(typed + 1, last - typed - 1));
  registered_field name;
  if (!type || !read_names(record.substr(add_mark.size(), typed - add_mark.size()), name)) {
    return false;
  }
  ++records_;
  take_({.name = name, .type = *type, .line = line});
  return true;
}

bool types_reader::take_drop(std::string_view names, std::string_view line) {
  if (names.find('\t') != std::string_view::npos) {
    return false;
  }
  ++records_;
  take_({.name = {.database = read_column_text(names, database_), .measurement = {}, .field = {}},
         .type = field_type::float64,
         .line = line,
         .dropped = true});
  return true;
}

bool types_reader::read_names(std::string_view names, registered_field& into) {
  const std::size_t first = names.find('\t');
  const std::size_t second = first == std::string_view::npos ? first : names.find('\t', first + 1);
  if (second == std::string_view::npos || names.find('\t', second + 1) != std::string_view::npos) {
    return false;
  }
  into = {read_column_text(names.substr(0, first), database_),
          read_column_text(names.substr(first + 1, second - first - 1), measurement_),
          read_column_text(names.substr(second + 1), field_)};
  return true;
}

}  // namespace weir
