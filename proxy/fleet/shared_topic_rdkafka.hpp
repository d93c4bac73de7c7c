// SPDX-License-Identifier: Apache-2.0
//
// The topic that several weirs share, as one of them sees it: read to its end before the weir
// serves, and then on a thread of its own; claims, and databases that clients created or dropped,
// are written to it. What records mean is shared_state's. Any thread, but for `open` and `stop`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "fleet/shared_state.hpp"
#include "gate/types/type_claims.hpp"
#include "kafka/client.hpp"
#include "observe/metrics.hpp"

namespace weir {

struct shared_topic_options {
  kafka_client_options client;
  /// Made where it is missing: of one partition, compacted.
  std::string topic;
  /// 0: the brokers' default.
  std::uint32_t replication = 0;
  /// What is not written by then, and what is written and not seen again by twice that time, has
  /// failed.
  std::chrono::milliseconds produce_timeout{5'000};
  /// For reading to the end: how long nothing may come.
  std::chrono::milliseconds start_timeout{30'000};
  /// Where nothing was read for so long, something is written, to see that it arrives.
  std::chrono::milliseconds probe_every{30'000};
  /// That it cannot be read is told once it lasts so long: a broker that goes has a follower soon.
  std::chrono::milliseconds trouble_told{5'000};
};

class shared_topic {
 public:
  /// Called once, on one of the topic's threads: it must not wait.
  using done = std::function<void(const outcome&)>;

  /// When it returns, `state` has taken what the topic says, and goes on taking. `claims` and
  /// `state` outlive it.
  [[nodiscard]] static result<std::unique_ptr<shared_topic>> open(shared_topic_options options,
                                                                  type_claims& claims,
                                                                  shared_state& state);
  ~shared_topic();
  shared_topic(const shared_topic&) = delete;
  shared_topic& operator=(const shared_topic&) = delete;
  /// Ends its threads: what was not written has failed.
  void stop();

  /// Succeeds when the record has come back in the topic's order, so that `state` knows of it.
  void create_database(std::string_view database, done told);
  /// `ends`: see shared_record.
  void drop_database(std::string_view database, const std::map<std::int32_t, std::int64_t>& ends,
                     done told);
  /// It was not created after all.
  void take_back_database(std::string_view database, done told);

  /// Whether the topic can be written and read, as far as the last attempts tell.
  [[nodiscard]] outcome standing() const;
  [[nodiscard]] const std::string& name() const noexcept;
  void collect(metric_collector& out) const;

 private:
  struct inner;
  explicit shared_topic(std::unique_ptr<inner> made);
  std::unique_ptr<inner> inner_;
};

}  // namespace weir
