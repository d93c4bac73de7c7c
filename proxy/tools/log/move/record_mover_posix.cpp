// SPDX-License-Identifier: Apache-2.0
#include "tools/log/move/record_mover_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kafka/reader_rdkafka.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "tools/log/move/move_mark.hpp"
#include "tools/log/topic/topic_log.hpp"

namespace weir {
namespace {

constexpr std::string_view moved_header = "moved";
/// What is produced before it is waited for.
constexpr std::size_t batch_bytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds delivery_wait{60'000};

constexpr std::string_view make_anew =
    "make the topic anew (kafka-topics.sh --delete; weir makes it), remove `moving-to-kafka` from "
    "log.directory, and run this again";

}  // namespace

result<std::unique_ptr<record_mover>> record_mover::make(const prepared_topic& topic,
                                                         std::uint32_t identity) {
  kafka_client_options client = topic.client;
  // Behind a record that Kafka refused none is stored.
  client.properties.emplace_back("enable.gapless.guarantee=true");
  auto producer = kafka_producer::make({.client = std::move(client),
                                        .delivery_timeout = delivery_wait,
                                        .record_bytes_max = topic.record_bytes});
  if (!producer) {
    return producer.error();
  }
  std::unique_ptr<record_mover> out(new record_mover(topic, identity));
  out->producer_ = std::move(producer).value();
  return out;
}

// ---- what is there

outcome record_mover::recover(const std::vector<std::int64_t>& begin,
                              const std::vector<kafka_offsets>& there) {
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    if (outcome found = recover_partition(i, begin[i], there[i].end); !found) {
      return found;
    }
  }
  return nothing{};
}

outcome record_mover::recover_partition(std::uint32_t partition, std::int64_t begin,
                                        std::int64_t end) {
  auto reader =
      kafka_reader::make(topic_.client, topic_.name, static_cast<std::int32_t>(partition));
  if (!reader) {
    return reader.error();
  }
  auto deadline = std::chrono::steady_clock::now() + delivery_wait;
  for (std::int64_t at = begin; at < end;) {
    auto read = reader.value()->read(at, batch_bytes, std::chrono::milliseconds(1'000));
    if (!read) {
      return read.error();
    }
    for (kafka_record& record : read.value().records) {
      if (outcome taken = take_back(partition, std::move(record)); !taken) {
        return taken;
      }
    }
    if (read.value().next > at) {
      deadline = std::chrono::steady_clock::now() + delivery_wait;
    }
    at = read.value().next;
    if (at < end && std::chrono::steady_clock::now() > deadline) {
      return failure{"what an earlier run moved cannot be read: the brokers do not answer"};
    }
  }
  return nothing{};
}

outcome record_mover::take_back(std::uint32_t partition, kafka_record record) {
  const auto origin = moved_origin_of(record.header(moved_header).value_or(std::string_view{}));
  const std::int64_t offset = record.offset;
  const kafka_frame_result read = frame_of_record(std::move(record));
  if (!origin || origin->identity != identity_ || read.status != kafka_frame_status::whole) {
    return failure{
        fmt::format("since this move was begun, somebody else has written to {} (partition {}, "
                    "offset {}), and what is not moved yet would come behind that: end the weirs "
                    "there, {}",
                    topic_.name, partition, offset, make_anew)};
  }
  earlier& of = earlier_[partition];
  std::vector<byte_range>& parts = of.parts[origin->position];
  if (std::find(parts.begin(), parts.end(), origin->bytes) != parts.end()) {
    return nothing{};
  }
  parts.push_back(origin->bytes);
  move_part part = part_of(read.found->header);
  part.position = origin->position;
  part.bytes = origin->bytes;
  log_position& last = of.last[part.lane];
  last = std::max(last, part.position);
  moved_[partition].push_back(
      {std::move(part), log_position(static_cast<std::uint64_t>(offset) + 1)});
  ++records_;
  ++recovered_;
  return nothing{};
}

void record_mover::add_cuts(log_position position, std::set<std::uint32_t>& into) const {
  for (const earlier& each : earlier_) {
    const auto found = each.parts.find(position);
    if (found == each.parts.end()) {
      continue;
    }
    for (const byte_range& part : found->second) {
      into.insert(part.begin);
      into.insert(part.end);
    }
  }
}

bool record_mover::is_there(std::uint32_t partition, const move_part& part) const {
  const auto found = earlier_[partition].parts.find(part.position);
  return found != earlier_[partition].parts.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const byte_range& each) {
           return each.begin <= part.bytes.begin && part.bytes.end <= each.end;
         });
}

/// Of a lane, what comes after it must not be there already.
outcome record_mover::check_order(std::uint32_t partition, const move_part& part) const {
  const auto last = earlier_[partition].last.find(part.lane);
  if (last == earlier_[partition].last.end() || last->second <= part.position) {
    return nothing{};
  }
  return failure{
      fmt::format("an earlier run of this move left out frame {} of partition {}, and wrote what "
                  "comes behind it: {}",
                  part.position.number(), partition, make_anew)};
}

// ---- writing

outcome record_mover::move(const frame_header& about, const move_part& part,
                           std::string_view lines) {
  for (cut_lines& each : cut_by_shard(lines, topic_.found.shards)) {
    if (is_there(each.shard, part)) {
      continue;
    }
    if (outcome ordered = check_order(each.shard, part); !ordered) {
      return ordered;
    }
    frame_builder builder;
    builder.append(each.lines, each.points, each.time_least, each.time_greatest);
    frame_header header = about;
    header.shard = each.shard;
    const auto made = builder.seal(
        std::move(header),
        about.codec == frame_codec::gzip ? compression_mode::automatic : compression_mode::none,
        compressor_);
    move_part sent = part;
    sent.points = each.points;
    if (outcome done = produce(each.shard, sent, made); !done) {
      return done;
    }
  }
  return waiting_bytes_ < batch_bytes ? outcome(nothing{}) : flush();
}

outcome record_mover::produce(std::uint32_t partition, const move_part& part,
                              const std::shared_ptr<frame>& made) {
  const kafka_frame_record record(*made, partition);
  kafka_record_view view = record.view();
  std::vector<kafka_header> headers(view.headers.begin(), view.headers.end());
  const std::string mark = to_text(moved_origin{identity_, part.position, part.bytes});
  headers.push_back({moved_header, mark});
  view.headers = headers;
  // Now, so that the topic's retention counts from the move.
  view.timestamp_ms = 0;
  std::size_t index = 0;
  {
    const std::lock_guard hold(lock_);
    index = moved_[partition].size();
    moved_[partition].push_back({part, {}});
  }
  const auto reported = [this, partition, index](const kafka_delivery& delivery) {
    const std::lock_guard hold(lock_);
    if (delivery.offset < 0 && failed_.empty()) {
      failed_ = delivery.error;
    }
    moved_[partition][index].to = log_position(static_cast<std::uint64_t>(delivery.offset + 1));
  };
  waiting_bytes_ += made->stored.size();
  ++records_;
  const kafka_queue_result queued =
      producer_->produce(topic_.name, static_cast<std::int32_t>(partition), view, made, reported);
  return queued.status == kafka_queued::taken
             ? outcome(nothing{})
             : failure{fmt::format("frame {}: {}", part.position.number(), queued.why)};
}

outcome record_mover::flush() {
  waiting_bytes_ = 0;
  const bool done = producer_->flush(2 * delivery_wait);
  const std::lock_guard hold(lock_);
  if (!failed_.empty() || !done) {
    return failure{fmt::format("Kafka did not take all: {}. Run this again when it does",
                               failed_.empty() ? "the brokers do not answer" : failed_)};
  }
  return nothing{};
}

const std::vector<moved_part>& record_mover::moved(std::uint32_t partition) {
  const std::lock_guard hold(lock_);
  std::vector<moved_part>& all = moved_[partition];
  std::sort(all.begin(), all.end(),
            [](const moved_part& one, const moved_part& other) { return one.to < other.to; });
  return all;
}

}  // namespace weir
