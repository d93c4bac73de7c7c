// SPDX-License-Identifier: Apache-2.0
//
// What is said of a reload: to the client that asked for it, and in the journal. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/reload/changes.hpp"
#include "server/reload/reload_desk.hpp"

namespace weir {

/// 200, and what changed: {"changed":["log.keep: ..."],"needs_restart":["log.directory: ..."]}.
[[nodiscard]] reload_answer reloaded_answer(const std::vector<setting_change>& changes);
/// 400, and why: {"error":"..."}, in the words of the start.
[[nodiscard]] reload_answer failed_answer(const std::string& why);

/// "the configuration was reloaded: 2 changes: ...".
[[nodiscard]] std::string reloaded_words(const std::vector<setting_change>& changes);
/// What needs a restart; empty: nothing does.
[[nodiscard]] std::string restart_words(const std::vector<setting_change>& changes);

}  // namespace weir
