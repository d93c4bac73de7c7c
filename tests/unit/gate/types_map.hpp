// SPDX-License-Identifier: Apache-2.0
//
// A file of types as a map, for tests to compare: made from its text, and made into it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "gate/types/types_text.hpp"

namespace weir {

/// By database, measurement and field.
using types_map = std::map<std::tuple<std::string, std::string, std::string>, field_type>;

struct types_map_reading {
  types_map types;
  std::uint64_t records = 0;
  std::uint64_t damaged = 0;
  std::uint64_t whole_bytes = 0;
};

inline void put(types_map& into, const types_record& record) {
  if (record.dropped) {
    std::erase_if(into,
                  [&](const auto& one) { return std::get<0>(one.first) == record.name.database; });
    return;
  }
  into[{std::string(record.name.database), std::string(record.name.measurement),
        std::string(record.name.field)}] = record.type;
}

/// Fed in pieces of so many bytes.
inline result<types_map_reading> read_types_text(std::string_view text,
                                                 std::size_t piece = std::size_t{1} << 20) {
  types_map_reading reading;
  types_reader reader([&](const types_record& record) { put(reading.types, record); });
  outcome done = nothing{};
  for (std::size_t at = 0; done && at < text.size(); at += piece) {
    done = reader.feed(std::string(text.substr(at, piece)));
  }
  if (done) {
    done = reader.finish();
  }
  if (!done) {
    return done.error();
  }
  reading.records = reader.records();
  reading.damaged = reader.damaged();
  reading.whole_bytes = reader.whole_bytes();
  return reading;
}

inline std::string types_text(const types_map& types) {
  std::string out(types_text_head);
  for (const auto& [name, type] : types) {
    append_registration({std::get<0>(name), std::get<1>(name), std::get<2>(name)}, type, out);
  }
  return out;
}

}  // namespace weir
