// SPDX-License-Identifier: Apache-2.0
#include "users/keyed_digest.hpp"

#include <bit>
#include <cstring>

#include "base/assert.hpp"

namespace weir {
namespace {

constexpr std::size_t word_bytes = 8;
constexpr int rounds_of_a_word = 2;
constexpr int rounds_at_the_end = 4;

/// Bytes as they come, the first one lowest.
std::uint64_t word_at(const char* bytes) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The four words of the paper.
struct mixer {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void mix(int rounds) noexcept {
    for (int i = 0; i < rounds; ++i) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    mix(rounds_of_a_word);
    v0 ^= word;
  }
  [[nodiscard]] std::uint64_t folded() const noexcept { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

digest_maker::digest_maker(std::string_view key) noexcept {
  WEIR_ASSERT(key.size() == key_bytes);
  key_ = {word_at(key.data()), word_at(key.data() + word_bytes)};
}

keyed_digest digest_maker::of(std::string_view text) const noexcept {
  mixer all{.v0 = key_[0] ^ 0x736f6d6570736575U,
            .v1 = key_[1] ^ 0x646f72616e646f6dU ^ 0xeeU,
            .v2 = key_[0] ^ 0x6c7967656e657261U,
            .v3 = key_[1] ^ 0x7465646279746573U};
  const std::size_t whole = text.size() - text.size() % word_bytes;
  for (std::size_t at = 0; at < whole; at += word_bytes) {
    all.take(word_at(text.data() + at));
  }
  std::array<char, word_bytes> last{};
  std::memcpy(last.data(), text.data() + whole, text.size() - whole);
  all.take(word_at(last.data()) | std::uint64_t{text.size()} << 56U);
  all.v2 ^= 0xeeU;
  all.mix(rounds_at_the_end);
  keyed_digest out{.words = {all.folded(), 0}};
  all.v1 ^= 0xddU;
  all.mix(rounds_at_the_end);
  out.words[1] = all.folded();
  return out;
}

}  // namespace weir
