// SPDX-License-Identifier: Apache-2.0
//
// The records of the topic that several weirs share (docs/log_kafka.md, "What intakes share"), as
// text: spelled and read. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gate/types/types_text.hpp"
#include "kafka/client.hpp"

namespace weir {

enum class shared_kind : std::uint8_t {
  type,      // a claim to the type of a field; a tombstone takes it back
  database,  // a client created a database; a tombstone: it was not created after all
  series,    // a weir tells of series that lines brought it (series_record.hpp)
  probe,     // says nothing: that it arrives is all there is to it
  dropped,   // a client dropped a database: what stands before of it counts no more
};

struct shared_record {
  shared_kind kind = shared_kind::type;
  std::string database;
  /// Of a type, as those below.
  std::string measurement;
  std::string field;
  /// Of a type, and of series.
  std::string who;
  /// Nothing: a tombstone.
  std::optional<field_type> type;
  /// Of a database.
  bool tombstone = false;
  /// Of one that was dropped: of each partition of the log, where it ended then. None: what is in
  /// the log is not given up.
  std::map<std::int32_t, std::int64_t> ends = {};
};

/// The value of the header `weir`: the version of this format.
inline constexpr std::string_view shared_version = "1";
inline constexpr std::string_view shared_version_header = "weir";

[[nodiscard]] std::string type_key(const registered_field& name, std::string_view who);
[[nodiscard]] std::string series_key(std::string_view database, std::string_view who);
/// `topic`: its name.
[[nodiscard]] std::string probe_key(std::string_view topic);
[[nodiscard]] std::string database_key(std::string_view database);
[[nodiscard]] std::string dropped_key(std::string_view database);
[[nodiscard]] std::string dropped_value(const std::map<std::int32_t, std::int64_t>& ends);

/// Nothing: it is damaged, or of a later version of weir.
[[nodiscard]] std::optional<shared_record> read_shared_record(const kafka_record& record);

}  // namespace weir
