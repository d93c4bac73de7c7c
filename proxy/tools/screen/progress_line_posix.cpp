// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/progress_line_posix.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "tools/screen/terminal_posix.hpp"

namespace weir {

progress_line::progress_line(progress work, bool quiet)
    : work_(std::move(work)), seen_(is_seen(quiet)) {}

progress_line::~progress_line() {
  wipe();
}

bool progress_line::is_seen(bool quiet) noexcept {
  return !quiet && takes_sequences(STDERR_FILENO);
}

void progress_line::show(std::uint64_t done) {
  if (!seen_) {
    return;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  if (!work_.is_due(now)) {
    return;
  }
  const std::size_t columns = size_of_screen(STDERR_FILENO).value_or(screen_size{}).columns;
  if (const auto line = work_.line(done, now, columns - 1)) {
    std::fprintf(stderr, "\r%s\x1b[K", line->c_str());
    std::fflush(stderr);
    drawn_ = true;
  }
}

void progress_line::wipe() noexcept {
  if (std::exchange(drawn_, false)) {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  }
}

}  // namespace weir
