// SPDX-License-Identifier: Apache-2.0
//
// HOT. The two-pass kernel for AVX2: what a block of 64 bytes is, in registers of 32.
#if defined(__x86_64__)
#include "parser/kernels/two_pass_headers.hpp"

WEIR_TARGET_BEGIN("avx2,fma,bmi,bmi2,lzcnt,pclmul,popcnt")
namespace weir {
namespace {

WEIR_INLINE __m256i load32(const void* bytes) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

class block {
 public:
  explicit WEIR_INLINE block(const char* bytes) noexcept
      : low_(load32(bytes)), high_(load32(bytes + 32)) {}
  [[nodiscard]] WEIR_INLINE std::uint64_t equal(char byte) const noexcept {
    const __m256i wanted = _mm256_set1_epi8(byte);
    return gather(_mm256_cmpeq_epi8(low_, wanted), _mm256_cmpeq_epi8(high_, wanted));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t delimiters() const noexcept {
    const __m256i table = _mm256_broadcastsi128_si256(load16(lanes.delimiters));
    return gather(_mm256_cmpeq_epi8(low_, _mm256_shuffle_epi8(table, low_)),
                  _mm256_cmpeq_epi8(high_, _mm256_shuffle_epi8(table, high_)));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t high_bits() const noexcept { return gather(low_, high_); }

 private:
  static WEIR_INLINE std::uint64_t gather(__m256i low, __m256i high) noexcept {
    return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32 |
           static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
  }
  __m256i low_;
  __m256i high_;
};

// Collects the bits in which the tag keys of a line differ from those of a layout.
using key_difference = __m256i;

WEIR_INLINE key_difference no_difference() noexcept {
  return _mm256_setzero_si256();
}

WEIR_INLINE void add_difference(key_difference& bits, const char* key, std::size_t length,
                                const char* image) noexcept {
  const std::size_t not_of_key = length < 32 ? 32 - length : 0;
  const __m256i bytes = _mm256_and_si256(load32(key), load32(prefix_masks + not_of_key));
  bits = _mm256_or_si256(bits, _mm256_xor_si256(bytes, load32(image)));
}

WEIR_INLINE bool is_none(key_difference bits) noexcept {
  return _mm256_testz_si256(bits, bits) != 0;
}

WEIR_INLINE void write_8_marks(std::uint64_t& bits, std::uint32_t offset,
                               std::uint32_t* out) noexcept {
  for (int i = 0; i < 8; ++i) {
    out[i] = offset + static_cast<std::uint32_t>(_tzcnt_u64(bits));
    bits = _blsr_u64(bits);
  }
}

// The order matters.
// clang-format off
#include "parser/kernels/marks_in_eights.hpp"
#include "parser/kernels/two_pass_numbers.hpp"
#include "parser/kernels/numbers_in_32.hpp"
#include "parser/kernels/two_pass.hpp"
// clang-format on

}  // namespace
}  // namespace weir
WEIR_TARGET_END

namespace weir {
namespace {
bool supported() noexcept {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
         __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("popcnt") != 0;
}
}  // namespace

const kernel avx2_kernel{"avx2", supported, read_lines};

}  // namespace weir
#endif
