// SPDX-License-Identifier: Apache-2.0
//
// Why a directory cannot be used, in words that name what to do. Asked after something failed
// there: the failure's own words say what was tried, these say what to change.
#pragma once

#include <string>

#include "base/result.hpp"

namespace weir {

/// What is wrong with `directory` (it cannot be made, belongs to another user, is read-only, its
/// disk is full, files in it may not be written, no descriptor is left), and the remedy; or "".
/// `key` is the setting that names it.
[[nodiscard]] std::string directory_remedy(const std::string& key, const std::string& directory);

/// `why`, with the key in front and the remedy behind it.
[[nodiscard]] failure with_remedy(const failure& why, const std::string& key,
                                  const std::string& directory);

}  // namespace weir
