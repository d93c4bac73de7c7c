// SPDX-License-Identifier: Apache-2.0
//
// The values of the constants that the two-pass kernels take from memory. Not their algorithm.
#if defined(__x86_64__)
#include "parser/kernels/two_pass_headers.hpp"

namespace weir {
namespace {

constexpr lane_constants make_lanes() {
  lane_constants constants{};
  for (unsigned i = 0; i < 32; ++i) {
    const bool even = i % 2 == 0;
    constants.zero_characters[i] = '0';
    constants.points[i] = '.';
    constants.nines[i] = 9;
    constants.tens[i] = even ? 10 : 1;
    constants.hundreds[i / 2] = (i / 2) % 2 == 0 ? 100 : 1;
    constants.ten_thousands[i / 2] = (i / 2) % 2 == 0 ? 10000 : 1;
  }
  for (unsigned i = 0; i < 64; ++i) {
    constants.numbers[i] = static_cast<unsigned char>(i);
  }
  constants.delimiters[0] = ' ';
  constants.delimiters[1] = 2;  // any byte that does not end in these four bits
  constants.delimiters[2] = '"';
  constants.delimiters[10] = '\n';
  constants.delimiters[12] = ',';
  constants.delimiters[13] = '=';
  return constants;
}

}  // namespace

constexpr lane_constants lanes_value = make_lanes();
const lane_constants lanes = lanes_value;

}  // namespace weir
#endif
