// SPDX-License-Identifier: Apache-2.0
#include "config/checks/automatic.hpp"

#include "base/glob.hpp"
#include "config/policy_lookup.hpp"
#include "config/sinks/sink_kinds.hpp"

namespace weir {
namespace {

std::size_t index_of(const takers& by) noexcept {
  return (by.influxdb_1 ? 1U : 0U) | (by.influxdb_2 ? 2U : 0U) | (by.remote_write ? 4U : 0U) |
         (by.file ? 8U : 0U) | (by.influxdb_3 ? 16U : 0U);
}

takers takers_at(std::size_t index) noexcept {
  return {(index & 1) != 0, (index & 2) != 0, (index & 4) != 0, (index & 8) != 0,
          (index & 16) != 0};
}

/// Stock InfluxDB 1 refuses 5u. InfluxDB 2 has a type for it, Prometheus makes a double of either,
/// and files keep what was sent: with none of them an integer has an advantage. Without any sink
/// nothing is known, and 5i is what every later one takes.
unsigned_mode unsigned_for(const takers& by) noexcept {
  return by.influxdb_1 || by.none() ? unsigned_mode::integer : unsigned_mode::native;
}

/// Lines in files are for an InfluxDB as a rule.
bool only_remote_write(const takers& by) noexcept {
  return by.remote_write && !by.influxdb_1 && !by.influxdb_2 && !by.influxdb_3 && !by.file;
}

/// Prometheus alone has no trouble with a label or a series called so.
name_mode time_key_for(const takers& by) noexcept {
  return only_remote_write(by) ? name_mode::pass : name_mode::drop_field;
}

name_mode reserved_tags_for(const takers& by) noexcept {
  return by.influxdb_2 ? name_mode::reject : name_mode::pass;
}

/// InfluxDB 3 has one column for both, so it refuses the point.
name_mode tag_and_field_for(const takers& by) noexcept {
  return by.influxdb_3 ? name_mode::rename : name_mode::pass;
}

shield_mode tag_count_for(const takers& by) noexcept {
  return by.influxdb_1 || by.none() ? shield_mode::reject : shield_mode::pass;
}

shield_mode long_strings_for(const takers& by) noexcept {
  return by.influxdb_2 ? shield_mode::reject : shield_mode::pass;
}

std::string word_of(name_mode mode) {
  return mode == name_mode::pass         ? "pass"
         : mode == name_mode::drop_field ? "drop-field"
         : mode == name_mode::rename     ? "rename"
                                         : "reject";
}

std::string word_of(shield_mode mode) {
  return mode == shield_mode::pass ? "pass" : "reject";
}

}  // namespace

takers takers_of(const std::vector<sink_settings>& sinks, std::string_view database) {
  takers kinds;
  for (const sink_settings& sink : sinks) {
    if (matches_patterns(sink.databases, database)) {
      kind_of(sink).add_to(sink, kinds);
    }
  }
  return kinds;
}

database_settings settled(database_settings configured, const takers& by) {
  configured.one_number_type = only_remote_write(by);
  if (configured.unsigned_values == unsigned_mode::automatic) {
    configured.unsigned_values = unsigned_for(by);
  }
  if (configured.time_key == name_mode::automatic) {
    configured.time_key = time_key_for(by);
  }
  if (configured.reserved_tags == name_mode::automatic) {
    configured.reserved_tags = reserved_tags_for(by);
  }
  if (configured.tag_and_field == name_mode::automatic) {
    configured.tag_and_field = tag_and_field_for(by);
  }
  if (configured.tag_count == shield_mode::automatic) {
    configured.tag_count = tag_count_for(by);
  }
  if (configured.long_strings == shield_mode::automatic) {
    configured.long_strings = long_strings_for(by);
  }
  return configured;
}

std::optional<std::string> settled_word(const database_settings& configured, std::string_view key,
                                        const takers& by) {
  if (key == "unsigned" && configured.unsigned_values == unsigned_mode::automatic) {
    return unsigned_for(by) == unsigned_mode::integer ? "integer" : "pass";
  }
  if (key == "time_key" && configured.time_key == name_mode::automatic) {
    return word_of(time_key_for(by));
  }
  if (key == "reserved_tags" && configured.reserved_tags == name_mode::automatic) {
    return word_of(reserved_tags_for(by));
  }
  if (key == "tag_and_field" && configured.tag_and_field == name_mode::automatic) {
    return word_of(tag_and_field_for(by));
  }
  if (key == "tag_count" && configured.tag_count == shield_mode::automatic) {
    return word_of(tag_count_for(by));
  }
  if (key == "long_strings" && configured.long_strings == shield_mode::automatic) {
    return word_of(long_strings_for(by));
  }
  return std::nullopt;
}

settled_policies::settled_policies(const settings& configured) : sinks_(configured.sinks) {
  for (const auto& [key, policy] : configured.database) {
    if (key != "*") {
      named_.emplace(key, settled(policy, takers_of(key.substr(0, key.find('/')))));
    }
  }
  const auto all = configured.database.find("*");
  for (std::size_t i = 0; i < any_.size(); ++i) {
    any_[i] =
        settled(all == configured.database.end() ? database_settings{} : all->second, takers_at(i));
  }
}

const database_settings& settled_policies::find(const std::string& database,
                                                const std::string& retention_policy) const {
  if (const database_settings* const own = find_named_policy(named_, database, retention_policy)) {
    return *own;
  }
  return any_[index_of(takers_of(database))];
}

takers settled_policies::takers_of(std::string_view database) const {
  return weir::takers_of(sinks_, database);
}

}  // namespace weir
