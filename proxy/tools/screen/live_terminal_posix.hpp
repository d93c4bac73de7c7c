// SPDX-License-Identifier: Apache-2.0
//
// A terminal that a command draws on: signals as a descriptor to wait for, a keyboard without
// lines, and the other screen, which is left as it was found. One of each in a process, on the main
// thread and before other threads begin.
#pragma once

#include <termios.h>

#include <optional>
#include <string_view>

namespace weir {

/// From its making on SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGTSTP end and stop nothing: they are
/// read here.
class signal_reader {
 public:
  signal_reader();
  ~signal_reader();
  signal_reader(const signal_reader&) = delete;
  signal_reader& operator=(const signal_reader&) = delete;

  /// To wait for; -1: the system has none.
  [[nodiscard]] int fd() const noexcept { return fd_; }

  struct news {
    /// The signal that asks for the end; 0: none.
    int end = 0;
    bool resized = false;
    bool suspended = false;
  };
  /// What came since the last call; does not wait.
  [[nodiscard]] news take() noexcept;

 private:
  int fd_ = -1;
};

/// The other screen of the terminal on standard output, with the cursor hidden, and keys from
/// standard input one by one where that is a terminal. Left when it is destroyed.
class live_screen {
 public:
  live_screen();
  ~live_screen();
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;

  void enter() noexcept;
  void leave() noexcept;
  /// Stops this process as Ctrl-Z does, and goes on when it is continued.
  void suspend() noexcept;
  /// Draws the rows over what stands there.
  void show(std::string_view rows) noexcept;
  /// A key, where there is one; does not wait. 0: none. -1: there will be no more.
  [[nodiscard]] int key() noexcept;
  /// To wait for; -1: there is no keyboard.
  [[nodiscard]] int keyboard() const noexcept;

 private:
  std::optional<termios> before_;
  bool entered_ = false;
  bool closed_ = false;
};

/// All of it to standard output, now. False: it can no longer be written.
bool write_out(std::string_view text) noexcept;

}  // namespace weir
