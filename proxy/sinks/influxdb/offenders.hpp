// SPDX-License-Identifier: Apache-2.0
//
// Which lines of a request an InfluxDB refused, as far as its words say it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/server_message.hpp"
#include "sinks/influxdb/line_table.hpp"

namespace weir {

struct offender {
  /// Of the table.
  std::size_t line = 0;
  /// The server's words about it.
  std::string words;
};

/// A refusal: what was sent, and what the server said.
struct refused_request {
  const line_table& lines;
  /// Lines of the table, in the order in which they were sent.
  std::span<const std::size_t> sent;
  /// The server's own message, and the lines that an InfluxDB 3 lists beside it.
  std::string_view message;
  std::span<const numbered_refusal> listed;
  /// The good lines are stored, and so many are not, by the server's words.
  std::optional<std::uint64_t> dropped;
};

/// The lines that the answer is certainly about, each once: those that it quotes or numbers; and
/// all that fit its reason, where they are as many as it dropped. Empty: its words do not tell.
[[nodiscard]] std::vector<offender> find_offenders(const refused_request& refused);

/// All lines that an InfluxDB 3 refused, as it lists them. Empty: it lists none, or one that was
/// not sent like that.
[[nodiscard]] std::vector<offender> find_all_listed(const refused_request& refused);

}  // namespace weir
