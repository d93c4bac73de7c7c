// SPDX-License-Identifier: Apache-2.0
#include "kafka/reader_rdkafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kafka/handle_rdkafka.hpp"

namespace weir {
namespace {

/// Who waited for so long and got nothing may come back after any time; who waits for less comes
/// back at once.
constexpr std::chrono::milliseconds long_wait{1'000};

}  // namespace

struct kafka_reader::state {
  std::string topic;
  std::int32_t partition = 0;
  kafka_ptr<rd_kafka_t> handle;
  /// Where librdkafka goes on; nothing: it reads nothing yet.
  std::optional<std::int64_t> at;
  bool knows_topic = false;
  /// Word that the partition ends may come that was given before what was read last.
  bool end_may_be_old = false;

  [[nodiscard]] outcome go_to(std::int64_t offset);
};

kafka_reader::kafka_reader(std::unique_ptr<state> made) : state_(std::move(made)) {}

kafka_reader::~kafka_reader() {
  static_cast<void>(rd_kafka_assign(state_->handle.get(), nullptr));
}

result<std::unique_ptr<kafka_reader>> kafka_reader::make(const kafka_client_options& client,
                                                         std::string topic,
                                                         std::int32_t partition) {
  // librdkafka wants a group for every consumer; nothing is ever committed to this one.
  constexpr std::uint32_t fetched_kib_max = 4 * 1024;
  auto conf = make_consumer_conf(client, "weir-reader", fetched_kib_max);
  if (!conf) {
    return conf.error();
  }
  auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(conf).value());
  if (!handle) {
    return handle.error();
  }
  auto made = std::make_unique<state>();
  made->topic = std::move(topic);
  made->partition = partition;
  made->handle = std::move(handle).value();
  static_cast<void>(rd_kafka_poll_set_consumer(made->handle.get()));
  return std::unique_ptr<kafka_reader>(new kafka_reader(std::move(made)));
}

outcome kafka_reader::state::go_to(std::int64_t offset) {
  const kafka_ptr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  // An assignment anew, as a seek is refused while the one before has not begun to read.
  static_cast<void>(rd_kafka_assign(handle.get(), nullptr));
  if (const auto error = rd_kafka_assign(handle.get(), list.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    at.reset();
    return failure{
        fmt::format("partition {} of {}: {}", partition, topic, kafka_error_text(error))};
  }
  at = offset;
  end_may_be_old = false;
  return nothing{};
}

result<kafka_reader::found> kafka_reader::read(std::int64_t from, std::size_t bytes_max,
                                               std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  if (!std::exchange(state_->knows_topic, true)) {
    ask_about_topic(*state_->handle, state_->topic, at_most);
  }
  if (state_->at != from) {
    if (auto done = state_->go_to(from); !done) {
      return done.error();
    }
  }
  found out{.records = {}, .next = from};
  std::size_t bytes = 0;
  while (bytes < bytes_max) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) {
      break;
    }
    // What has come is not held back for more: that nothing follows it is only known once a broker
    // has waited for more in vain (fetch.wait.max.ms).
    const auto wait = out.records.empty() ? left : std::chrono::milliseconds::zero();
    const kafka_ptr<rd_kafka_message_t> message(
        rd_kafka_consumer_poll(state_->handle.get(), static_cast<int>(wait.count())));
    if (message == nullptr) {
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && out.records.empty() &&
        state_->end_may_be_old) {
      if (auto done = state_->go_to(from); !done) {
        return done.error();
      }
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Behind records that compaction took out there may be nothing.
      out.next = std::max(out.next, message->offset);
      out.at_end = true;
      break;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!out.records.empty()) {
        break;
      }
      state_->at.reset();
      return failure{fmt::format("partition {} of {}: {}", state_->partition, state_->topic,
                                 kafka_error_text(message->err))};
    }
    kafka_record record = to_kafka_record(*message);
    if (record.offset < from) {
      continue;
    }
    bytes += record.value.size() + record.key.size() + 1;
    out.next = record.offset + 1;
    out.records.push_back(std::move(record));
  }
  state_->at = out.next;
  if (!out.at_end && (!out.records.empty() || at_most >= long_wait)) {
    state_->end_may_be_old = true;
  }
  return out;
}

result<kafka_offsets> kafka_reader::offsets(std::chrono::milliseconds at_most) const {
  kafka_offsets out;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      state_->handle.get(), state_->topic.c_str(), state_->partition, &out.first, &out.end,
      static_cast<int>(at_most.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("partition {} of {}: {}", state_->partition, state_->topic,
                               kafka_error_text(error))};
  }
  return out;
}

}  // namespace weir
