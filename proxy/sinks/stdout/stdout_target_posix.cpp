// SPDX-License-Identifier: Apache-2.0
//
// Writing batches to a pipe, a terminal or a file.
#include "sinks/stdout/stdout_target_posix.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <mutex>
#include <system_error>
#include <utility>

namespace weir {
namespace {

constexpr const char* slow_reader = "standard output: its reader is slow";

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

bool stdout_stream::take_turn(std::chrono::milliseconds at_most) {
  std::unique_lock hold(lock_);
  if (!given_back_.wait_for(hold, at_most, [this] { return !taken_; })) {
    return false;
  }
  taken_ = true;
  return true;
}

void stdout_stream::give_back() {
  {
    const std::lock_guard hold(lock_);
    taken_ = false;
  }
  given_back_.notify_one();
}

attempt_result stdout_target::write(const batch& source) {
  if (!stream_->take_turn(std::chrono::milliseconds(reader_wait_ms))) {
    return attempt_result::failed(slow_reader);
  }
  attempt_result result = write_now(source);
  stream_->give_back();
  return result;
}

attempt_result stdout_target::write_now(const batch& source) {
  stdout_stream& to = *stream_;
  std::string why;
  to.rest_.erase(0, to.write_some(to.rest_, why));
  if (!to.rest_.empty()) {
    return attempt_result::failed(why);
  }
  const log_position first = first_of(source);
  progress& now = begun_[source.lane];
  if (now.first != first) {
    now = {first, 0};  // a batch before it does not come again: it was cut, or discarded
  }
  lines_ = to.named_ == source.lane ? "" : name_of(source.lane);
  const std::size_t name_bytes = lines_.size();
  if (!append_lines(source, lines_)) {
    return attempt_result::unsendable("a frame of this batch cannot be inflated");
  }
  lines_.erase(name_bytes, now.written);
  const bool is_whole = lines_.size() == name_bytes;
  const std::size_t written = is_whole ? 0 : to.write_some(lines_, why);
  if (is_whole || written == lines_.size()) {
    to.named_ = is_whole ? to.named_ : source.lane;
    begun_.erase(source.lane);
    return attempt_result::done(written);
  }
  if (written > 0) {
    to.named_ = source.lane;
    const std::size_t line_end = lines_.find('\n', written - 1) + 1;
    to.rest_ = lines_.substr(written, line_end - written);
    now.written += line_end - name_bytes;
  }
  attempt_result result = attempt_result::failed(why);
  result.at_once = written > 0;
  return result;
}

std::size_t stdout_stream::write_some(std::string_view text, std::string& why) const {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + std::chrono::milliseconds(stdout_target::attempt_ms_max);
  std::size_t written = 0;
  while (written < text.size()) {
    // A pipe that poll calls writable takes PIPE_BUF bytes without blocking.
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    const int count = ::poll(&ready, 1, stdout_target::reader_wait_ms);
    if (count == 0 || steady_clock::now() > until) {
      why = slow_reader;
      return written;
    }
    const std::string_view piece = text.substr(written, PIPE_BUF);
    const ssize_t taken = count < 0 ? -1 : ::write(descriptor_, piece.data(), piece.size());
    if (taken >= 0) {
      written += static_cast<std::size_t>(taken);
    } else if (errno != EINTR && errno != EAGAIN) {
      why = reason(errno);
      return written;
    }
  }
  return written;
}

}  // namespace weir
