// SPDX-License-Identifier: Apache-2.0
//
// A dead letter: a line that the parser or the gate did not let through, who sent it and why it
// was refused. One JSON object a line (docs/letters_format.md). Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What is true of all lines of one body.
struct letter_header {
  /// Time of receipt, nanoseconds since the epoch.
  std::int64_t received_ns = 0;
  /// "http", "udp" or "tcp".
  std::string listener{};
  /// "v1", "v2", "udp" or "tcp".
  std::string dialect{};
  /// "192.0.2.1:4711", or "unix".
  std::string address{};
  std::string user{};
  /// The User-Agent header.
  std::string agent{};
  std::string database{};
  std::string retention_policy{};
  /// Nanoseconds in one unit of the timestamps; 0: each timestamp has its own ("auto").
  std::int64_t unit_ns = 1;
};

/// One line of it.
struct letter_line {
  /// Dropped by a rule, silently for its sender; else rejected with a message to the sender.
  bool dropped = false;
  /// `name_of` a parse_code or gate_code.
  std::string code{};
  /// 1-based number of the line in its body.
  std::uint64_t line = 0;
  /// 1-based byte of the mistake; 0: the line as a whole.
  std::uint64_t column = 0;
  /// The reason, without the line.
  std::string message{};
  /// The line as it came, without its line feed.
  std::string text{};
  /// `text` is its beginning only: it was longer than letters.line.
  bool cut = false;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return sizeof(letter_line) + code.size() + message.size() + text.size();
  }
};

/// Letters of one body, on their way from an intake loop to the store.
struct letter_batch {
  letter_header header{};
  std::vector<letter_line> lines{};
};

/// A letter in the store.
struct letter {
  /// Ascending in the order of receipt; never used twice in a directory.
  std::uint64_t id = 0;
  letter_header header{};
  letter_line what{};
};

/// Appends the letter's line, with its line feed.
void append_letter(std::uint64_t id, const letter_header& header, const letter_line& what,
                   std::string& out);

/// Reads letters; keeps buffers between them. Not thread-safe.
class letter_decoder {
 public:
  letter_decoder();
  ~letter_decoder();
  letter_decoder(const letter_decoder&) = delete;
  letter_decoder& operator=(const letter_decoder&) = delete;

  /// `line` without its line feed; nothing if it is no letter.
  [[nodiscard]] std::optional<letter> decode(std::string_view line);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// "ns", "u", "ms", "s", "m", "h" or "auto": how InfluxDB's /write calls a unit.
[[nodiscard]] std::string_view precision_name(std::int64_t unit_ns) noexcept;
/// Nothing for a name that is none of these.
[[nodiscard]] std::optional<std::int64_t> precision_unit(std::string_view name) noexcept;

}  // namespace weir
