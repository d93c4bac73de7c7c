// SPDX-License-Identifier: Apache-2.0
//
// What all sinks with addresses = "shard" remember of their addresses, and what becomes of it when
// the configuration is another one: from which position on a new list holds, and which addresses go
// on although they are in it no more. Its text is docs/cursor_format.md's; assignment_file_posix
// keeps it. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/sinks/sink_settings.hpp"
#include "sinks/assignments/assignment_history.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

struct assignment_group {
  /// Never null, never empty.
  std::shared_ptr<const assignment_history> history;
  /// Name and url of each address that is in force or may still owe points.
  std::map<std::string, std::string> urls;
};
/// By the name of the [[sink]].
using assignment_book = std::map<std::string, assignment_group>;

/// `log_identity`: of the log that the positions belong to.
[[nodiscard]] std::string encode_assignments(const assignment_book& book,
                                             std::uint32_t log_identity);
/// A book of another log is empty: its positions say nothing of this one's.
[[nodiscard]] result<assignment_book> decode_assignments(std::string_view text,
                                                         std::uint32_t log_identity);

/// How far a sink is that exists already.
struct member_standing {
  /// It has looked at all frames below.
  log_position discovered;
  /// It needs no frame below, be it in the log or parked.
  log_position least;
  std::uint64_t pending = 0;
};
[[nodiscard]] member_standing standing_of(const cursor_state& cursor);

struct assignment_facts {
  /// Of the log. Requires: no sink of a group that changes has looked at frames from here on.
  log_position end;
  /// Nothing where there is no such sink, and no cursor of it.
  std::function<std::optional<member_standing>(const std::string& sink_name)> standing;
  /// Where sinks begin that have no cursor.
  std::function<log_position(const sink_start&)> start;
};

/// The names of all sinks whose groups share series otherwise than the book says: they have to
/// stand still while that changes.
[[nodiscard]] std::set<std::string> affected_sinks(const assignment_book& book,
                                                   const std::vector<sink_settings>& wanted);

struct settled_assignments {
  assignment_book book;
  /// Those that were wanted, and behind them the ones that leave.
  std::vector<sink_settings> sinks;
  /// What changes, for the journal.
  std::vector<std::string> words;
};
/// Fails where addresses changed too often while something before them is pending.
[[nodiscard]] result<settled_assignments> settle_assignments(const assignment_book& book,
                                                             std::vector<sink_settings> wanted,
                                                             const assignment_facts& facts);

/// Of the sink's group; null: it is of none.
[[nodiscard]] std::shared_ptr<const assignment_history> history_of(const assignment_book& book,
                                                                   const sink_settings& sink);

}  // namespace weir
