// SPDX-License-Identifier: Apache-2.0
//
// What is no mistake in a configuration but hardly what its operator wants. Told at the start and
// by `weir config check`. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace weir {

/// One line each, without an end.
[[nodiscard]] std::vector<std::string> warnings_of(const settings& effective);

/// The same of what is only worth knowing: a sink that is off, passwords without TLS.
[[nodiscard]] std::vector<std::string> notes_of(const settings& effective);

}  // namespace weir
