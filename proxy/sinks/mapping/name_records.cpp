// SPDX-License-Identifier: Apache-2.0
//
// Records of names as text.
#include "sinks/mapping/name_records.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstddef>
#include <initializer_list>

#include "base/text/column_text.hpp"

namespace weir {
namespace {

constexpr std::string_view series_word = "series";
constexpr std::string_view label_word = "label";

/// Takes the column at the front of `rest`; false where there is none.
bool take_column(std::string_view& rest, std::string& out) {
  const std::size_t end = rest.find('\t');
  if (end == std::string_view::npos) {
    return false;
  }
  std::string room;
  out = read_column_text(rest.substr(0, end), room);
  rest.remove_prefix(end + 1);
  return true;
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
  for (const std::string_view each : std::initializer_list<std::string_view>{
           owner.space, owner.database, owner.first, owner.second, name}) {
    append_column_text(each, out);
    out += '\t';
  }
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
