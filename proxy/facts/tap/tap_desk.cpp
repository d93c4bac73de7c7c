// SPDX-License-Identifier: Apache-2.0
#include "facts/tap/tap_desk.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/glob.hpp"
#include "base/text/json_writer.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr double ns_in_second = 1e9;
constexpr std::uint32_t per_second_max = 1000;

/// How many lines may be shown at one moment: half a second's worth, so that they are spread.
double burst_of(std::uint32_t per_second) noexcept {
  return std::max(1.0, per_second / 2.0);
}

/// The measurement of a line as it is written: up to a comma or a space that is not escaped.
std::string_view measurement_of(std::string_view line) noexcept {
  std::size_t at = 0;
  while (at < line.size() && line[at] != ',' && line[at] != ' ') {
    at += line[at] == '\\' && at + 1 < line.size() ? 2 : 1;
  }
  return line.substr(0, at);
}

}  // namespace

result<tap_filter> read_tap_filter(const tap_words& given) {
  tap_filter filter;
  if (!given.database.empty()) {
    filter.database = given.database;
  }
  if (!given.measurement.empty()) {
    filter.measurement = given.measurement;
  }
  if (given.rejected == "only") {
    filter.lines = tap_choice::refused;
  } else if (given.rejected == "false") {
    filter.lines = tap_choice::accepted;
  } else if (!given.rejected.empty() && given.rejected != "true") {
    return failure{"rejected: it must be true, false or only"};
  }
  if (!given.per_second.empty()) {
    const char* const end = given.per_second.data() + given.per_second.size();
    const auto read = std::from_chars(given.per_second.data(), end, filter.per_second);
    if (read.ec != std::errc{} || read.ptr != end || filter.per_second == 0 ||
        filter.per_second > per_second_max) {
      return failure{"per_second: it must be a number from 1 to 1000"};
    }
  }
  return filter;
}

// --- tap

tap::tap(tap_filter filter, std::function<void()> wake, std::int64_t now_ns, std::uint64_t seed)
    : filter_(std::move(filter)),
      any_measurement_(filter_.measurement == "*"),
      wake_(std::move(wake)),
      random_(seed | 1),
      tokens_(burst_of(filter_.per_second)),
      filled_ns_(now_ns) {}

bool tap::take(std::string& out) {
  const std::lock_guard lock(mutex_);
  out.append(waiting_);
  waiting_.clear();
  return !ended_;
}

bool tap::waits() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && !ended_;
}

std::size_t tap::held_bytes() const {
  const std::lock_guard lock(mutex_);
  return waiting_.capacity() + line_.capacity();
}

void tap::abandon() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  ended_ = true;
  std::string{}.swap(waiting_);
}

void tap::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  tell();
}

/// Requires: mutex_ is held, so that `abandon` waits for it.
void tap::tell() {
  news_.store(true, std::memory_order_release);
  if (wake_) {
    wake_();
  }
}

void tap::refill(std::int64_t now_ns) noexcept {
  const std::int64_t passed = now_ns - filled_ns_;
  if (passed > 0) {
    tokens_ = std::min(burst_of(filter_.per_second),
                       tokens_ + static_cast<double>(passed) / ns_in_second * filter_.per_second);
  }
  filled_ns_ = now_ns;  // also where the clock was set back
}

/// xorshift: which lines are shown is no secret.
std::uint64_t tap::random() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

bool tap::takes_measurement(std::string_view line) {
  if (any_measurement_) {
    return true;
  }
  name_.clear();
  unescape_measurement(measurement_of(line), name_);
  return matches_pattern(filter_.measurement, name_);
}

/// Keeps each of the lines seen with equal chance (reservoir sampling): the first lines of a
/// request are of the same series every time.
void tap::choose(std::uint64_t& seen, std::string_view text, const tapped_refusal* refusal,
                 std::uint64_t number, std::vector<chosen>& sample) {
  ++seen;
  const auto room = static_cast<std::size_t>(tokens_);
  std::size_t place = sample.size();
  if (place == room) {
    place = static_cast<std::size_t>(random() % seen);
    if (place >= room) {
      return;
    }
  } else {
    sample.emplace_back();
  }
  sample[place] = {number, std::string(text.substr(0, tapped_line_bytes_max)), refusal,
                   text.size() > tapped_line_bytes_max || (refusal != nullptr && refusal->cut)};
}

void tap::choose_accepted(const tapped_request& request, std::vector<chosen>& sample) {
  std::uint64_t number = 0;
  request.each_block([&](std::string_view block) {
    while (!block.empty()) {
      const std::size_t end = std::min(block.find('\n'), block.size());
      const std::string_view line = block.substr(0, end);
      if (takes_measurement(line)) {
        choose(seen_, line, nullptr, number, sample);
      }
      ++number;
      block.remove_prefix(std::min(end + 1, block.size()));
    }
  });
}

void tap::choose_refused(const tapped_request& request, std::vector<chosen>& sample) {
  for (const tapped_refusal& each : request.notes.refusals()) {
    if (takes_measurement(each.text)) {
      choose(seen_, each.text, &each, 0, sample);
    }
  }
  if (any_measurement_) {
    seen_ += request.notes.refused() - request.notes.refusals().size();
  }
}

void tap::offer(const tapped_request& request) {
  if (!matches_pattern(filter_.database, request.database)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (ended_) {
    return;
  }
  refill(request.at_ns);
  // A half of what may be shown is for refused lines, as far as there are some: they are few among
  // many, and who did not exclude them wants to see them.
  std::vector<chosen> refused;
  if (filter_.lines != tap_choice::accepted) {
    choose_refused(request, refused);
  }
  std::vector<chosen> accepted;
  if (filter_.lines != tap_choice::refused && request.accepted > 0) {
    if (refused.size() > 1) {
      refused.resize(std::max<std::size_t>(
          1, std::min(refused.size(), static_cast<std::size_t>(tokens_ / 2))));
    }
    tokens_ -= static_cast<double>(refused.size());
    choose_accepted(request, accepted);
    tokens_ -= static_cast<double>(accepted.size());
  } else {
    tokens_ -= static_cast<double>(refused.size());
  }
  std::sort(accepted.begin(), accepted.end(),
            [](const chosen& one, const chosen& other) { return one.number < other.number; });
  for (const std::vector<chosen>* lines : {&refused, &accepted}) {
    for (const chosen& each : *lines) {
      put(request, each);
    }
  }
  if (!waiting_.empty()) {
    tell();
  }
}

void tap::put(const tapped_request& request, const chosen& line) {
  line_.clear();
  json_writer json(line_);
  json.begin_object().seconds("at", request.at_ns);
  const finding_sender* from = nullptr;
  if (line.refusal != nullptr) {
    json.member("verdict", line.refusal->dropped ? "dropped" : "rejected");
    from = request.notes.sender_of(*line.refusal);
  } else {
    json.member("verdict", "accepted");
    for (const tap_notes::sender_run& run : request.notes.senders()) {
      from = &run.from;
      if (line.number < run.accepted_end) {
        break;
      }
    }
  }
  json.member("database", request.database).member("retention_policy", request.retention_policy);
  json.member("line", line.text);
  if (line.cut) {
    json.member("cut", true);
  }
  if (line.refusal != nullptr) {
    json.member("code", line.refusal->code).member("message", line.refusal->message);
    json.member("column", line.refusal->column);
  }
  if (from != nullptr) {
    json.member("listener", from->listener).member("address", from->address);
    json.member("agent", from->agent).member("user", from->user);
  }
  json.end_object();
  line_ += '\n';
  if (waiting_.size() + line_.size() <= waiting_bytes_max) {
    waiting_ += line_;
    ++shown_;
  }
}

void tap::tell_counts(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (ended_ || waiting_.size() >= waiting_bytes_max) {
    return;  // they are told once there is room
  }
  json_writer json(waiting_);
  json.begin_object()
      .seconds("at", now_ns)
      .member("seen", seen_)
      .member("shown", shown_)
      .end_object();
  waiting_ += '\n';
  seen_ = shown_ = 0;
  tell();
}

// --- tap_desk

std::shared_ptr<tap> tap_desk::open(tap_filter filter, std::function<void()> wake,
                                    std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (ended_ || taps_.size() == taps_max) {
    return nullptr;
  }
  ++opened_;
  taps_.push_back(std::make_shared<tap>(std::move(filter), std::move(wake), now_ns,
                                        (seed_ ^ opened_) * 0x9E3779B97F4A7C15ULL));
  count_.store(taps_.size(), std::memory_order_relaxed);
  return taps_.back();
}

void tap_desk::close(const std::shared_ptr<tap>& one) {
  one->abandon();
  const std::lock_guard lock(mutex_);
  std::erase(taps_, one);
  count_.store(taps_.size(), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<tap>> tap_desk::open_taps() const {
  const std::lock_guard lock(mutex_);
  return taps_;
}

void tap_desk::offer(const tapped_request& request) {
  for (const std::shared_ptr<tap>& each : open_taps()) {
    each->offer(request);
  }
}

void tap_desk::tell_counts(std::int64_t now_ns) {
  if (!watched()) {
    return;
  }
  for (const std::shared_ptr<tap>& each : open_taps()) {
    each->tell_counts(now_ns);
  }
}

void tap_desk::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_all();
}

void tap_desk::end_all() {
  for (const std::shared_ptr<tap>& each : open_taps()) {
    each->end();
  }
}

}  // namespace weir
