// SPDX-License-Identifier: Apache-2.0
//
// Scripts by which shells complete weir's commands, options, files, codes and keys, made of the
// command line's own description. Each needs nothing but its shell. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/manual/command_facts.hpp"

namespace weir {

enum class shell : unsigned char { bash, zsh, fish };
[[nodiscard]] std::optional<shell> shell_named(std::string_view name) noexcept;

/// Words that are completed in several places.
struct completion_words {
  /// What `weir explain` explains.
  std::vector<std::string> codes{};
  /// "log.keep": what --set sets.
  std::vector<std::string> keys{};
};

[[nodiscard]] std::string completion_script(shell of, const command_facts& program,
                                            const completion_words& words);

}  // namespace weir
