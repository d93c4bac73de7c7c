// SPDX-License-Identifier: Apache-2.0
//
// A member of a consumer group of one topic: which partitions it has changes while it runs, by
// cooperative rebalancing (partitions that stay are read on meanwhile). A thread of its own reads
// and calls back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

struct kafka_group_options {
  kafka_client_options client;
  std::string group;
  std::string topic;
  /// How long a member may be silent before its partitions go to others.
  std::chrono::milliseconds session_timeout{10'000};
  /// Of what is fetched and not handed out yet.
  std::uint32_t fetched_kib_max = 16 * 1024;
};

/// All are called on the member's thread, one at a time.
struct kafka_group_events {
  /// These partitions are the member's from now on. Returns from which offset each is read, in
  /// their order. While it runs nothing else is called, and the group waits: be brief.
  std::function<std::vector<std::int64_t>(const std::vector<std::int32_t>&)> assigned;
  /// These are to be let go of: when it returns, another member may have them. Nothing is received
  /// while it runs, of the others neither; the group does not wait. `lost`: another member has them
  /// already (this one was silent for too long), and what is committed now counts no more.
  std::function<void(const std::vector<std::int32_t>&, bool lost)> revoked;
  /// A record of a partition that is the member's.
  std::function<void(kafka_record)> received;
  /// Nothing was behind that offset when it was read. May be empty.
  std::function<void(std::int32_t partition, std::int64_t end)> at_end = {};
  /// Called between reads, once a second at least. May be empty.
  std::function<void()> turn = {};
};

class kafka_group {
 public:
  [[nodiscard]] static result<std::unique_ptr<kafka_group>> join(kafka_group_options options,
                                                                 kafka_group_events events);
  /// Leaves.
  ~kafka_group();
  kafka_group(const kafka_group&) = delete;
  kafka_group& operator=(const kafka_group&) = delete;

  /// Nothing more is received of the partition, or it is again, from `offset` on. Any thread; takes
  /// effect soon, in the order of calls. What was received meanwhile may come.
  void pause(std::int32_t partition);
  void resume(std::int32_t partition, std::int64_t offset);

  /// Commits an offset (all before it is done): within some seconds while the group is calm, and
  /// before the partition is let go of. For others to see; whoever needs it exactly keeps it
  /// elsewhere. Fails where the partition is not the member's (any more). Any thread.
  [[nodiscard]] outcome commit(std::int32_t partition, std::int64_t offset,
                               const std::string& metadata);

  /// Gives all partitions back (`revoked` is called for them) and leaves the group. Once; the
  /// destructor does it, too.
  void leave();

 private:
  struct state;
  explicit kafka_group(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace weir
