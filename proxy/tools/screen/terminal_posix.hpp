// SPDX-License-Identifier: Apache-2.0
//
// What a command knows of the terminal that it writes to. Asks the system and the environment;
// writes nothing.
#pragma once

#include <cstddef>
#include <optional>

namespace weir {

[[nodiscard]] bool is_terminal(int fd) noexcept;

/// A terminal that understands escape sequences (TERM is set and not "dumb").
[[nodiscard]] bool takes_sequences(int fd) noexcept;

/// The same, and NO_COLOR is not set.
[[nodiscard]] bool wants_colours(int fd) noexcept;

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// Nothing where `fd` is no terminal or does not say.
[[nodiscard]] std::optional<screen_size> size_of_screen(int fd) noexcept;

}  // namespace weir
