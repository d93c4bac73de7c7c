// SPDX-License-Identifier: Apache-2.0
//
// How the commands of `weir letters` end, and the one way in which they complain.
#pragma once

#include <cstdio>
#include <string>

namespace weir {

inline constexpr int exit_not_all = 1;
inline constexpr int exit_bad_arguments = 2;

/// Says it on standard error; gives `status` back.
inline int complain(const std::string& words, int status) {
  std::fprintf(stderr, "weir letters: %s\n", words.c_str());
  return status;
}

}  // namespace weir
