// SPDX-License-Identifier: Apache-2.0
//
// What man pages say that no `--help` has room for: signals, environment, files. Pure.
#pragma once

#include <span>
#include <string_view>

namespace weir {

enum class man_section : unsigned char { signals, environment, files, see_also };

struct man_note {
  man_section section;
  /// The commands it concerns, by name, separated by spaces; "": the program's page, too, "*": all
  /// commands with --config.
  std::string_view commands;
  std::string_view term;
  std::string_view text;
};

[[nodiscard]] std::span<const man_note> man_notes() noexcept;

}  // namespace weir
