// SPDX-License-Identifier: Apache-2.0
//
// Weir's own log lines. The header is light on purpose: spdlog stays in the .cpp file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class journal_level : std::uint8_t { debug, info, warning, error };

enum class journal_format : std::uint8_t {
  text,  // 2026-01-02T03:04:05.678Z info message
  json,  // {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"message"}
};

/// Writes one line to standard error. Any thread. Control bytes are escaped.
void journal(journal_level level, std::string_view message);

/// The same, but at most one line each ten seconds for one `site` (a string literal that names the
/// place); what was held back is counted and told with the next line. Any thread.
void journal_limited(std::string_view site, journal_level level, std::string_view message);

/// Least level that is written. Default: info.
void set_journal_level(journal_level level);

/// Texts that no line may show: "***" stands in their place. Before other threads write.
void set_journal_secrets(std::vector<std::string> texts);

/// Default: text. Before other threads write.
void set_journal_format(journal_format format);

}  // namespace weir
