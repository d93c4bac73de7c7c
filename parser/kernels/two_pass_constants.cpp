// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include "parser/kernels/two_pass_headers.hpp"

namespace weir {
namespace {

constexpr lane_constants make_lanes() {
  lane_constants made{};
  for (unsigned i = 0; i < 32; ++i) {
    const bool even = i % 2 == 0;
    made.zero_characters[i] = '0';
    made.points[i] = '.';
    made.nines[i] = 9;
    made.tens[i] = even ? 10 : 1;
    made.hundreds[i / 2] = (i / 2) % 2 == 0 ? 100 : 1;
    made.ten_thousands[i / 2] = (i / 2) % 2 == 0 ? 10000 : 1;
  }
  for (unsigned i = 0; i < 64; ++i) {
    made.numbers[i] = static_cast<unsigned char>(i);
  }
  made.delimiters[0] = ' ';
  made.delimiters[1] = 2;  // any byte that does not end in these four bits
  made.delimiters[2] = '"';
  made.delimiters[10] = '\n';
  made.delimiters[12] = ',';
  made.delimiters[13] = '=';
  return made;
}

}  // namespace

constexpr lane_constants lanes_value = make_lanes();
const lane_constants lanes = lanes_value;

}  // namespace weir
#endif
