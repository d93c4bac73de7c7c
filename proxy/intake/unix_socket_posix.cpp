// SPDX-License-Identifier: Apache-2.0
#include "intake/unix_socket_posix.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.hpp"

namespace weir {
namespace {

failure cannot_listen(const listen_address& wanted, const std::string& why) {
  return {"cannot listen on " + to_string(wanted) + ": " + why};
}

/// Who has the socket at the other end of a connected one. The kernel tells it of streams alone.
std::string holder_of(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0) {
    return "another process";
  }
  std::ifstream file("/proc/" + std::to_string(who.pid) + "/comm");
  std::string program;
  std::getline(file, program);
  return "process " + std::to_string(who.pid) + (program.empty() ? "" : " (" + program + ")");
}

std::string remedy(const std::string& path, int error) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  switch (error) {
    case ENOENT:
      return "; make the directory " + directory + " first (of a service: RuntimeDirectory)";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; weir may make nothing in " + (directory.empty() ? "." : directory) +
             ": name a directory that its user may write to";
    case EADDRINUSE:
      return "; " + path +
             " is there and is no socket that weir left behind: remove it, or name "
             "another path";
    default:
      return {};
  }
}

/// Removes the file of a process that is gone; of one that lives it is an error.
std::optional<failure> clear_path(const listen_address& wanted, const sockaddr_un& name, int type) {
  // Not blocking: the queue of one that lives may be full.
  const unique_fd probe(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool connected =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  if (connected || errno == EAGAIN || errno == EPROTOTYPE) {
    return cannot_listen(wanted, (connected ? holder_of(probe.get()) : "another process") +
                                     " listens there; stop it, or name another path");
  }
  struct stat about {};
  if (errno == ECONNREFUSED && ::lstat(wanted.path.c_str(), &about) == 0 &&
      S_ISSOCK(about.st_mode)) {
    ::unlink(wanted.path.c_str());
  }
  return std::nullopt;
}

}  // namespace

result<unique_fd> bind_unix_socket(const listen_address& wanted, int type) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  WEIR_ASSERT(wanted.path.size() < sizeof name.sun_path);
  std::memcpy(name.sun_path, wanted.path.c_str(), wanted.path.size() + 1);
  if (auto taken = clear_path(wanted, name, type)) {
    return std::move(*taken);
  }
  unique_fd socket(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The file is made with what the mode and the umask have in common; only then is it given the
  // rest, so that nobody gets in between whom the mode keeps out.
  if (socket.get() < 0 || ::fchmod(socket.get(), wanted.mode) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    const int error = errno;
    return cannot_listen(wanted, std::strerror(error) + remedy(wanted.path, error));
  }
  if (::chmod(wanted.path.c_str(), wanted.mode) != 0) {
    const int error = errno;
    ::unlink(wanted.path.c_str());
    return cannot_listen(wanted, std::string("its mode cannot be set: ") + std::strerror(error));
  }
  return socket;
}

}  // namespace weir
