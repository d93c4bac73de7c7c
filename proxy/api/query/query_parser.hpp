// SPDX-License-Identifier: Apache-2.0
//
// The part of InfluxQL that clients send to the server that receives their writes: databases and
// retention policies. Other statements are recognised, so that their answer can say what weir is
// not. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/query/statement.hpp"
#include "base/result.hpp"

namespace weir::api {

/// `statements_max` bounds the work of one request.
inline constexpr std::size_t statements_max = 100;

/// The error is InfluxDB's: "error parsing query: found FOO, expected ... at line 1, char 1".
[[nodiscard]] result<std::vector<statement>> parse_query(std::string_view text);

}  // namespace weir::api
