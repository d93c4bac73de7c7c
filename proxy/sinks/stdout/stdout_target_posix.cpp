// SPDX-License-Identifier: Apache-2.0
//
// Writing batches to a pipe, a terminal or a file.
#include "sinks/stdout/stdout_target_posix.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

namespace weir {
namespace {

std::string name_of(const lane_key& lane) {
  std::string name = "# " + lane.database;
  if (!lane.retention_policy.empty()) {
    name += "/" + lane.retention_policy;
  }
  return name + "\n";
}

log_position first_of(const batch& source) {
  return source.frames.empty() ? source.cut_position : source.frames.front()->header.position;
}

std::string reason(int error) {
  return "standard output: " + std::generic_category().message(error);
}

}  // namespace

void stdout_target::deliver(const batch& source, done on_done) {
  on_done(write(source));
}

attempt_result stdout_target::write(const batch& source) {
  const log_position first = first_of(source);
  std::string why;
  if (begun_ && (begun_->lane != source.lane || begun_->first != first)) {
    // That batch does not come again: it was cut, or its frames were discarded.
    std::string& rest = begun_->line_rest;
    rest.erase(0, write_some(rest, why));
    if (!rest.empty()) {
      return attempt_result::failed(why);
    }
    begun_.reset();
  }
  begun_batch now = begun_.value_or(begun_batch{source.lane, first, {}, 0, {}});
  if (!begun_ && named_ != source.lane) {
    now.name_line = name_of(source.lane);
  }
  lines_ = now.name_line;
  if (!append_lines(source, lines_)) {
    return attempt_result::unsendable("a frame of this batch cannot be inflated");
  }
  now.written += write_some(std::string_view(lines_).substr(now.written), why);
  if (now.written > 0) {
    named_ = source.lane;
  }
  if (now.written == lines_.size()) {
    begun_.reset();
    return attempt_result::done(lines_.size());
  }
  const std::size_t line_end = lines_.find('\n', now.written == 0 ? 0 : now.written - 1);
  now.line_rest = now.written == 0 ? "" : lines_.substr(now.written, line_end + 1 - now.written);
  begun_ = std::move(now);
  return attempt_result::failed(why);
}

std::size_t stdout_target::write_some(std::string_view text, std::string& why) const {
  std::size_t written = 0;
  while (written < text.size()) {
    // A pipe that poll calls writable takes PIPE_BUF bytes without blocking.
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    const int count = ::poll(&ready, 1, reader_wait_ms);
    if (count == 0 || (count < 0 && errno == EINTR)) {
      why = "standard output: its reader takes nothing";
      return written;
    }
    const std::string_view piece = text.substr(written, PIPE_BUF);
    const ssize_t taken = count < 0 ? -1 : ::write(descriptor_, piece.data(), piece.size());
    if (taken < 0) {
      if (errno == EINTR || errno == EAGAIN) {
        continue;
      }
      why = reason(errno);
      return written;
    }
    written += static_cast<std::size_t>(taken);
  }
  return written;
}

}  // namespace weir
