// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/reader_source.hpp"

#include <utility>

#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::size_t bytes_at_once = std::size_t{1} << 20;
/// So long the end of the source may take, and a read of what has not come yet.
constexpr std::chrono::milliseconds read_wait{200};
constexpr std::chrono::milliseconds failed_wait{1'000};

}  // namespace

reader_source::reader_source(partition_log& log, std::unique_ptr<kafka_reader> reader)
    : log_(log), reader_(std::move(reader)), wanted_(log.wanted()) {}

result<std::unique_ptr<reader_source>> reader_source::start(partition_log& log,
                                                            const kafka_client_options& client,
                                                            const std::string& topic,
                                                            std::uint32_t partition) {
  auto reader = kafka_reader::make(client, topic, static_cast<std::int32_t>(partition));
  if (!reader) {
    return reader.error();
  }
  std::unique_ptr<reader_source> made(new reader_source(log, std::move(reader).value()));
  log.feed_from(made.get());
  made->thread_ = std::thread([raw = made.get()] { raw->run(); });
  return made;
}

reader_source::~reader_source() {
  log_.feed_from(nullptr);
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void reader_source::pause() {
  const std::lock_guard hold(mutex_);
  paused_ = true;
}

void reader_source::resume(std::int64_t offset) {
  {
    const std::lock_guard hold(mutex_);
    paused_ = false;
    moved_ = true;
    wanted_ = offset;
  }
  changed_.notify_all();
}

bool reader_source::may_read(std::int64_t& at) {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [this] { return stopping_ || !paused_; });
  if (std::exchange(moved_, false)) {
    at = wanted_;
  }
  return !stopping_;
}

void reader_source::run() {
  std::int64_t at = wanted_;
  while (may_read(at)) {
    auto read = reader_->read(at, bytes_at_once, read_wait);
    if (!read) {
      journal_limited("kafka source", journal_level::warning, "kafka: " + read.error().message);
      std::unique_lock hold(mutex_);
      changed_.wait_for(hold, failed_wait, [this] { return stopping_; });
      continue;
    }
    for (kafka_record& record : read.value().records) {
      log_.received(std::move(record));
    }
    at = read.value().next;
    if (read.value().at_end) {
      log_.at_end(at);
    }
  }
}

}  // namespace weir
