// SPDX-License-Identifier: Apache-2.0
//
// "did you mean": the known word that is nearest to a wrong one. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The nearest of `names` (keys, commands), when it is near enough to be what was meant; or "".
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& names);

/// The one of `choices` (values of a key) that was probably meant: written a little differently,
/// only begun, or called by another word of the field ("prometheus" for remote_write); or "".
[[nodiscard]] std::string nearest_choice(std::string_view text,
                                         const std::vector<std::string>& choices);

/// "; did you mean "rename"?", or nothing when there is nothing to suggest.
[[nodiscard]] std::string did_you_mean(std::string_view suggestion, char quote = '"');

}  // namespace weir
