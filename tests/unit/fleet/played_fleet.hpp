// SPDX-License-Identifier: Apache-2.0
//
// Several intakes and the topic that they share, played in one thread: who claims, writes and reads
// when is the test's to say. The topic can be compacted as Kafka does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/shared_record.hpp"
#include "fleet/shared_state.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/types/type_claims.hpp"

namespace weir {

struct played_topic {
  std::vector<kafka_record> records;
  std::int64_t next = 0;
  /// Of records to come.
  std::int64_t time_ms = 0;

  std::int64_t append(std::string key, std::optional<std::string> value) {
    kafka_record record;
    record.offset = next++;
    record.key = std::move(key);
    record.headers = {{std::string(shared_version_header), std::string(shared_version)}};
    record.tombstone = !value;
    record.value = value.value_or("");
    record.timestamp_ms = time_ms;
    records.push_back(std::move(record));
    return records.back().offset;
  }
  /// Of the records before `clean`, those that a later one of their key replaces are gone, and,
  /// with `tombstones`, these as well.
  [[nodiscard]] std::vector<kafka_record> compacted(std::size_t clean, bool tombstones) const {
    std::vector<kafka_record> out;
    for (std::size_t i = 0; i < records.size(); ++i) {
      bool stays = true;
      if (i < clean) {
        for (std::size_t later = i + 1; later < clean; ++later) {
          stays = stays && records[later].key != records[i].key;
        }
        stays = stays && !(tombstones && records[i].tombstone);
      }
      if (stays) {
        out.push_back(records[i]);
      }
    }
    return out;
  }
};

struct played_intake {
  explicit played_intake(std::uint64_t process, std::size_t types_bytes = std::size_t{1} << 20)
      : remembered({.series_bytes = std::size_t{1} << 16,
                    .types_bytes = types_bytes,
                    .duplicates_bytes = std::size_t{1} << 16,
                    .seed = process * 77}),
        claims(process, remembered.types_budget()),
        state(claims, remembered) {
    remembered.share_types(claims);
  }

  /// A line uses the field first: the number of its claim, 0 where it needs none.
  std::uint64_t use(const registered_field& name, field_type type) {
    static_cast<void>(remembered.learn(name.database, name.measurement, name.field, type));
    return claims.waiting_for(name);
  }
  void send(played_topic& to) {
    for (const type_claims::outgoing& each : claims.take_unsent()) {
      std::optional<std::string> value;
      if (each.type) {
        value = std::string(name_of(*each.type));
      }
      to.append(type_key({each.database, each.measurement, each.field}, each.who), value);
    }
  }
  /// False: it has read all.
  bool read_one(const played_topic& from) {
    if (at == from.records.size()) {
      return false;
    }
    state.take(from.records[at++]);
    return true;
  }
  void read(const std::vector<kafka_record>& records) {
    for (const kafka_record& each : records) {
      state.take(each);
    }
  }
  [[nodiscard]] field_types::answer type_of(const registered_field& name) {
    database_memory& own = remembered.of(name.database);
    return own.types.find(
        field_types::key_of(gate_memory::measurement_key(own, name.measurement), name.field));
  }
  [[nodiscard]] claim_standing standing(std::uint64_t number) const {
    claim_range range;
    if (number != 0) {
      range.include(number);
    }
    return claims.standing(range);
  }

  gate_memory remembered;
  type_claims claims;
  shared_state state;
  std::size_t at = 0;
};

}  // namespace weir
