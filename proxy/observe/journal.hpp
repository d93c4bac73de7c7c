// SPDX-License-Identifier: Apache-2.0
//
// Weir's own log lines. The header is light on purpose: spdlog stays in the .cpp file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

enum class journal_level : std::uint8_t { debug, info, warning, error };

/// Writes one line to standard error. Any thread. Control bytes are escaped.
void journal(journal_level level, std::string_view message);

/// The same, but at most one line each ten seconds for one `site` (a string literal that names the
/// place); what was held back is counted and told with the next line. Any thread.
void journal_limited(std::string_view site, journal_level level, std::string_view message);

/// Least level that is written. Default: info.
void set_journal_level(journal_level level);

}  // namespace weir
