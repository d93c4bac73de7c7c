// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/partition_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/kafka/kafka_frame.hpp"

namespace weir {
namespace {

/// Frames looked at in memory while the lock is held.
constexpr std::size_t walk_frames_max = 256;
/// Lanes that lag lie close together mostly: what was read for one has frames of others.
constexpr std::size_t run_bytes = std::size_t{1} << 20;
constexpr std::size_t runs_kept = 4;
/// What read old frames goes when none was wanted for so long.
constexpr std::int64_t idle_ns = 10'000'000'000;

bool belongs_to(const frame_header& header, const lane_key& lane) {
  return header.database == lane.database && header.retention_policy == lane.retention_policy;
}

}  // namespace

std::unique_ptr<log_reader> partition_log::reader() {
  return std::make_unique<partition_reader>(*this);
}

read_result partition_reader::next(log_position from, const lane_key& lane) {
  rest_if_idle();
  read_result out;
  for (;;) {
    switch (look_in_memory(from, lane, out.found)) {
      case memory_status::found:
        out.status = read_status::frame;
        out.next = from;
        return out;
      case memory_status::caught_up:
        out.next = from;
        return out;
      case memory_status::go_on:
        continue;
      case memory_status::evicted:
        break;
    }
    const run* const old = run_at(from);
    if (old == nullptr) {
      out.status = read_status::failed;
      out.next = from;
      out.detail = detail_;
      return out;
    }
    const auto found =
        std::find_if(old->frames.begin(), old->frames.end(), [&](const frame_ptr& one) {
          return one->header.position >= from && belongs_to(one->header, lane);
        });
    if (found != old->frames.end()) {
      out.status = read_status::frame;
      out.found = *found;
      out.next = (*found)->header.position.next();
      return out;
    }
    from = old->next;
  }
}

log_position partition_reader::headers(log_position from, std::size_t count_max,
                                       std::vector<frame_header>& out) {
  rest_if_idle();
  const std::size_t most = out.size() + count_max;
  while (out.size() < most) {
    switch (headers_in_memory(from, most, out)) {
      case memory_status::found:
      case memory_status::caught_up:
        return from;
      case memory_status::go_on:
        continue;
      case memory_status::evicted:
        break;
    }
    const run* const old = run_at(from);
    if (old == nullptr) {
      return from;
    }
    for (const frame_ptr& one : old->frames) {
      if (one->header.position >= from && out.size() < most) {
        out.push_back(one->header);
        from = one->header.position.next();
      }
    }
    from = out.size() < most ? old->next : from;
  }
  return from;
}

// ---- in memory

partition_reader::memory_status partition_reader::look_in_memory(log_position& from,
                                                                 const lane_key& lane,
                                                                 frame_ptr& found) {
  const std::lock_guard hold(log_.mutex_);
  if (from >= log_.fed_end_) {
    return memory_status::caught_up;
  }
  if (from < log_.window_.first()) {
    return memory_status::evicted;
  }
  std::size_t index = log_.window_.find(from);
  for (std::size_t seen = 0; seen < walk_frames_max; ++seen, ++index) {
    if (index == log_.window_.size()) {
      from = log_.fed_end_;
      return memory_status::caught_up;
    }
    const frame_window::entry& one = log_.window_.at(index);
    if (!belongs_to(one.header, lane)) {
      continue;
    }
    from = one.header.position;
    if (one.kept == nullptr) {
      return memory_status::evicted;
    }
    found = one.kept;
    from = from.next();
    return memory_status::found;
  }
  from = log_.window_.at(index - 1).header.position.next();
  return memory_status::go_on;
}

partition_reader::memory_status partition_reader::headers_in_memory(
    log_position& from, std::size_t count_max, std::vector<frame_header>& out) {
  const std::lock_guard hold(log_.mutex_);
  if (from >= log_.fed_end_) {
    return memory_status::caught_up;
  }
  if (from < log_.window_.first()) {
    return memory_status::evicted;
  }
  std::size_t index = log_.window_.find(from);
  for (std::size_t seen = 0; seen < walk_frames_max && index < log_.window_.size();
       ++seen, ++index) {
    const frame_header& one = log_.window_.at(index).header;
    out.push_back(one);
    from = one.position.next();
    if (out.size() == count_max) {
      return memory_status::found;
    }
  }
  if (index < log_.window_.size()) {
    return memory_status::go_on;
  }
  from = log_.fed_end_;
  return memory_status::caught_up;
}

// ---- from Kafka

const partition_reader::run* partition_reader::run_at(log_position position) {
  const auto known = std::find_if(runs_.begin(), runs_.end(), [position](const run& one) {
    return one.first <= position && position < one.next;
  });
  if (known != runs_.end()) {
    std::rotate(runs_.begin(), known, known + 1);
    return &runs_.front();
  }
  return read_run(position) ? &runs_.front() : nullptr;
}

bool partition_reader::read_run(log_position position) {
  const partition_log_options& of = log_.options_;
  if (reader_ == nullptr) {
    auto made = kafka_reader::make(of.client, of.topic, static_cast<std::int32_t>(of.partition));
    if (!made) {
      detail_ = made.error().message;
      return false;
    }
    reader_ = std::move(made).value();
  }
  used_ns_ = of.steady_ns();
  const std::int64_t from = static_cast<std::int64_t>(position.number()) - 1;
  auto read = reader_->read(from, run_bytes, of.read_timeout);
  if (!read) {
    detail_ = read.error().message;
    return false;
  }
  if (read.value().next <= from && !read.value().at_end) {
    detail_ = fmt::format(
        "Kafka does not give partition {} of topic {} from offset {} on: look "
        "whether its leader is up",
        of.partition, of.topic, from);
    return false;
  }
  run added{.first = position,
            .next = std::max(log_position(static_cast<std::uint64_t>(read.value().next) + 1),
                             position.next()),
            .frames = {}};
  if (read.value().records.empty() || read.value().records.front().offset > from) {
    // Those before are gone, or never were.
    if (const auto there = reader_->offsets(of.read_timeout)) {
      log_.first_is(there.value().first);
    }
  }
  std::uint64_t bytes = 0;
  for (kafka_record& record : read.value().records) {
    bytes += record.value.size();
    const std::int64_t offset = record.offset;
    kafka_frame_result found = frame_of_record(std::move(record));
    if (found.status == kafka_frame_status::later) {
      // Nothing behind it is this weir's to read (partition_log::stopped_at).
      added.next = log_position(static_cast<std::uint64_t>(offset) + 1);
      break;
    }
    if (found.found != nullptr) {
      added.frames.push_back(std::move(found.found));
    }
  }
  if (added.next <= position) {
    detail_ = fmt::format("topic {}, partition {}, offset {}: a later weir wrote the record there",
                          of.topic, of.partition, from);
    return false;
  }
  log_.read_again_runs_.add_shared();
  log_.read_again_bytes_.add_shared(bytes);
  runs_.push_front(std::move(added));
  if (runs_.size() > runs_kept) {
    runs_.pop_back();
  }
  return true;
}

void partition_reader::rest_if_idle() {
  if (reader_ != nullptr && log_.options_.steady_ns() - used_ns_ > idle_ns) {
    reader_.reset();
    runs_.clear();
  }
}

}  // namespace weir
