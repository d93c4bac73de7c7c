// SPDX-License-Identifier: Apache-2.0
//
// What became of the lines of one database, in the order of a point's way, as sentences: the answer
// to "why is database x empty?". Decided from plain values of one moment, and from nothing else.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/line_account.hpp"
#include "facts/refusals/finding_book.hpp"
#include "gate/series/cardinality.hpp"

namespace weir {

/// A retention policy that is known of the database.
struct told_policy {
  std::string name{};
  bool is_default = false;
  /// Nanoseconds; nullopt: for ever, or not known (`duration_known`).
  std::optional<std::int64_t> duration_ns{};
  bool duration_known = false;
  /// "configuration", "sink influx" or "lines".
  std::string from{};
};

/// A lane of the database that a sink holds.
struct held_part {
  std::string retention_policy{};
  std::uint64_t points = 0;
  std::uint64_t parked_points = 0;
  std::string why{};
  std::string remedy{};
};

/// What a sink does with the database.
struct sink_part {
  std::string name{};
  /// The database passes `databases`.
  bool takes = true;
  /// Patterns of the sink's filters as they are written; empty: it takes every one.
  std::string databases{};
  std::string retention_policies{};
  std::string measurements{};
  /// Of those that lines were written to, the policies that it leaves out.
  std::vector<std::string> policies_left_out{};
  std::vector<held_part> held{};
  /// Of all databases together, without what is held.
  std::uint64_t pending_points = 0;
  /// Since the oldest of these was received; 0: it is not known.
  double lag_seconds = 0;
  /// Its server does not answer; with its words, and what to do about it.
  bool down = false;
  std::string last_error{};
  std::string last_error_remedy{};
};

struct database_story {
  std::string name{};
  /// Lines of it came, or clients created it.
  bool known = false;
  bool created = false;
  std::int64_t now_ns = 0;
  std::int64_t started_ns = 0;
  line_account lines{};
  /// 0: nothing came since the start.
  std::int64_t last_received_ns = 0;
  std::vector<database_finding> findings{};
  /// "" for the default one.
  std::vector<std::string> written_policies{};
  std::vector<told_policy> policies{};
  std::vector<sink_part> sinks{};
  /// Databases whose names are like it.
  std::vector<std::string> similar{};
  std::uint64_t series = 0;
  std::uint64_t types = 0;
  std::optional<std::uint64_t> series_limit{};
  std::vector<database_series::tag_values> tags{};
};

/// In the order of a point's way, each ended by a full stop. Never empty.
[[nodiscard]] std::vector<std::string> why_of(const database_story& story);

/// Names like `name`: by letters that differ, by case, or because one holds the other. The nearest
/// first.
[[nodiscard]] std::vector<std::string> similar_names(std::string_view name,
                                                     const std::vector<std::string>& names);

/// Appends the story as an object of JSON (docs/api.md).
void append_story(const database_story& story, std::string& out);

}  // namespace weir
