// SPDX-License-Identifier: Apache-2.0
#include "fleet/shared_record.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "base/text/column_text.hpp"

namespace weir {
namespace {

constexpr std::string_view type_word = "type";
constexpr std::string_view database_word = "database";
constexpr std::string_view dropped_word = "dropped";
constexpr std::string_view series_word = "series";
constexpr std::string_view probe_word = "probe";

// The word of a key, then its names.
constexpr std::size_t columns_max = 5;

struct key_columns {
  std::array<std::string, columns_max> texts;
  std::size_t count = 0;
};

std::optional<key_columns> read_columns(std::string_view key) {
  key_columns out;
  for (;;) {
    if (out.count == columns_max) {
      return std::nullopt;
    }
    const std::size_t end = key.find('\t');
    std::string room;
    out.texts[out.count++] = std::string(read_column_text(key.substr(0, end), room));
    if (end == std::string_view::npos) {
      return out;
    }
    key.remove_prefix(end + 1);
  }
}

/// "dropped", then "PARTITION:OFFSET" for each.
bool read_ends(std::string_view value, std::map<std::int32_t, std::int64_t>& out) {
  if (!value.starts_with(dropped_word)) {
    return false;
  }
  value.remove_prefix(dropped_word.size());
  while (!value.empty()) {
    std::int32_t partition = -1;
    std::int64_t end = -1;
    const char* const last = value.data() + value.size();
    if (value.front() != ' ') {
      return false;
    }
    const auto first = std::from_chars(value.data() + 1, last, partition);
    if (first.ec != std::errc{} || first.ptr == last || *first.ptr != ':') {
      return false;
    }
    const auto second = std::from_chars(first.ptr + 1, last, end);
    if (second.ec != std::errc{} || partition < 0 || end < 0) {
      return false;
    }
    out[partition] = end;
    value.remove_prefix(static_cast<std::size_t>(second.ptr - value.data()));
  }
  return true;
}

std::string key_of_database(std::string_view word, std::string_view database) {
  std::string key(word);
  key += '\t';
  append_column_text(database, key);
  return key;
}

}  // namespace

std::string type_key(const registered_field& name, std::string_view who) {
  std::string key(type_word);
  for (const std::string_view each : {name.database, name.measurement, name.field, who}) {
    key += '\t';
    append_column_text(each, key);
  }
  return key;
}

std::string series_key(std::string_view database, std::string_view who) {
  std::string key = key_of_database(series_word, database);
  key += '\t';
  append_column_text(who, key);
  return key;
}

std::string probe_key(std::string_view topic) {
  return key_of_database(probe_word, topic);
}

std::string database_key(std::string_view database) {
  return key_of_database(database_word, database);
}

std::string dropped_key(std::string_view database) {
  return key_of_database(dropped_word, database);
}

std::string dropped_value(const std::map<std::int32_t, std::int64_t>& ends) {
  std::string value(dropped_word);
  for (const auto& [partition, end] : ends) {
    value += fmt::format(" {}:{}", partition, end);
  }
  return value;
}

std::optional<shared_record> read_shared_record(const kafka_record& record) {
  // A tombstone that another tool wrote has no headers.
  if (const auto version = record.header(shared_version_header);
      version ? *version != shared_version : !record.tombstone) {
    return std::nullopt;
  }
  auto columns = read_columns(record.key);
  if (!columns || columns->count < 2 || columns->texts[1].empty()) {
    return std::nullopt;
  }
  const std::string& word = columns->texts[0];
  shared_record out;
  out.database = columns->texts[1];
  out.tombstone = record.tombstone;
  if (word == type_word && columns->count == columns_max) {
    out.measurement = columns->texts[2];
    out.field = columns->texts[3];
    out.who = columns->texts[4];
    out.type = record.tombstone ? std::nullopt : find_field_type(record.value);
    return out.type || record.tombstone ? std::optional(out) : std::nullopt;
  }
  if (word == series_word && columns->count == 3) {
    out.kind = shared_kind::series;
    out.who = columns->texts[2];
    return out;
  }
  if (word == probe_word) {
    out.kind = shared_kind::probe;
    return out;
  }
  if (columns->count != 2 || (word != database_word && word != dropped_word)) {
    return std::nullopt;
  }
  out.kind = word == database_word ? shared_kind::database : shared_kind::dropped;
  if (out.kind == shared_kind::dropped && !record.tombstone && !read_ends(record.value, out.ends)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace weir
