// SPDX-License-Identifier: Apache-2.0
#include "files/write_all_posix.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace weir {

int write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return count < 0 ? errno : ENOSPC;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace weir
