// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/log/topic/topic_log.hpp"

namespace weir {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
/// Of one partition, read ahead of the others.
constexpr std::size_t ahead_bytes = std::size_t{1} << 20;
constexpr std::size_t fault_words_max = 100;

std::int64_t milliseconds_of(std::int64_t ns) {
  return ns < 0 ? 0 : ns / ns_per_ms;
}

}  // namespace

kafka_client_options kafka_client_of(const settings& configured) {
  const kafka_settings& kafka = configured.log.kafka;
  return {.brokers = kafka.brokers, .properties = kafka.client, .name = "weir-log"};
}

result<topic_log> topic_log::open(const settings& configured) {
  const kafka_settings& kafka = configured.log.kafka;
  topic_log out;
  out.name_ = kafka.topic;
  out.client_ = kafka_client_of(configured);
  auto cluster = kafka_topics::make(out.client_);
  if (!cluster) {
    return cluster.error();
  }
  out.cluster_ = std::move(cluster).value();
  const auto facts = out.cluster_->describe(out.name_, brokers_wait);
  if (!facts) {
    return failure{fmt::format("{} (log.brokers) do not answer: {}", fmt::join(kafka.brokers, ", "),
                               facts.error().message)};
  }
  if (!facts.value()) {
    return failure{
        fmt::format("there is no topic {} at {} (log.topic, log.brokers); weir makes it "
                    "when it starts",
                    out.name_, fmt::join(kafka.brokers, ", "))};
  }
  out.facts_ = *facts.value();
  for (std::uint32_t i = 0; i < out.facts_.partitions; ++i) {
    const auto number = static_cast<std::int32_t>(i);
    const auto there = out.cluster_->offsets(out.name_, number, brokers_wait);
    if (!there) {
      return failure{fmt::format("partition {} of {}: {}", i, out.name_, there.error().message)};
    }
    out.partitions_.push_back({number, there.value()});
  }
  return out;
}

/// Brokers that know no times answer the end: then the last record tells whether that is so.
result<bool> topic_log::ends_before(const partition& one, std::int64_t received_ns) const {
  if (one.there.first == one.there.end) {
    return true;
  }
  auto reader = kafka_reader::make(client_, name_, one.number);
  if (!reader) {
    return reader.error();
  }
  const auto last = reader.value()->read(one.there.end - 1, 1, brokers_wait);
  if (!last) {
    return last.error();
  }
  return !last.value().records.empty() &&
         last.value().records.back().timestamp_ms < milliseconds_of(received_ns);
}

result<std::vector<std::int64_t>> topic_log::offsets_at(std::int64_t received_ns) const {
  std::vector<std::int64_t> out;
  for (const partition& each : partitions_) {
    const auto found =
        cluster_->offset_at(name_, each.number, milliseconds_of(received_ns), brokers_wait);
    if (!found) {
      return found.error();
    }
    out.push_back(std::clamp(found.value(), each.there.first, each.there.end));
    if (found.value() < each.there.end) {
      continue;
    }
    const auto ends = ends_before(each, received_ns);
    if (!ends) {
      return ends.error();
    }
    out.back() = ends.value() ? each.there.end : each.there.first;
  }
  return out;
}

std::vector<std::int64_t> topic_log::first_offsets() const {
  std::vector<std::int64_t> out;
  for (const partition& each : partitions_) {
    out.push_back(each.there.first);
  }
  return out;
}

std::vector<std::int64_t> topic_log::end_offsets() const {
  std::vector<std::int64_t> out;
  for (const partition& each : partitions_) {
    out.push_back(each.there.end);
  }
  return out;
}

void topic_faults::add(const std::string& topic, std::int32_t partition, std::int64_t offset,
                       const kafka_frame_result& found) {
  switch (found.status) {
    case kafka_frame_status::whole:
      return;
    case kafka_frame_status::foreign:
      ++foreign;
      break;
    case kafka_frame_status::later:
      ++later;
      break;
    case kafka_frame_status::damaged:
      ++damaged;
      damaged_points += found.points;
      break;
  }
  if (words.size() < fault_words_max) {
    words.push_back(
        fmt::format("{}, partition {}, offset {}: {}", topic, partition, offset, found.why));
  }
}

result<topic_scan> topic_scan::begin(const topic_log& log, const std::vector<std::int64_t>& from,
                                     const std::vector<std::int64_t>& to) {
  topic_scan out;
  out.topic_ = log.name();
  for (std::size_t i = 0; i < log.partitions().size(); ++i) {
    auto reader = kafka_reader::make(log.client(), log.name(), log.partitions()[i].number);
    if (!reader) {
      return reader.error();
    }
    out.parts_.push_back({.number = log.partitions()[i].number,
                          .at = from[i],
                          .to = to[i],
                          .reader = std::move(reader).value(),
                          .ahead = {}});
  }
  return out;
}

void topic_scan::extend(const std::vector<std::int64_t>& to) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].to = to[i];
  }
}

void topic_scan::take(part& one, std::vector<kafka_record> records) {
  for (kafka_record& each : records) {
    if (each.offset >= one.to) {
      return;
    }
    ++records_;
    bytes_ += each.value.size();
    const std::int64_t offset = each.offset;
    kafka_frame_result read = frame_of_record(std::move(each));
    if (read.status == kafka_frame_status::whole) {
      one.ahead.push_back({one.number, offset, std::move(read.found)});
    } else {
      faults_.add(topic_, one.number, offset, read);
    }
  }
}

outcome topic_scan::fill(part& one) {
  const auto deadline = std::chrono::steady_clock::now() + brokers_wait;
  while (one.ahead.empty() && one.at < one.to) {
    constexpr std::chrono::milliseconds look{1'000};
    auto read = one.reader->read(one.at, ahead_bytes, look);
    if (!read) {
      return read.error();
    }
    const bool moved = read.value().next > one.at;
    one.at = read.value().next;
    take(one, std::move(read.value().records));
    if (read.value().at_end && !moved) {
      one.at = one.to;  // what was there before has been deleted meanwhile
    }
    if (!moved && std::chrono::steady_clock::now() > deadline) {
      return failure{
          fmt::format("partition {} of {}: the brokers do not answer", one.number, topic_)};
    }
  }
  return nothing{};
}

result<topic_scan::item> topic_scan::next() {
  part* first = nullptr;
  for (part& each : parts_) {
    if (auto filled = fill(each); !filled) {
      return filled.error();
    }
    if (!each.ahead.empty() &&
        (first == nullptr || each.ahead.front().found->header.received_ns <
                                 first->ahead.front().found->header.received_ns)) {
      first = &each;
    }
  }
  if (first == nullptr) {
    return item{};
  }
  item out = std::move(first->ahead.front());
  first->ahead.pop_front();
  return out;
}

result<std::vector<topic_scan::item>> topic_scan::poll(std::chrono::milliseconds at_most) {
  std::vector<item> out;
  const auto each_wait =
      std::max(std::chrono::milliseconds(1),
               at_most / static_cast<std::int64_t>(std::max<std::size_t>(1, parts_.size())));
  for (part& each : parts_) {
    each.to = std::numeric_limits<std::int64_t>::max();
    auto read = each.reader->read(each.at, ahead_bytes, each_wait);
    if (!read) {
      return read.error();
    }
    each.at = read.value().next;
    take(each, std::move(read.value().records));
    std::move(each.ahead.begin(), each.ahead.end(), std::back_inserter(out));
    each.ahead.clear();
  }
  std::stable_sort(out.begin(), out.end(), [](const item& one, const item& other) {
    return one.found->header.received_ns < other.found->header.received_ns;
  });
  return out;
}

}  // namespace weir
