// SPDX-License-Identifier: Apache-2.0
//
// The journal: what weir writes to standard error, for people. spdlog stays in the .cpp file, so
// that this header costs its many users nothing.
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

/// Writes one line to standard error. Any thread. Control bytes are escaped; bytes that are no
/// UTF-8 too.
void journal(journal_level level, std::string_view message);

/// The same, but for each `site` (a string literal that names the place in the code) at most one
/// line in ten seconds; the next line says how many were held back. Any thread.
void journal_limited(std::string_view site, journal_level level, std::string_view message);

/// Lines below this level are not written. Default: info.
void set_journal_level(journal_level level);

/// Texts that no line may show: lines have "***" in their place. Call it before other threads
/// write.
void set_journal_secrets(std::vector<std::string> texts);

/// Default: text. Call it before other threads write.
void set_journal_format(journal_format format);

}  // namespace weir
