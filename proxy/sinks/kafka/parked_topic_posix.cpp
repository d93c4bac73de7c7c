// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/parked_topic_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.hpp"
#include "kafka/awaited_deliveries.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// Read at once, and given up at once, about.
constexpr std::size_t run_bytes = std::size_t{1} << 20;
constexpr std::uint64_t give_up_bytes = std::uint64_t{256} << 10;

}  // namespace

std::string parked_key(std::string_view sink, log_position position) {
  return fmt::format("{}/{}", sink, position.number());
}

std::optional<log_position> parked_position(std::string_view sink, std::string_view key) {
  if (key.size() <= sink.size() + 1 || !key.starts_with(sink) || key[sink.size()] != '/') {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* const end = key.data() + key.size();
  const auto [at, error] = std::from_chars(key.data() + sink.size() + 1, end, number);
  return error == std::errc() && at == end ? std::optional(log_position(number)) : std::nullopt;
}

// ---- what there is

void parked_topic::keep(log_position position, const lane_key& lane, const entry& one) {
  if (const auto before = lane_of_.find(position);
      before != lane_of_.end() && before->second != lane) {
    lanes_[before->second].erase(position);
  }
  lane_of_.insert_or_assign(position, lane);
  lanes_[lane].insert_or_assign(position, one);
}

void parked_topic::found(kafka_record&& record) {
  const auto position = parked_position(kept_->options().sink, record.key);
  if (!position) {
    return;
  }
  if (const auto before = lane_of_.find(*position); before != lane_of_.end()) {
    lanes_[before->second].erase(*position);
    lane_of_.erase(before);
  }
  later_.erase(*position);
  if (record.tombstone) {
    return;
  }
  const std::int64_t offset = record.offset;
  const kafka_frame_result read = frame_of_record(std::move(record));
  if (read.status == kafka_frame_status::later) {
    later_.insert(*position);
    return;
  }
  if (read.found == nullptr) {
    journal_limited(
        "parked damage", journal_level::error,
        fmt::format("topic {}, partition {}, offset {}: what is parked there is passed "
                    "over, as {}",
                    kept_->options().parked_topic, kept_->options().partition, offset, read.why));
    return;
  }
  const frame_header& header = read.found->header;
  keep(*position, {header.database, header.retention_policy},
       {.offset = offset,
        .received_ns = header.received_ns,
        .kind = header.kind,
        .points = header.points,
        .inflated_bytes = header.inflated_bytes,
        .bytes = bytes_of(*read.found)});
}

void parked_topic::judge_lane(const lane_key& lane, entries& of,
                              const std::function<park_claim(const frame_header&)>& judge) {
  std::vector<state_record> gone;
  std::erase_if(of, [&](const auto& each) {
    const auto& [position, one] = each;
    frame_header header;
    header.kind = one.kind;
    header.position = position;
    header.received_ns = one.received_ns;
    header.database = lane.database;
    header.retention_policy = lane.retention_policy;
    header.points = one.points;
    header.inflated_bytes = one.inflated_bytes;
    if (judge(header) == park_claim::pending) {
      return false;
    }
    gone.push_back({parked_key(kept_->options().sink, position)});
    return true;
  });
  kept_->options().producer.send(kept_->options().parked_topic, kept_->options().partition, gone);
}

bool parked_topic::recover(const std::function<park_claim(const frame_header&)>& judge) {
  if (std::exchange(recovered_, true)) {
    return true;
  }
  const kept_partition_options& of = kept_->options();
  const outcome scanned =
      scan_partition(of.client, of.topics, of.parked_topic, of.partition, scanned_, of.at_most,
                     [this](kafka_record&& one) { found(std::move(one)); });
  if (!scanned) {
    recovered_ = false;
    journal_limited("parked unread", journal_level::warning,
                    fmt::format("sink {}: what is parked cannot be read, and is tried again: {}",
                                of.sink, scanned.error().message));
    return false;
  }
  if (!later_.empty()) {
    recovered_ = false;
    journal_limited("parked later", journal_level::error,
                    fmt::format("sink {}, partition {}: a later weir has parked {} frames in a "
                                "format that this one cannot read, and nothing is delivered from "
                                "the partition: bring this one up to date",
                                of.sink, of.partition, later_.size()));
    return false;
  }
  lane_of_.clear();
  for (auto next = lanes_.begin(); next != lanes_.end();) {
    judge_lane(next->first, next->second, judge);
    count(next->first);
    next = next->second.empty() ? lanes_.erase(next) : std::next(next);
  }
  return true;
}

void parked_topic::count(const lane_key& lane) {
  std::uint64_t bytes = 0;
  if (const auto of = lanes_.find(lane); of != lanes_.end()) {
    for (const auto& [position, one] : of->second) {
      bytes += one.given_up ? 0 : one.bytes;
    }
  }
  shares_.set(lane, bytes);
}

std::uint64_t parked_topic::bytes_of(const frame& one) const {
  return one.stored.size() + kafka_frame_overhead(one);
}

// ---- writing

parking::parked parked_topic::park(const lane_key& lane, std::span<const frame_ptr> frames) {
  const kept_partition_options& to = kept_->options();
  if (kept_->lost()) {
    return {0, "another member of the group has the partition"};
  }
  const auto told = awaited_deliveries::make();
  const std::shared_ptr<kafka_producer> by = to.producer.get();
  parked done;
  std::size_t sent = 0;
  for (; sent < frames.size(); ++sent) {
    const kafka_frame_record record(*frames[sent], static_cast<std::uint32_t>(to.partition));
    const std::string key = parked_key(to.sink, frames[sent]->header.position);
    kafka_record_view view = record.view();
    view.key = key;
    const kafka_queue_result queued =
        by->produce(to.parked_topic, to.partition, view, frames[sent], told->next());
    if (queued.status != kafka_queued::taken) {
      told->not_taken();
      done.why = queued.why;
      break;
    }
  }
  const std::vector<kafka_delivery>& stored = told->wait();
  entries& of = lanes_[lane];
  // What is stored behind one that is not is overwritten when it is parked, or taken out later.
  for (; done.frames < sent && stored[done.frames].error.empty(); ++done.frames) {
    const frame_header& header = frames[done.frames]->header;
    of.insert_or_assign(header.position, entry{.offset = stored[done.frames].offset,
                                               .received_ns = header.received_ns,
                                               .kind = header.kind,
                                               .points = header.points,
                                               .inflated_bytes = header.inflated_bytes,
                                               .bytes = bytes_of(*frames[done.frames])});
  }
  if (done.frames < sent) {
    done.why = stored[done.frames].error;
  }
  count(lane);
  if (of.empty()) {
    lanes_.erase(lane);
  }
  return done;
}

// ---- reading

const kafka_record* parked_topic::record_at(std::int64_t offset, std::string& why) {
  const auto in_run = [&]() -> const kafka_record* {
    const auto at =
        std::lower_bound(run_.begin(), run_.end(), offset,
                         [](const kafka_record& one, std::int64_t of) { return one.offset < of; });
    return at != run_.end() && at->offset == offset ? &*at : nullptr;
  };
  if (const kafka_record* known = in_run()) {
    return known;
  }
  const kept_partition_options& of = kept_->options();
  if (reader_ == nullptr) {
    auto made = kafka_reader::make(of.client, of.parked_topic, of.partition);
    if (!made) {
      why = made.error().message;
      return nullptr;
    }
    reader_ = std::move(made).value();
  }
  auto read = reader_->read(offset, run_bytes, of.at_most);
  if (!read) {
    why = read.error().message;
    return nullptr;
  }
  run_ = std::move(read.value().records);
  if (run_.empty() && !read.value().at_end) {
    why = fmt::format("topic {}, partition {}: the brokers do not answer", of.parked_topic,
                      of.partition);
  }
  return in_run();
}

read_result parked_topic::next(log_position from, const lane_key& lane) {
  read_result out;
  out.next = from;
  const auto of = lanes_.find(lane);
  if (of == lanes_.end()) {
    return out;
  }
  for (auto at = of->second.lower_bound(from); at != of->second.end(); ++at) {
    const auto& [position, one] = *at;
    out.next = position.next();
    if (one.given_up) {
      continue;
    }
    const kafka_record* const record = record_at(one.offset, out.detail);
    if (record == nullptr && !out.detail.empty()) {
      return {read_status::failed, nullptr, from, out.detail};
    }
    kafka_frame_result read;
    if (record != nullptr && parked_position(kept_->options().sink, record->key) == position) {
      read = frame_of_record(kafka_record(*record));
    }
    if (read.found == nullptr) {
      journal_limited(
          "parked damage", journal_level::error,
          fmt::format("topic {}, partition {}: a frame of {} points that was parked is "
                      "not there any more",
                      kept_->options().parked_topic, kept_->options().partition, one.points));
      continue;
    }
    read.found->header.position = position;
    out.status = read_status::frame;
    out.found = std::move(read.found);
    return out;
  }
  return out;
}

// ---- giving up and removing

parking::given_up parked_topic::give_up_oldest(const lane_key& lane, const lane_position& at) {
  entries& of = lanes_.at(lane);
  given_up out;
  std::uint64_t bytes = 0;
  for (auto& [position, one] : of) {
    if (one.given_up) {
      continue;
    }
    if (bytes >= give_up_bytes) {
      break;
    }
    one.given_up = true;
    bytes += one.bytes;
    out.below = position.next();
    if (position < at.next) {
      continue;  // it was dealt with
    }
    const bool begun = position == at.next;
    out.points += one.points - (begun ? std::min(at.skip_points, one.points) : 0);
    out.bytes += one.inflated_bytes - (begun ? std::min(at.skip_bytes, one.inflated_bytes) : 0);
  }
  WEIR_ASSERT(bytes > 0);
  count(lane);
  return out;
}

void parked_topic::release(const lane_key& lane, log_position below) {
  const auto of = lanes_.find(lane);
  if (of == lanes_.end() || kept_->lost()) {
    return;
  }
  const auto end = of->second.lower_bound(below);
  if (end == of->second.begin()) {
    return;
  }
  std::vector<state_record> gone;
  for (auto at = of->second.begin(); at != end; ++at) {
    gone.push_back({parked_key(kept_->options().sink, at->first)});
  }
  // One that stays is found again by the next owner, and is dealt with then.
  kept_->options().producer.send(kept_->options().parked_topic, kept_->options().partition, gone);
  of->second.erase(of->second.begin(), end);
  if (of->second.empty()) {
    lanes_.erase(of);
  }
  count(lane);
}

}  // namespace weir
