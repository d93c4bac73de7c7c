// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of lines that were rejected, dropped, mended or noted: which kind and code,
// who sent them, and one of them as an example. Plain values. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gate/codes.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

enum class finding_kind : std::uint8_t { rejected, dropped, mended, noted };
inline constexpr std::size_t finding_kind_count = 4;

/// "rejected" and so on.
[[nodiscard]] std::string_view name_of(finding_kind kind) noexcept;

/// A reason: one of the parser's, one of the gate's, or that the line was good and its request
/// wanted all or nothing.
class finding_code {
 public:
  constexpr explicit finding_code(parse_code code) noexcept
      : index_(static_cast<std::uint8_t>(code)) {}
  constexpr explicit finding_code(gate_code code) noexcept
      : index_(static_cast<std::uint8_t>(parse_code_count + static_cast<std::size_t>(code))) {}
  [[nodiscard]] static constexpr finding_code all_or_nothing() noexcept {
    finding_code code(parse_code::none);
    code.index_ = static_cast<std::uint8_t>(parse_code_count + gate_code_count);
    return code;
  }

  /// Below `count`.
  [[nodiscard]] constexpr std::size_t index() const noexcept { return index_; }
  static constexpr std::size_t count = parse_code_count + gate_code_count + 1;

  [[nodiscard]] std::string_view name() const noexcept;
  /// In a few plain words; what the table of codes says; all empty for a code of the parser's,
  /// whose mistakes are explained with a line (`finding_example`).
  [[nodiscard]] std::string_view title() const noexcept;
  [[nodiscard]] std::string_view explanation() const noexcept;
  [[nodiscard]] std::string_view remedy() const noexcept;

  friend constexpr bool operator==(finding_code, finding_code) = default;

 private:
  std::uint8_t index_;
};
static_assert(finding_code::count < 256);

/// Who sent a line. Texts are cut (`bounded`).
struct finding_sender {
  /// "http", "udp", "tcp"; empty: weir itself, which repeats pushed metrics.
  std::string listener{};
  /// Without its port; "unix" for a Unix socket.
  std::string address{};
  std::string agent{};
  std::string user{};

  friend bool operator==(const finding_sender&, const finding_sender&) = default;
};

/// As much of each text as is kept.
inline constexpr std::size_t finding_name_bytes_max = 128;
[[nodiscard]] finding_sender bounded(finding_sender from);
/// "192.0.2.1" of "192.0.2.1:4711", "::1" of "[::1]:80", "unix" of "unix".
[[nodiscard]] std::string_view without_port(std::string_view address) noexcept;

/// One line.
struct finding_example {
  /// As much of it as is kept; `shown` may be of what lies behind.
  static constexpr std::size_t text_bytes_max = 1024;
  static constexpr std::size_t message_bytes_max = 512;

  std::int64_t at_ns = 0;
  /// 1-based number in its body.
  std::uint64_t line = 0;
  /// 1-based byte of the mistake; 0: the line as a whole.
  std::uint64_t column = 0;
  /// What its sender was answered, without the line.
  std::string message{};
  /// Of mistakes of the parser's: what is wrong, in a few words.
  std::string_view title{};
  std::string text{};
  bool cut = false;
  /// An excerpt, with control characters made visible, and where its caret goes, 0-based, in
  /// columns. No columns: the line as a whole.
  std::string shown{};
  std::size_t mark_column = 0;
  std::size_t mark_columns = 0;
  /// Of mistakes of the parser's: what that means for this line, and what to do about it.
  std::string explanation{};
  std::string remedy{};

  [[nodiscard]] std::size_t bytes() const noexcept {
    return sizeof(finding_example) + message.size() + text.size() + shown.size() +
           explanation.size() + remedy.size();
  }
};

/// Bytes of a line.
struct line_place {
  std::size_t at = 0;
  std::size_t length = 0;
};

/// An example without its time: `text` is the whole line, and `mark` where it is wrong; nothing:
/// as a whole.
[[nodiscard]] finding_example make_example(std::string_view text, std::optional<line_place> mark,
                                           std::string_view message);
/// The same of a line that the parser refused, explained.
[[nodiscard]] finding_example make_example(const parse_error& error, std::int64_t unit_ns);

}  // namespace weir
