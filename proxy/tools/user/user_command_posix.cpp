// SPDX-License-Identifier: Apache-2.0
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "tools/user/user_command.hpp"
#include "users/password_hash.hpp"
#include "users/random_bytes_posix.hpp"

namespace weir {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t password_bytes_max = 1024;

/// While it lives, a terminal does not show what is typed.
class silent_terminal {
 public:
  silent_terminal() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (is_terminal_) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
      std::cerr << "Password: " << std::flush;
    }
  }
  ~silent_terminal() {
    if (is_terminal_) {
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
      std::cerr << '\n';
    }
  }
  silent_terminal(const silent_terminal&) = delete;
  silent_terminal& operator=(const silent_terminal&) = delete;

 private:
  termios before_{};
  const bool is_terminal_;
};

}  // namespace

CLI::App* add_user_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("user", "Prepare users of the configuration");
  command->require_subcommand(1);
  command->footer("Example:\n  weir user hash");
  command->add_subcommand("hash", "Read a password and print its hash, for user.password_hash")
      ->footer(
          "Reads standard input up to a line feed.\n"
          "Examples:\n"
          "  weir user hash\n"
          "  pwgen 24 1 | tee password | weir user hash");
  return command;
}

int run_user_hash() {
  std::string password;
  {
    const silent_terminal quiet;
    std::getline(std::cin, password);
  }
  if (password.empty() || password.size() > password_bytes_max) {
    std::cerr << "weir user hash: a password has 1 to " << password_bytes_max
              << " bytes; give it on standard input\n";
    return 2;
  }
  const auto salt = random_bytes(salt_bytes);
  const auto hash =
      salt ? hash_password(password, salt.value()) : result<std::string>(salt.error());
  if (!hash) {
    std::cerr << "weir user hash: " << hash.error().message << '\n';
    return 1;
  }
  std::cout << hash.value() << '\n';
  return 0;
}

}  // namespace weir
