// SPDX-License-Identifier: Apache-2.0
//
// HOT. The two-pass kernel for AVX-512 (with VBMI2, that is from Ice Lake and Zen 4 on): what a
// block of 64 bytes is, in one register, and its marks written by compression.
#if defined(__x86_64__)
#include "parser/kernels/two_pass_headers.hpp"

#if !defined(__clang__)
// g++ 12 warns about the registers that its own intrinsics leave undefined (GCC PR105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

WEIR_TARGET_BEGIN(
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx2,fma,bmi,bmi2,lzcnt,pclmul,popcnt")
namespace weir {
namespace {

WEIR_INLINE __m256i load32(const void* bytes) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

class block {
 public:
  explicit WEIR_INLINE block(const char* bytes) noexcept : bytes_(_mm512_loadu_si512(bytes)) {}
  [[nodiscard]] WEIR_INLINE std::uint64_t equal(char byte) const noexcept {
    return _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(byte));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t delimiters() const noexcept {
    const __m512i table = _mm512_broadcast_i32x4(load16(lanes.delimiters));
    return _mm512_cmpeq_epi8_mask(bytes_, _mm512_shuffle_epi8(table, bytes_));
  }
  [[nodiscard]] WEIR_INLINE std::uint64_t high_bits() const noexcept {
    return _mm512_movepi8_mask(bytes_);
  }

 private:
  __m512i bytes_;
};

// Collects the bits in which the tag keys of a line differ from those of a layout.
using key_difference = __m256i;

WEIR_INLINE key_difference no_difference() noexcept {
  return _mm256_setzero_si256();
}

WEIR_INLINE void add_difference(key_difference& bits, const char* key, std::size_t length,
                                const char* image) noexcept {
  // The instruction takes the low eight bits of the length. However many bytes of a longer key are
  // compared then, none of them is the '=' that the image ends in.
  const __mmask32 lanes_of_key = _bzhi_u32(~0U, static_cast<std::uint32_t>(length));
  const __m256i bytes = _mm256_maskz_loadu_epi8(lanes_of_key, key);
  const __m256i known = load32(image);
  bits = _mm256_or_si256(bits, _mm256_xor_si256(bytes, known));
}

WEIR_INLINE bool is_none(key_difference bits) noexcept {
  return _mm256_testz_si256(bits, bits) != 0;
}

WEIR_INLINE void store_marks(std::uint32_t* to, __m128i lanes, __m512i first) noexcept {
  _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(lanes), first));
}

// The offsets of the bits that are set, packed by one instruction: 16 marks a store.
WEIR_INLINE std::uint32_t* write_marks(std::uint64_t bits, std::uint32_t offset,
                                       std::uint32_t* out) noexcept {
  const __m512i packed = _mm512_maskz_compress_epi8(bits, _mm512_load_si512(lanes.numbers));
  const __m512i first = _mm512_set1_epi32(static_cast<int>(offset));
  const auto count = static_cast<std::uint32_t>(__builtin_popcountll(bits));
  store_marks(out, _mm512_castsi512_si128(packed), first);
  if (count > 16) {
    store_marks(out + 16, _mm512_extracti32x4_epi32(packed, 1), first);
    if (count > 32) {
      store_marks(out + 32, _mm512_extracti32x4_epi32(packed, 2), first);
      store_marks(out + 48, _mm512_extracti32x4_epi32(packed, 3), first);
    }
  }
  return out + count;
}

// The order matters.
// clang-format off
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
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vbmi2") != 0 && __builtin_cpu_supports("avx2") != 0 &&
         __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
         __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("pclmul") != 0 &&
         __builtin_cpu_supports("popcnt") != 0;
}
}  // namespace

const kernel avx512_kernel{"avx512", supported, read_lines};

}  // namespace weir
#endif
