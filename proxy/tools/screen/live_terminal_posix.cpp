// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/live_terminal_posix.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

namespace weir {
namespace {

constexpr std::array watched_signals{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};

// The other screen, without a cursor; and back.
constexpr std::string_view enter_sequence = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr std::string_view leave_sequence = "\x1b[?25h\x1b[?1049l";

sigset_t watched_set() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int each : watched_signals) {
    ::sigaddset(&set, each);
  }
  return set;
}

}  // namespace

signal_reader::signal_reader() {
  const sigset_t set = watched_set();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

signal_reader::~signal_reader() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  const sigset_t set = watched_set();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

signal_reader::news signal_reader::take() noexcept {
  news out;
  signalfd_siginfo one{};
  while (fd_ >= 0 && ::read(fd_, &one, sizeof one) == sizeof one) {
    if (one.ssi_signo == SIGWINCH) {
      out.resized = true;
    } else if (one.ssi_signo == SIGTSTP) {
      out.suspended = true;
    } else {
      out.end = static_cast<int>(one.ssi_signo);
    }
  }
  return out;
}

live_screen::live_screen() {
  termios found{};
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &found) == 0) {
    before_ = found;
  }
  enter();
}

live_screen::~live_screen() {
  leave();
}

void live_screen::enter() noexcept {
  if (before_) {
    termios keys = *before_;
    // Keys one by one and unseen; Ctrl-C and Ctrl-Z stay signals.
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 0;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
  }
  write_out(enter_sequence);
  entered_ = true;
}

void live_screen::leave() noexcept {
  if (!entered_) {
    return;
  }
  entered_ = false;
  write_out(leave_sequence);
  if (before_) {
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
  }
}

void live_screen::suspend() noexcept {
  leave();
  ::raise(SIGSTOP);
  enter();
}

void live_screen::show(std::string_view rows) noexcept {
  std::string out = "\x1b[H";
  while (true) {
    const std::size_t end = rows.find('\n');
    out.append(rows.substr(0, end)).append("\x1b[K");
    if (end == std::string_view::npos) {
      break;
    }
    out += "\r\n";
    rows.remove_prefix(end + 1);
  }
  write_out(out + "\x1b[J");
}

int live_screen::key() noexcept {
  char one = 0;
  if (!before_ || closed_) {
    return 0;
  }
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  if (::poll(&waiting, 1, 0) <= 0) {
    return 0;
  }
  if (::read(STDIN_FILENO, &one, 1) == 1) {
    return static_cast<unsigned char>(one);
  }
  closed_ = true;
  return -1;
}

int live_screen::keyboard() const noexcept {
  return before_ && !closed_ ? STDIN_FILENO : -1;
}

bool write_out(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (written <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace weir
