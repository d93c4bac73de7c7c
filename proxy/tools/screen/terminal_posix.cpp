// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/terminal_posix.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace weir {
namespace {

std::string_view variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool is_terminal(int fd) noexcept {
  return ::isatty(fd) == 1;
}

bool takes_sequences(int fd) noexcept {
  const std::string_view kind = variable("TERM");
  return is_terminal(fd) && !kind.empty() && kind != "dumb";
}

bool wants_colours(int fd) noexcept {
  return takes_sequences(fd) && variable("NO_COLOR").empty();
}

std::optional<screen_size> size_of_screen(int fd) noexcept {
  winsize found{};
  if (::ioctl(fd, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0) {
    return std::nullopt;
  }
  return screen_size{found.ws_col, found.ws_row};
}

}  // namespace weir
