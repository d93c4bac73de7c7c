// SPDX-License-Identifier: Apache-2.0
//
// JSON web tokens as InfluxDB 1 takes them: signed with a shared secret (HS256), with a name and an
// end. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

struct token_claims {
  std::string user;
  /// Seconds since the epoch: from then on it is worth nothing.
  std::int64_t ends_s = 0;
};

/// The error is InfluxDB's: "signature is invalid".
[[nodiscard]] result<token_claims> read_json_web_token(std::string_view token,
                                                       std::string_view secret, std::int64_t now_s);

}  // namespace weir
