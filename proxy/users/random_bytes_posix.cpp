// SPDX-License-Identifier: Apache-2.0
#include "users/random_bytes_posix.hpp"

#include <sys/random.h>

namespace weir {

result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return failure{"the system has no random bytes"};
  }
  return bytes;
}

}  // namespace weir
