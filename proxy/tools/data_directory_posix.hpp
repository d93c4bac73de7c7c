// SPDX-License-Identifier: Apache-2.0
//
// Is this where a weir keeps its data? Commands that read it ask first: an empty answer from the
// wrong directory would be taken for "nothing was refused".
#pragma once

#include <string>

#include "config/configuration_place.hpp"
#include "config/settings.hpp"

namespace weir {

/// Why `directory`, the log's, is none in which a weir has run, with what to do; or "".
[[nodiscard]] std::string why_no_log(const std::string& directory, const configuration_place& from);

/// Why neither the state directory nor the log's is one in which a weir has run; or "".
[[nodiscard]] std::string why_no_state(const settings& configured, const configuration_place& from);

/// The same of a directory of dead letters.
[[nodiscard]] std::string why_no_letters(const std::string& directory,
                                         const configuration_place& from);

/// The same of the directory to which a sink's refused batches go.
[[nodiscard]] std::string why_no_refused(const std::string& directory,
                                         const configuration_place& from);

}  // namespace weir
