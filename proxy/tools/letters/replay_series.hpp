// SPDX-License-Identifier: Apache-2.0
//
// Sends lines that a receiver of remote write refused to it once more, as the sink itself would:
// by its mapping, version and headers, with searches for what is refused again. It gives no names
// (docs/names_format.md): lines whose series have none yet are not sent, because the weir that runs
// with this state directory might give theirs to others. Pure: requests, clock and waits are
// passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "letters/letter_filter.hpp"
#include "sinks/mapping/name_book.hpp"
#include "sinks/remote_write/sending/protocol_versions.hpp"
#include "tools/letters/refused_batches.hpp"
#include "tools/letters/replay_addresses.hpp"

namespace weir {

class series_replay {
 public:
  /// Lines that are sent, and marked, at once.
  static constexpr std::size_t lines_at_once = 500;

  struct parts {
    /// Of the sink.
    std::shared_ptr<replay_addresses> addresses;
    /// Those that were given so far; is closed.
    std::shared_ptr<name_book> names;
    /// The wall clock, nanoseconds since the epoch.
    std::function<std::int64_t()> now_ns;
    /// Waits while a search may not go on.
    std::function<void(std::chrono::seconds)> wait;
  };

  /// Requires: a sink of type "remote_write".
  series_replay(const sink_settings& sink, parts made);

  /// Sends the lines of a batch but for those in `done` (numbers from 1), oldest first. After
  /// `failed` the lines in `taken` are stored all the same.
  [[nodiscard]] replayed_batch send(const refused_batch& batch, const id_set& done);

 private:
  struct numbered_line {
    /// With its line feed.
    std::string_view text;
    std::uint64_t number = 0;
    std::int64_t time_ns = 0;
  };
  using numbered_lines = std::vector<numbered_line>;

  [[nodiscard]] numbered_lines lines_to_send(const refused_batch& batch, const id_set& done) const;
  void leave_out_future(numbered_lines& lines, replayed_batch& made) const;
  void leave_out_unnamed(const refused_batch& batch, numbered_lines& lines, replayed_batch& made);
  void append_named(const refused_batch& batch, std::span<const numbered_line> lines,
                    numbered_lines& named);
  [[nodiscard]] bool asks_for_new_names(const refused_batch& batch,
                                        std::span<const numbered_line> lines);
  /// False: nothing further is to be sent.
  bool send_some(const refused_batch& batch, const numbered_lines& some, replayed_batch& made);

  const std::string sink_name_;
  remote_write_settings settings_;
  parts parts_;
  /// Over all that is sent.
  const std::shared_ptr<protocol_versions> versions_ = std::make_shared<protocol_versions>();
};

}  // namespace weir
