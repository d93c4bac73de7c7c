// SPDX-License-Identifier: Apache-2.0
//
// What a sink's server refused, as the sink's refused file has it: batches of canonical lines, each
// below a comment that says when, where to and why. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "letters/letter_filter.hpp"
#include "net/http_reply.hpp"
#include "net/transfer.hpp"

namespace weir {

struct refused_batch {
  /// The comment, without its line feed. Times in it tell batches apart.
  std::string head{};
  std::string time{};
  std::string database{};
  std::string retention_policy{};
  std::string status{};
  std::string words{};
  /// Times are nanoseconds.
  std::string lines{};

  /// Names the batch in the file of those that were replayed: head and lines as a number.
  std::string mark{};

  [[nodiscard]] std::uint64_t line_count() const noexcept;
};

/// Lines before the first comment are passed over.
[[nodiscard]] std::vector<refused_batch> parse_refused(std::string_view text);

/// The request that writes these lines of a batch to its sink's own server. Requires: a sink of
/// type "influxdb". The lines must live until its end.
[[nodiscard]] transfer_request replay_request(const sink_settings& sink, const refused_batch& batch,
                                              std::vector<std::string_view> lines);

/// What became of a batch that was sent again.
struct replayed_batch {
  std::uint64_t passed = 0;
  std::uint64_t refused = 0;
  /// Which of its lines (from 1) passed, where they must not be sent once more.
  id_set taken{};
  /// The server's words about what it refused, or why it does not take it now, with its status.
  std::string words{};
  /// Why nothing further should be sent; empty: the next batch may be.
  std::string failed{};
};
/// Sends a batch again, in one request or, where the server refuses lines of it, in as many as a
/// sink would send: what is named is taken out, and the rest goes again at once. `ask` makes one
/// request and waits for its answer.
[[nodiscard]] replayed_batch send_again(
    const sink_settings& sink, const refused_batch& batch,
    const std::function<http_reply(const transfer_request&)>& ask);

}  // namespace weir
