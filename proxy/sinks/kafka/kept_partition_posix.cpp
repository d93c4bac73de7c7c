// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/kept_partition_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kafka/awaited_deliveries.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::size_t scan_bytes = std::size_t{1} << 20;

std::vector<kafka_header> headers_of(const state_record& record) {
  std::vector<kafka_header> out;
  out.reserve(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    out.push_back({name, value});
  }
  return out;
}

kafka_queue_result queue_record(kafka_producer& by, const std::string& topic,
                                std::int32_t partition, const state_record& record,
                                std::shared_ptr<const void> owner, kafka_producer::reported done) {
  const std::vector<kafka_header> headers = headers_of(record);
  return by.produce(
      topic, partition,
      {.key = record.key,
       .headers = headers,
       .value = record.value ? std::optional<std::string_view>(*record.value) : std::nullopt},
      std::move(owner), std::move(done));
}

}  // namespace

result<std::unique_ptr<state_producer>> state_producer::make(kafka_producer_options options) {
  auto first = kafka_producer::make(options);
  if (!first) {
    return first.error();
  }
  std::unique_ptr<state_producer> made(new state_producer(std::move(options)));
  made->current_ = std::move(first).value();
  return made;
}

std::shared_ptr<kafka_producer> state_producer::get() {
  const std::lock_guard hold(lock_);
  if (const std::string why = current_->fatal(); !why.empty()) {
    journal_limited(
        "kafka state producer", journal_level::warning,
        "kafka: the producer of what sinks keep failed for good (" + why + ") and is made anew");
    if (auto next = kafka_producer::make(options_)) {
      current_ = std::move(next).value();
    }
  }
  return current_;
}

outcome state_producer::store(const std::string& topic, std::int32_t partition,
                              const std::vector<state_record>& records) {
  const std::shared_ptr<kafka_producer> by = get();
  const auto told = awaited_deliveries::make();
  std::string why;
  for (const state_record& one : records) {
    if (const kafka_queue_result queued =
            queue_record(*by, topic, partition, one, nullptr, told->next());
        queued.status != kafka_queued::taken) {
      told->not_taken();
      why = queued.why;
      break;
    }
  }
  // They stay where they are until all are reported.
  for (const kafka_delivery& each : told->wait()) {
    if (why.empty()) {
      why = each.error;
    }
  }
  return why.empty() ? outcome(nothing{}) : failure{fmt::format("topic {}: {}", topic, why)};
}

void state_producer::send(const std::string& topic, std::int32_t partition,
                          const std::vector<state_record>& records) {
  const std::shared_ptr<kafka_producer> by = get();
  for (const state_record& one : records) {
    const auto kept = std::make_shared<const state_record>(one);
    static_cast<void>(
        queue_record(*by, topic, partition, *kept, kept, [](const kafka_delivery&) {}));
  }
}

outcome scan_partition(const kafka_client_options& client, const kafka_topics& topics,
                       const std::string& topic, std::int32_t partition, std::int64_t& from,
                       std::chrono::milliseconds at_most,
                       const std::function<void(kafka_record&&)>& visit) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  const auto left = [&] {
    return std::max(std::chrono::milliseconds(1),
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        deadline - std::chrono::steady_clock::now()));
  };
  // A leader that was just chosen answers this only when it knows all that was acknowledged.
  const auto there = topics.offsets(topic, partition, left());
  if (!there) {
    return there.error();
  }
  from = std::max(from, there.value().first);
  if (from >= there.value().end) {
    return nothing{};
  }
  auto reader = kafka_reader::make(client, topic, partition);
  if (!reader) {
    return reader.error();
  }
  while (from < there.value().end) {
    auto read = reader.value()->read(from, scan_bytes, left());
    if (!read) {
      return read.error();
    }
    for (kafka_record& one : read.value().records) {
      visit(std::move(one));
    }
    from = read.value().next;
    if (from < there.value().end && std::chrono::steady_clock::now() >= deadline) {
      return failure{
          fmt::format("topic {}, partition {}: the brokers are too slow, and it was "
                      "read to offset {} of {} only",
                      topic, partition, from, there.value().end)};
    }
  }
  return nothing{};
}

// ---- a partition

outcome kept_partition::read() {
  auto found = std::make_unique<state_reader>(options_.sink);
  std::int64_t from = 0;
  if (outcome scanned =
          scan_partition(options_.client, options_.topics, options_.state_topic, options_.partition,
                         from, options_.at_most, [&](kafka_record&& one) { found->add(one); });
      !scanned) {
    return scanned;
  }
  if (found->has_later()) {
    return failure{
        fmt::format("a later weir has kept its place in {} in a format that this one cannot read: "
                    "bring this one up to date",
                    options_.state_topic)};
  }
  if (found->passed_over() > 0) {
    journal(
        journal_level::warning,
        fmt::format("sink {}, partition {}: {} records of {} are damaged, and count for "
                    "nothing",
                    options_.sink, options_.partition, found->passed_over(), options_.state_topic));
  }
  if (before_ == nullptr) {
    epoch_ = std::max(epoch_, found->greatest_epoch() + 1);
  }
  before_ = std::move(found);
  written_.store(false);
  return nothing{};
}

result<std::optional<std::string>> kept_partition::book(const std::string& name) {
  if (before_ == nullptr || written_.load()) {
    if (outcome again = read(); !again) {
      return again.error();
    }
  }
  return before_->book(name);
}

state_writer& kept_partition::writer_of(const std::string& name) {
  const std::lock_guard hold(lock_);
  std::unique_ptr<state_writer>& writer = writers_[name];
  if (writer == nullptr) {
    writer = std::make_unique<state_writer>(
        options_.sink, name, epoch_,
        before_ != nullptr ? before_->keys(name) : std::set<std::string>{});
  }
  return *writer;
}

outcome kept_partition::may_write() const {
  return lost() ? failure{"another member of the group has the partition"} : outcome(nothing{});
}

outcome kept_partition::replace(const std::string& name, std::string_view bytes) {
  if (outcome may = may_write(); !may) {
    return may;
  }
  state_writer& writer = writer_of(name);
  written_.store(true);
  if (outcome stored =
          options_.producer.store(options_.state_topic, options_.partition, writer.replace(bytes));
      !stored) {
    return stored;
  }
  options_.producer.send(options_.state_topic, options_.partition, writer.replaced());
  return nothing{};
}

outcome kept_partition::append(const std::string& name, std::string_view bytes) {
  if (outcome may = may_write(); !may) {
    return may;
  }
  state_writer& writer = writer_of(name);
  if (!writer.holds()) {
    // What an earlier owner kept stays, under this one's epoch.
    const auto held = book(name);
    if (!held) {
      return held.error();
    }
    return replace(name, held.value().value_or(std::string{}) + std::string(bytes));
  }
  written_.store(true);
  return options_.producer.store(options_.state_topic, options_.partition, writer.append(bytes));
}

}  // namespace weir
