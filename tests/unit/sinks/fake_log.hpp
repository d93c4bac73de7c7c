// SPDX-License-Identifier: Apache-2.0
//
// A log in memory for the sinks' tests, with what a test needs to do to it: lose frames, fail.
// Thread-safe, so that sinks with threads can be tested over it.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "codec/gzip.hpp"
#include "log/frame_log.hpp"

namespace weir {

class fake_log final : public frame_log {
 public:
  append_result append(std::span<const std::shared_ptr<frame>> frames) override {
    std::vector<std::function<void()>> wakes;
    {
      const std::lock_guard hold(lock_);
      for (const auto& one : frames) {
        one->header.position = std::exchange(end_, end_.next());
        frames_.emplace(one->header.position, one);
      }
      for (const auto& [number, who] : subscribers_) {
        if (who.wake) {
          wakes.push_back(who.wake);
        }
      }
    }
    for (const auto& wake : wakes) {
      wake();
    }
    return {};
  }
  log_position first() const override {
    const std::lock_guard hold(lock_);
    return std::max(first_, frames_.empty() ? end_ : frames_.begin()->first);
  }
  log_position end() const override {
    const std::lock_guard hold(lock_);
    return end_;
  }
  std::size_t subscribe(subscription subscriber, log_position low_water) override {
    const std::lock_guard hold(lock_);
    subscribers_.emplace(++subscriber_count_, std::move(subscriber));
    released_[subscriber_count_] = low_water;
    return subscriber_count_;
  }
  void release(std::size_t subscriber, log_position low_water) override {
    const std::lock_guard hold(lock_);
    released_[subscriber] = low_water;
  }
  void unsubscribe(std::size_t subscriber) override {
    const std::lock_guard hold(lock_);
    subscribers_.erase(subscriber);
  }
  log_capabilities capabilities() const override { return {.durable = true}; }
  log_usage usage() const override {
    const std::lock_guard hold(lock_);
    std::uint64_t bytes = 0;
    for (const auto& [position, one] : frames_) {
      bytes += one->stored.size();
    }
    return {bytes, bytes_max};
  }
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector&) const override {}
  outcome close() override { return nothing{}; }

  /// Forgets a frame, as a full log or a damaged disk does.
  void lose(log_position position) {
    const std::lock_guard hold(lock_);
    frames_.erase(position);
  }
  /// What every subscriber has released is gone, as where a log deletes whole files.
  void forget_released() {
    const std::lock_guard hold(lock_);
    log_position least = end_;
    for (const auto& [subscriber, low_water] : released_) {
      least = std::min(least, subscribers_.contains(subscriber) ? low_water : end_);
    }
    frames_.erase(frames_.begin(), frames_.lower_bound(least));
    first_ = std::max(first_, least);
  }
  void fail_reads(bool fail) {
    const std::lock_guard hold(lock_);
    failing_ = fail;
  }
  /// What `usage` says of the bound; 0: none.
  std::uint64_t bytes_max = 0;

  std::size_t subscribers() const {
    const std::lock_guard hold(lock_);
    return subscribers_.size();
  }
  log_position released(std::size_t subscriber) const {
    const std::lock_guard hold(lock_);
    const auto found = released_.find(subscriber);
    return found == released_.end() ? log_position() : found->second;
  }

 private:
  friend class fake_reader;
  mutable std::mutex lock_;
  std::map<log_position, frame_ptr> frames_;
  std::map<std::size_t, subscription> subscribers_;
  std::map<std::size_t, log_position> released_;
  std::size_t subscriber_count_ = 0;
  log_position end_{1};
  log_position first_{1};
  bool failing_ = false;
};

class fake_reader final : public log_reader {
 public:
  explicit fake_reader(fake_log& log) : log_(log) {}

  read_result next(log_position from, const lane_key& lane) override {
    const std::lock_guard hold(log_.lock_);
    read_result out;
    if (log_.failing_) {
      out.status = read_status::failed;
      out.next = from;
      out.detail = "the disk refused";
      return out;
    }
    for (auto at = log_.frames_.lower_bound(from); at != log_.frames_.end(); ++at) {
      const frame_header& header = at->second->header;
      if (header.database == lane.database && header.retention_policy == lane.retention_policy) {
        out.status = read_status::frame;
        out.found = at->second;
        out.next = at->first.next();
        return out;
      }
    }
    out.next = std::max(from, log_.end_);
    return out;
  }

  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override {
    const std::lock_guard hold(log_.lock_);
    if (log_.failing_) {
      return from;
    }
    std::size_t count = 0;
    for (auto at = log_.frames_.lower_bound(from); at != log_.frames_.end(); ++at) {
      if (count++ == count_max) {
        return out.back().position.next();
      }
      out.push_back(at->second->header);
    }
    return std::max(from, log_.end_);
  }

 private:
  fake_log& log_;
};

inline std::unique_ptr<log_reader> fake_log::reader() {
  return std::make_unique<fake_reader>(*this);
}

/// `count` canonical lines whose value counts up from `first`.
inline std::string make_lines(std::uint32_t count, std::uint64_t first = 0) {
  std::string lines;
  for (std::uint32_t i = 0; i < count; ++i) {
    lines += "m,host=a v=" + std::to_string(first + i) + "i 1000000000\n";
  }
  return lines;
}

inline std::shared_ptr<frame> make_frame(const std::string& database, const std::string& lines,
                                         std::uint32_t points,
                                         frame_codec codec = frame_codec::plain,
                                         const std::string& policy = {}) {
  auto made = std::make_shared<frame>();
  made->header.database = database;
  made->header.retention_policy = policy;
  made->header.codec = codec;
  made->header.points = points;
  made->header.inflated_bytes = static_cast<std::uint32_t>(lines.size());
  if (codec == frame_codec::gzip) {
    gzip_compressor compressor;
    const std::string_view piece(lines);
    compressor.append_member({&piece, 1}, made->stored);
  } else {
    made->stored = lines;
  }
  made->header.stored_bytes = static_cast<std::uint32_t>(made->stored.size());
  return made;
}

inline log_position append_frame(frame_log& log, std::shared_ptr<frame> one) {
  if (log.append({&one, 1}).status != append_status::taken) {
    return {};
  }
  return one->header.position;
}

inline std::string gunzip(std::string_view bytes) {
  gzip_inflater inflater;
  inflater.reset(std::uint64_t{1} << 30);
  std::string out;
  const inflate_status status =
      inflater.feed(bytes, [&](std::string_view piece) { out.append(piece); });
  return status == inflate_status::more && inflater.complete() ? out : "<not gzip>";
}

inline std::string joined(const std::vector<std::string_view>& pieces) {
  std::string out;
  for (const std::string_view piece : pieces) {
    out.append(piece);
  }
  return out;
}

}  // namespace weir
