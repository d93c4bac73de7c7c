// SPDX-License-Identifier: Apache-2.0
//
// Digests of secrets, and comparisons whose time tells nothing of them. OpenSSL is seen by
// digests.cpp alone. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir {

using sha256_digest = std::array<std::uint8_t, 32>;

[[nodiscard]] sha256_digest sha256(std::string_view text);
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view text);

/// Of texts of different lengths the answer is false, after as much work.
[[nodiscard]] bool equal_secrets(std::string_view one, std::string_view other);
[[nodiscard]] bool equal_secrets(const sha256_digest& one, const sha256_digest& other) noexcept;

}  // namespace weir
