// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/line_output_posix.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text/terminal_text.hpp"

namespace weir {

outcome line_output::open(const std::string& path) {
  if (path == "-") {
    file_ = stdout;
    is_terminal_ = ::isatty(STDOUT_FILENO) == 1;
    return nothing{};
  }
  owned_.reset(std::fopen(path.c_str(), "wxe"));
  file_ = owned_.get();
  if (file_ == nullptr) {
    return failure{"cannot make " + path + ": " + std::strerror(errno)};
  }
  return nothing{};
}

void line_output::write(std::string_view text) {
  std::string visible;
  if (is_terminal_) {
    visible = visible_lines(text);
    text = visible;
  }
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() && error_ == 0) {
    error_ = errno;
  }
}

outcome line_output::close() {
  const bool flushed = std::fflush(file_) == 0;
  if (!flushed && error_ == 0) {
    error_ = errno;
  }
  if (std::FILE* file = owned_.release();
      file != nullptr && std::fclose(file) != 0 && error_ == 0) {
    error_ = errno;
  }
  if (error_ != 0) {
    return failure{std::string("cannot write all of it: ") + std::strerror(error_)};
  }
  return nothing{};
}

}  // namespace weir
