// SPDX-License-Identifier: Apache-2.0
//
// The protocol is one datagram (sd_notify(3)), stable and documented. Sending it takes fewer lines
// than looking for libsystemd does, which would bring four compression and one encryption library
// into the process, and into the dependencies of every package, for this one call.
#include "server/service_manager_posix.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "observe/journal.hpp"

namespace weir {

void notify_service_manager(std::string_view lines) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  const std::size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length == 0 || length >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@')) {
    return;
  }
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, path, length);
  if (path[0] == '@') {
    to.sun_path[0] = '\0';  // a name in the abstract namespace
  }
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  if (fd < 0 || ::sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL,
                         reinterpret_cast<const sockaddr*>(&to), size) < 0) {
    journal(journal_level::warning,
            std::string("the service manager was not told: ") + std::strerror(errno));
  }
  if (fd >= 0) {
    ::close(fd);
  }
}

}  // namespace weir
