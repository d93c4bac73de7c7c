// SPDX-License-Identifier: Apache-2.0
//
// What the wiring gives a write path: the parts that all loops share, and what is known of one
// request's sender. Declarations alone, so that a service needs no header of the rooms behind them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/published.hpp"
#include "base/result.hpp"

namespace weir {

class counter;
class database_registry;
class finding_book;
class frame_log;
class gate_memory;
class letter_box;
class memory_budget;
struct memory_share;
class refusal_summary;
class source_entry;
class source_registry;
class tap_desk;
class type_claims;
struct letter_header;
struct write_terms;

/// Shared by all loops. All of it outlives the loops and is safe to use from each of them.
struct write_services {
  /// What writes are judged by from their beginning on.
  const published<write_terms>& terms;
  frame_log& log;
  database_registry& databases;
  /// For requests in flight.
  memory_budget& memory;
  /// nullptr: lines that are rejected or dropped are not kept.
  letter_box* letters = nullptr;
  /// nullptr: lines are not counted by sender.
  source_registry* sources = nullptr;
  /// The types, duplicates and series that the gate checks against; nullptr: it checks none.
  gate_memory* remembered = nullptr;
  /// Writes the field types that were registered since the last call. Called before the log is
  /// given frames, because types must outlive the process as their lines do. Its failure fails the
  /// append.
  std::function<outcome()> keep_types = nullptr;
  /// Types of fields that other weirs have to agree to; nullptr: those of `remembered` are this
  /// process' own.
  type_claims* claims = nullptr;
  /// What the journal says of rejected lines; nullptr: nothing.
  refusal_summary* refusals = nullptr;
  /// What is told of lines that were not simply accepted; nullptr: nothing.
  finding_book* findings = nullptr;
  /// Who watches lines as they pass; nullptr: nobody can.
  tap_desk* taps = nullptr;
  /// Lines of requests that did not want to wait for the disk, and that the disk then refused;
  /// nullptr: they are not counted.
  counter* lost_unsynced = nullptr;
  /// Bytes of one line that the log takes, where they are fewer than limits.line; nullptr: any.
  const std::atomic<std::uint64_t>* line_bytes_max = nullptr;
};

/// The sender of a write.
struct write_origin {
  /// nullptr: not counted by sender.
  source_entry* source = nullptr;
  /// Fills in all that a letter says of its sender (not its database and time). Called when the
  /// first line of a body is refused, from within `body`, `next_body` or `complete`.
  std::function<void(letter_header&)> describe = nullptr;
  /// What its client holds of the memory for requests; nullptr: not counted by client.
  std::shared_ptr<memory_share> share = nullptr;
  /// What its request holds of that memory in leases of its own, in bytes, while the write lasts.
  std::size_t held_bytes = 0;
  /// Bytes of one line, where its listener takes fewer than limits.line; 0: it does not.
  std::size_t line_bytes_max = 0;
};

}  // namespace weir
