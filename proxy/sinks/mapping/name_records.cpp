// SPDX-License-Identifier: Apache-2.0
//
// Records of names as text.
#include "sinks/mapping/name_records.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cstddef>

namespace weir {
namespace {

constexpr std::string_view series_word = "series";
constexpr std::string_view label_word = "label";

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
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
  out += '\t';
}

/// Takes the column at the front of `rest`; false where there is none.
bool take_column(std::string_view& rest, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\t') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      out += rest[i] == 't' ? '\t' : rest[i] == 'n' ? '\n' : rest[i];
    } else {
      out += rest[i];
    }
  }
  return false;
}

std::string sum_of(std::string_view record) {
  return fmt::format("{:08x}",
                     static_cast<std::uint32_t>(XXH3_64bits(record.data(), record.size())));
}

}  // namespace

void append_name_record(const name_owner& owner, std::string_view name, std::string& out) {
  const std::size_t begin = out.size();
  out += owner.kind == name_kind::of_series ? series_word : label_word;
  out += '\t';
  append_escaped(owner.space, out);
  append_escaped(owner.database, out);
  append_escaped(owner.first, out);
  append_escaped(owner.second, out);
  append_escaped(name, out);
  out += sum_of(std::string_view(out).substr(begin));
  out += '\n';
}

bool read_name_record(std::string_view line, name_record& out) {
  const std::size_t sum_at = line.rfind('\t');
  if (sum_at == std::string_view::npos ||
      line.substr(sum_at + 1) != sum_of(line.substr(0, sum_at + 1))) {
    return false;
  }
  std::string_view rest = line.substr(0, sum_at + 1);
  std::string kind;
  if (!take_column(rest, kind) || (kind != series_word && kind != label_word)) {
    return false;
  }
  out.owner.kind = kind == series_word ? name_kind::of_series : name_kind::of_label;
  for (std::string* column :
       {&out.owner.space, &out.owner.database, &out.owner.first, &out.owner.second, &out.name}) {
    if (!take_column(rest, *column)) {
      return false;
    }
  }
  return rest.empty() && !out.name.empty();
}

}  // namespace weir
