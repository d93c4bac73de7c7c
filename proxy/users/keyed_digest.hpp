// SPDX-License-Identifier: Apache-2.0
//
// What stands for credentials in tables: without the key, which this process alone has, nobody can
// tell one from the other or find two that are the same. SipHash-2-4 with 128 bits (Aumasson,
// Bernstein), written out here because each request pays for it: OpenSSL's, which a test holds it
// against, takes four times as many instructions for so short a text. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

struct keyed_digest {
  std::array<std::uint64_t, 2> words{};
  friend bool operator==(const keyed_digest&, const keyed_digest&) = default;
};
struct keyed_digest_hash {
  [[nodiscard]] std::size_t operator()(const keyed_digest& of) const noexcept {
    return static_cast<std::size_t>(of.words[0]);
  }
};

class digest_maker {
 public:
  static constexpr std::size_t key_bytes = 16;
  /// Requires: `key` has `key_bytes`.
  explicit digest_maker(std::string_view key) noexcept;

  [[nodiscard]] keyed_digest of(std::string_view text) const noexcept;

 private:
  std::array<std::uint64_t, 2> key_{};
};

}  // namespace weir
