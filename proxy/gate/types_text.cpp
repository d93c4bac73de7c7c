// SPDX-License-Identifier: Apache-2.0
#include "gate/types_text.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "gate/series_hash.hpp"

namespace weir {
namespace {

constexpr std::string_view add_mark = "+";

std::string read_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    ++i;
    out += text[i] == 't' ? '\t' : text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

std::string checksum(std::string_view record) {
  std::array<char, 8> digits{};
  const auto sum = static_cast<std::uint32_t>(hash_text(record, 0));
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), sum, 16).ptr;
  return {digits.data(), end};
}

/// Ends the record that began at `begin`.
void seal(std::size_t begin, std::string& out) {
  const std::string sum = checksum(std::string_view(out).substr(begin));
  out.append("\t").append(sum).append("\n");
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const std::size_t tab = line.find('\t');
    columns.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) {
      return columns;
    }
    line.remove_prefix(tab + 1);
  }
}

bool take_record(std::string_view line, registered_types& types) {
  const std::size_t last = line.rfind('\t');
  if (last == std::string_view::npos || line.substr(last + 1) != checksum(line.substr(0, last))) {
    return false;
  }
  const std::vector<std::string_view> columns = columns_of(line.substr(0, last));
  const auto type = columns.size() == 5 ? find_field_type(columns[4]) : std::nullopt;
  if (!type || columns[0] != add_mark) {
    return false;
  }
  types[{read_name(columns[1]), read_name(columns[2]), read_name(columns[3])}] = *type;
  return true;
}

}  // namespace

/// A tab parts the columns and a line feed the records, so both are spelt in names.
void append_types_name(std::string_view name, std::string& out) {
  for (const char c : name) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

std::optional<field_type> find_field_type(std::string_view name) noexcept {
  for (const field_type type : {field_type::float64, field_type::int64, field_type::uint64,
                                field_type::boolean, field_type::string}) {
    if (name_of(type) == name) {
      return type;
    }
  }
  return std::nullopt;
}

void append_registration(std::string_view database, std::string_view measurement,
                         std::string_view field, field_type type, std::string& out) {
  const std::size_t begin = out.size();
  out.append(add_mark);
  for (const std::string_view name : {database, measurement, field}) {
    out += '\t';
    append_types_name(name, out);
  }
  out.append("\t").append(name_of(type));
  seal(begin, out);
}

result<types_reading> read_types_text(std::string_view text) {
  if (!text.starts_with(types_text_head) && !types_text_head.starts_with(text)) {
    return failure{"it does not begin as a list of field types of this version"};
  }
  types_reading reading;
  text.remove_prefix(std::min(text.size(), types_text_head.size()));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    ++reading.records;
    if (end == std::string_view::npos) {
      ++reading.damaged;  // cut off by the end of a process
      break;
    }
    if (!take_record(text.substr(0, end), reading.types)) {
      ++reading.damaged;
    }
    text.remove_prefix(end + 1);
  }
  return reading;
}

std::string types_text(const registered_types& types) {
  std::string out(types_text_head);
  for (const auto& [name, type] : types) {
    append_registration(name.database, name.measurement, name.field, type, out);
  }
  return out;
}

}  // namespace weir
