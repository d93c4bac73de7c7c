// SPDX-License-Identifier: Apache-2.0
//
// Names of databases and retention policies as InfluxQL writes them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// `name` as an identifier in double quotes, with escapes; every name has such a form.
[[nodiscard]] std::string quoted_identifier(std::string_view name);

}  // namespace weir
