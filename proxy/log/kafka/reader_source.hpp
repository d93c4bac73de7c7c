// SPDX-License-Identifier: Apache-2.0
//
// Feeds one partition_log outside of every consumer group, on a thread of its own: for tools and
// tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "base/result.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "log/kafka/partition_log.hpp"

namespace weir {

class reader_source final : public partition_source {
 public:
  /// Begins at once, where the log wants it. `log` must outlive it.
  [[nodiscard]] static result<std::unique_ptr<reader_source>> start(
      partition_log& log, const kafka_client_options& client, const std::string& topic,
      std::uint32_t partition);
  ~reader_source() override;
  reader_source(const reader_source&) = delete;
  reader_source& operator=(const reader_source&) = delete;

  void pause() override;
  void resume(std::int64_t offset) override;

 private:
  reader_source(partition_log& log, std::unique_ptr<kafka_reader> reader);
  void run();
  /// Waits while it is paused. False: it is over.
  bool may_read(std::int64_t& at);

  partition_log& log_;
  const std::unique_ptr<kafka_reader> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  bool stopping_ = false;
  bool moved_ = false;
  std::int64_t wanted_ = 0;
  std::thread thread_;
};

}  // namespace weir
