// SPDX-License-Identifier: Apache-2.0
#include "tools/lint/lint_run_posix.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/text/terminal_text.hpp"
#include "files/write_all_posix.hpp"

namespace weir {
namespace {

// Fits a second-level cache, so that bytes are parsed where read() has just put them.
constexpr std::size_t read_bytes = std::size_t{256} * 1024;

class input_file {
 public:
  explicit input_file(const std::string& path)
      : owned_(path != "-"),
        fd_(owned_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO) {}
  ~input_file() {
    if (owned_ && fd_ >= 0) {
      ::close(fd_);
    }
  }
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

  /// The number of bytes read; 0 at the end, negative on failure.
  [[nodiscard]] ssize_t read(std::string& buffer) const noexcept {
    ssize_t length = 0;
    do {
      length = ::read(fd_, buffer.data(), buffer.size());
    } while (length < 0 && errno == EINTR);
    return length;
  }

 private:
  bool owned_;
  int fd_;
};

bool is_set(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool wants_colour(colour_choice choice, int fd) noexcept {
  switch (choice) {
    case colour_choice::always:
      return true;
    case colour_choice::never:
      return false;
    case colour_choice::automatic:
      break;
  }
  const char* const terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  return ::isatty(fd) == 1 && !is_set("NO_COLOR") && !is_dumb;
}

failure trouble(const std::string& what, int error) {
  return {what + ": " + std::strerror(error)};
}

}  // namespace

result<lint_totals> lint_file(const std::string& path, const lint_options& options) {
  const input_file file(path);
  if (!file.is_open()) {
    return trouble(path, errno);
  }
  // Diagnostics are the product, unless lines are.
  const int told_fd = options.format == lint_format::canonical ? STDERR_FILENO : STDOUT_FILENO;
  // Lines and JSON are data, but a terminal must not obey what stands in them.
  const bool is_shown = ::isatty(STDOUT_FILENO) == 1;
  int write_error = 0;
  const auto write = [&](lint_stream stream, std::string_view bytes) {
    const bool is_data = stream == lint_stream::data;
    if (write_error == 0) {
      write_error = is_data && is_shown ? write_all(STDOUT_FILENO, visible_lines(bytes))
                                        : write_all(is_data ? STDOUT_FILENO : told_fd, bytes);
    }
  };
  const std::string name = path == "-" ? "<stdin>" : path;
  linter lint(options, name, wants_colour(options.colour, told_fd), write);
  std::string buffer(read_bytes, '\0');
  for (;;) {
    const ssize_t length = file.read(buffer);
    if (length < 0) {
      return trouble(name, errno);
    }
    if (length == 0) {
      break;
    }
    lint.feed({buffer.data(), static_cast<std::size_t>(length)});
    if (write_error != 0) {
      return trouble("writing", write_error);
    }
  }
  lint.finish();
  if (write_error != 0) {
    return trouble("writing", write_error);
  }
  return lint.totals();
}

}  // namespace weir
