// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' classic text format, version 0.0.4, as strict as the reader of Prometheus' own
// gateway: every line ends with a line feed, names are unique, TYPE stands before its samples.
// Names of UTF-8 in quotes are read, too. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::exposition {

/// Reads all of `body`, which outlives `into`. What `into` holds after a mistake is of no use.
[[nodiscard]] std::optional<mistake> read_text(std::string_view body, document& into);

/// The first byte of `body` that is not UTF-8, with its line; nothing where there is none.
[[nodiscard]] std::optional<mistake> find_bad_utf8(std::string_view body);

}  // namespace weir::exposition
