// SPDX-License-Identifier: Apache-2.0
#include "kafka/producer_rdkafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "kafka/awaited_deliveries.hpp"
#include "kafka/handle_rdkafka.hpp"

namespace weir {
namespace {

/// One record until its report.
struct waiting_record {
  std::shared_ptr<const void> owner;
  kafka_producer::reported done;
};

/// Records that were taken and are not reported.
class unreported_records {
 public:
  void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void remove() {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      { const std::lock_guard hold(mutex_); }
      none_.notify_all();
    }
  }
  [[nodiscard]] std::uint64_t count() const noexcept {
    return count_.load(std::memory_order_acquire);
  }
  /// False: some are left after that time.
  [[nodiscard]] bool wait_for_none(std::chrono::milliseconds at_most) {
    std::unique_lock hold(mutex_);
    return none_.wait_for(hold, at_most, [this] { return count() == 0; });
  }

 private:
  std::atomic<std::uint64_t> count_{0};
  std::mutex mutex_;
  std::condition_variable none_;
};

void report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  std::unique_ptr<waiting_record> record(static_cast<waiting_record*>(message->_private));
  kafka_delivery delivery;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivery.offset = message->offset;
  } else {
    delivery.error = kafka_error_text(message->err);
    delivery.refused = message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                       message->err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
                       message->err == RD_KAFKA_RESP_ERR_INVALID_MSG;
  }
  record->done(delivery);
  record.reset();  // before anyone is told that nothing is left
  static_cast<unreported_records*>(opaque)->remove();
}

}  // namespace

struct kafka_producer::state {
  kafka_producer_options options;
  unreported_records unreported;
  kafka_ptr<rd_kafka_t> handle;
  kafka_ptr<rd_kafka_queue_t> queue;
  std::atomic<bool> stopping{false};
  std::thread thread;

  void run() {
    constexpr int rest_ms = 1'000;
    while (!stopping.load()) {
      static_cast<void>(rd_kafka_queue_poll_callback(queue.get(), rest_ms));
    }
  }
};

kafka_producer::kafka_producer(std::unique_ptr<state> made) : state_(std::move(made)) {}

result<std::unique_ptr<kafka_producer>> kafka_producer::make(kafka_producer_options options) {
  const std::array own{
      std::pair<std::string, std::string>{"enable.idempotence", "true"},
      std::pair<std::string, std::string>{"acks", "all"},
      // Frames come in batches of a turn: nothing is to be waited for.
      std::pair<std::string, std::string>{"linger.ms", "0"},
      std::pair<std::string, std::string>{"message.max.bytes",
                                          std::to_string(options.record_bytes_max)},
      std::pair<std::string, std::string>{"delivery.timeout.ms",
                                          std::to_string(options.delivery_timeout.count())},
      std::pair<std::string, std::string>{
          "queue.buffering.max.kbytes",
          std::to_string(std::max<std::uint64_t>(1, options.queue_bytes_max >> 10))},
      std::pair<std::string, std::string>{"queue.buffering.max.messages", "10000000"},
      std::pair<std::string, std::string>{"allow.auto.create.topics", "false"},
  };
  auto made = std::make_unique<state>();
  auto conf = make_kafka_conf(options.client, own, &made->unreported);
  if (!conf) {
    return conf.error();
  }
  rd_kafka_conf_set_dr_msg_cb(conf.value().get(), report);
  auto handle = make_kafka_handle(RD_KAFKA_PRODUCER, std::move(conf).value());
  if (!handle) {
    return handle.error();
  }
  made->options = std::move(options);
  made->handle = std::move(handle).value();
  made->queue.reset(rd_kafka_queue_get_main(made->handle.get()));
  made->thread = std::thread([raw = made.get()] { raw->run(); });
  return std::unique_ptr<kafka_producer>(new kafka_producer(std::move(made)));
}

kafka_producer::~kafka_producer() {
  // Those that wait are reported as failed, by the thread, which is woken by them.
  constexpr std::chrono::milliseconds purged_by{5'000};
  static_cast<void>(
      rd_kafka_purge(state_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT));
  static_cast<void>(state_->unreported.wait_for_none(purged_by));
  state_->stopping.store(true);
  rd_kafka_queue_yield(state_->queue.get());
  state_->thread.join();
  // What the thread left.
  while (rd_kafka_queue_poll_callback(state_->queue.get(), 0) > 0) {
  }
}

kafka_queue_result kafka_producer::produce(const std::string& topic, std::int32_t partition,
                                           const kafka_record_view& record,
                                           std::shared_ptr<const void> owner, reported done) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const kafka_header& one : record.headers) {
    static_cast<void>(rd_kafka_header_add(headers, one.name.data(),
                                          static_cast<ssize_t>(one.name.size()), one.value.data(),
                                          static_cast<ssize_t>(one.value.size())));
  }
  auto waiting =
      std::make_unique<waiting_record>(waiting_record{std::move(owner), std::move(done)});
  const std::string_view value = record.value.value_or(std::string_view{});
  // An empty value is not a tombstone.
  static constexpr char nothing_there = 0;
  const void* bytes = !record.value             ? nullptr
                      : value.data() == nullptr ? static_cast<const void*>(&nothing_there)
                                                : static_cast<const void*>(value.data());
  state_->unreported.add();  // its report may come before the next line
  // NOLINTBEGIN(cppcoreguidelines-pro-type-const-cast): librdkafka does not change what it sends
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      state_->handle.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
      RD_KAFKA_V_VALUE(const_cast<void*>(bytes), value.size()), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
  // NOLINTEND(cppcoreguidelines-pro-type-const-cast)
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<void>(waiting.release());
    return {};  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): its report frees it
  }
  state_->unreported.remove();
  rd_kafka_headers_destroy(headers);
  return {error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? kafka_queued::full : kafka_queued::failed,
          error == RD_KAFKA_RESP_ERR__QUEUE_FULL
              ? fmt::format("{} KiB wait for Kafka already", state_->options.queue_bytes_max >> 10)
              : kafka_error_text(error)};
}

result<std::int64_t> kafka_producer::produce_and_wait(const std::string& topic,
                                                      std::int32_t partition,
                                                      const kafka_record_view& record) {
  const auto told = awaited_deliveries::make();
  // The value stays where it is until its report.
  if (const kafka_queue_result queued = produce(topic, partition, record, nullptr, told->next());
      queued.status != kafka_queued::taken) {
    return failure{queued.why};
  }
  const kafka_delivery& delivery = told->wait().front();
  if (!delivery.error.empty()) {
    return failure{delivery.error};
  }
  return delivery.offset;
}

void kafka_producer::get_to_know(const std::string& topic, std::chrono::milliseconds at_most) {
  ask_about_topic(*state_->handle, topic, at_most);
}

bool kafka_producer::flush(std::chrono::milliseconds at_most) {
  // rd_kafka_flush would call reports on this thread, beside the producer's.
  return state_->unreported.wait_for_none(at_most);
}

std::uint64_t kafka_producer::waiting() const {
  return state_->unreported.count();
}

std::string kafka_producer::fatal() const {
  std::array<char, 512> why{};
  return rd_kafka_fatal_error(state_->handle.get(), why.data(), why.size()) ==
                 RD_KAFKA_RESP_ERR_NO_ERROR
             ? std::string{}
             : std::string(why.data());
}

}  // namespace weir
