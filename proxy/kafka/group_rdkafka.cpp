// SPDX-License-Identifier: Apache-2.0
#include "kafka/group_rdkafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "kafka/handle_rdkafka.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

struct order {
  std::int32_t partition = 0;
  bool pauses = false;
  std::int64_t offset = 0;
};

std::vector<std::int32_t> numbers_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<std::int32_t> out;
  out.reserve(static_cast<std::size_t>(list.cnt));
  for (int i = 0; i < list.cnt; ++i) {
    out.push_back(list.elems[i].partition);
  }
  return out;
}

/// Whether a member joins: from its JoinGroup until what it is given is known. librdkafka tells
/// nobody, but for each request that it sends and each answer.
class join_watch {
 public:
  void add_to(rd_kafka_conf_t* conf) {
    rd_kafka_conf_interceptor_add_on_new(conf, name, add, this);
  }
  /// For so long it has not.
  [[nodiscard]] bool calm_for(std::chrono::steady_clock::duration time) const {
    return !joins_.load() && std::chrono::steady_clock::now().time_since_epoch() -
                                     std::chrono::steady_clock::duration(joined_.load()) >=
                                 time;
  }

 private:
  static constexpr const char* name = "weir_joins";
  // Of Kafka's protocol.
  static constexpr std::int16_t join_group = 11;
  static constexpr std::int16_t sync_group = 14;

  static rd_kafka_resp_err_t add(rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*,
                                 std::size_t) {
    rd_kafka_interceptor_add_on_request_sent(handle, name, sent, self);
    rd_kafka_interceptor_add_on_response_received(handle, name, received, self);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  static rd_kafka_resp_err_t sent(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t request,
                                  std::int16_t, std::int32_t, std::size_t, void* self) {
    if (request == join_group) {
      static_cast<join_watch*>(self)->joins_.store(true);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  static rd_kafka_resp_err_t received(rd_kafka_t*, int, const char*, std::int32_t,
                                      std::int16_t request, std::int16_t, std::int32_t, std::size_t,
                                      std::int64_t, rd_kafka_resp_err_t, void* self) {
    if (request == sync_group) {
      auto& watch = *static_cast<join_watch*>(self);
      watch.joined_.store(std::chrono::steady_clock::now().time_since_epoch().count());
      watch.joins_.store(false);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  std::atomic<bool> joins_{false};
  std::atomic<std::chrono::steady_clock::rep> joined_{0};
};

void tell(const char* what, kafka_ptr<rd_kafka_error_t> error) {
  if (error != nullptr) {
    journal(journal_level::warning,
            fmt::format("kafka: {}: {}", what, rd_kafka_error_string(error.get())));
  }
}

}  // namespace

struct kafka_group::state {
  kafka_group_options options;
  kafka_group_events events;
  join_watch joins;
  kafka_ptr<rd_kafka_t> handle;
  kafka_ptr<rd_kafka_queue_t> queue;
  std::mutex lock;
  std::vector<order> orders;
  std::set<std::int32_t> mine;
  bool closing = false;
  struct wanted_commit {
    std::int64_t offset = 0;
    std::string metadata;
  };
  std::map<std::int32_t, wanted_commit> commits;
  std::chrono::steady_clock::time_point rebalanced_at;  // the member's thread alone
  std::chrono::steady_clock::time_point committed_at;
  std::atomic<bool> leaving{false};
  std::thread thread;

  [[nodiscard]] kafka_ptr<rd_kafka_topic_partition_list_t> one(std::int32_t partition,
                                                               std::int64_t offset) const {
    kafka_ptr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), partition)->offset =
        offset;
    return list;
  }

  void follow_orders();
  /// `last`: it is the last word on these partitions, so that the answer is waited for.
  void send_commits(const std::map<std::int32_t, wanted_commit>& which, bool last);
  void take_back(const rd_kafka_topic_partition_list_t& refused);
  void send_commits_when_calm();
  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions);
  void wake_fetchers();
  void take(kafka_ptr<rd_kafka_message_t> message);
  void run();
  void ask(order wanted) {
    const std::lock_guard hold(lock);
    orders.push_back(wanted);
    wake();
  }
  /// Requires: `lock`. Whoever closes a consumer must not be woken: it would take that for the end.
  void wake() {
    if (!closing) {
      rd_kafka_queue_yield(queue.get());
    }
  }
};

kafka_group::kafka_group(std::unique_ptr<state> made) : state_(std::move(made)) {}

void kafka_group::state::rebalance(rd_kafka_resp_err_t what,
                                   rd_kafka_topic_partition_list_t& partitions) {
  const std::vector<std::int32_t> numbers = numbers_of(partitions);
  rebalanced_at = std::chrono::steady_clock::now();
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    {
      const std::lock_guard hold(lock);
      mine.insert(numbers.begin(), numbers.end());
    }
    const std::vector<std::int64_t> from = events.assigned(numbers);
    WEIR_ASSERT(from.size() == numbers.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      partitions.elems[i].offset = from[i];
    }
    tell("partitions cannot be taken over",
         kafka_ptr<rd_kafka_error_t>(rd_kafka_incremental_assign(handle.get(), &partitions)));
    // One that was paused when the member had it before would be for ever.
    static_cast<void>(rd_kafka_resume_partitions(handle.get(), &partitions));
    wake_fetchers();
    return;
  }
  const bool lost = rd_kafka_assignment_lost(handle.get()) != 0;
  events.revoked(numbers, lost);
  std::map<std::int32_t, wanted_commit> last;
  {
    const std::lock_guard hold(lock);
    for (const std::int32_t each : numbers) {
      mine.erase(each);
      if (auto found = commits.extract(each)) {
        last.insert(std::move(found));
      }
      // Whoever has it next begins anew.
      std::erase_if(orders, [each](const order& one) { return one.partition == each; });
    }
  }
  if (!lost) {
    send_commits(last, /*last=*/true);  // before the JoinGroup that follows
  }
  tell("partitions cannot be let go of",
       kafka_ptr<rd_kafka_error_t>(rd_kafka_incremental_unassign(handle.get(), &partitions)));
  wake_fetchers();
}

/// librdkafka pauses all partitions while it waits for a rebalance to be followed, and resumes them
/// then; but a thread that has found nothing to fetch meanwhile looks again only after a second, or
/// when there is something else for it to do. So each leader is asked something.
void kafka_group::state::wake_fetchers() {
  const kafka_ptr<rd_kafka_topic_partition_list_t> all(rd_kafka_topic_partition_list_new(0));
  {
    const std::lock_guard hold(lock);
    if (closing) {
      return;
    }
    for (const std::int32_t each : mine) {
      // The offset is a time here: that of the end.
      rd_kafka_topic_partition_list_add(all.get(), options.topic.c_str(), each)->offset =
          RD_KAFKA_OFFSET_END;
    }
  }
  constexpr int at_most_ms = 100;
  if (all->cnt > 0) {
    static_cast<void>(rd_kafka_offsets_for_times(handle.get(), all.get(), at_most_ms));
  }
}

void kafka_group::state::follow_orders() {
  std::vector<order> now;
  {
    const std::lock_guard hold(lock);
    now.swap(orders);
  }
  for (const order& one_order : now) {
    const auto list = one(one_order.partition, one_order.offset);
    if (one_order.pauses) {
      static_cast<void>(rd_kafka_pause_partitions(handle.get(), list.get()));
      continue;
    }
    constexpr int seek_wait_ms = 1'000;
    kafka_ptr<rd_kafka_error_t> sought(
        rd_kafka_seek_partitions(handle.get(), list.get(), seek_wait_ms));
    const rd_kafka_resp_err_t own = list->elems[0].err;
    if (sought != nullptr || own != RD_KAFKA_RESP_ERR_NO_ERROR) {
      // It has not begun to read yet: again in the next turn, unless it is not the member's.
      if (own != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        const std::lock_guard hold(lock);
        orders.push_back(one_order);
      }
      continue;
    }
    static_cast<void>(rd_kafka_resume_partitions(handle.get(), list.get()));
  }
}

void kafka_group::state::send_commits(const std::map<std::int32_t, wanted_commit>& which,
                                      bool last) {
  if (which.empty()) {
    return;
  }
  const kafka_ptr<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(which.size())));
  for (const auto& [partition, wanted] : which) {
    rd_kafka_topic_partition_t* const one_of =
        rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), partition);
    one_of->offset = wanted.offset;
    if (!wanted.metadata.empty()) {
      // librdkafka frees it with the list.
      auto* copy = static_cast<char*>(std::malloc(wanted.metadata.size()));  // NOLINT
      WEIR_ASSERT(copy != nullptr);
      std::copy(wanted.metadata.begin(), wanted.metadata.end(), copy);
      one_of->metadata = copy;
      one_of->metadata_size = wanted.metadata.size();
    }
  }
  constexpr int tries_most = 3;
  rd_kafka_resp_err_t error = rd_kafka_commit(handle.get(), list.get(), last ? 0 : 1);
  for (int tries = 1;
       last && tries < tries_most && error == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS; ++tries) {
    error = rd_kafka_commit(handle.get(), list.get(), 0);
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    journal_limited("kafka commit", journal_level::warning,
                    fmt::format("kafka: group {}: {}", options.group, kafka_error_text(error)));
  }
}

/// What was refused is committed with the next ones, unless something newer is to be.
void kafka_group::state::take_back(const rd_kafka_topic_partition_list_t& refused) {
  const std::lock_guard hold(lock);
  for (int i = 0; i < refused.cnt; ++i) {
    const rd_kafka_topic_partition_t& each = refused.elems[i];
    if (each.offset < 0 || !mine.contains(each.partition)) {
      continue;
    }
    wanted_commit again{.offset = each.offset, .metadata = {}};
    if (each.metadata != nullptr) {
      again.metadata.assign(static_cast<const char*>(each.metadata), each.metadata_size);
    }
    commits.try_emplace(each.partition, std::move(again));
  }
}

/// A commit that waits behind the member's own JoinGroup, on its connection, has an old generation
/// when the broker looks at it, and librdkafka then gives up all partitions, also those that would
/// have stayed: so there are few, and none while the member joins or the group is restless.
void kafka_group::state::send_commits_when_calm() {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (!joins.calm_for(3s) || now - rebalanced_at < 3s || now - committed_at < 5s) {
    return;
  }
  committed_at = now;
  std::map<std::int32_t, wanted_commit> all;
  {
    const std::lock_guard hold(lock);
    all.swap(commits);
  }
  send_commits(all, /*last=*/false);
}

void kafka_group::state::take(kafka_ptr<rd_kafka_message_t> message) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    events.received(to_kafka_record(*message));
  } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (events.at_end) {
      events.at_end(message->partition, message->offset);
    }
  } else if (message->err != RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    journal_limited(
        "kafka consumer", journal_level::warning,
        fmt::format("kafka: group {}: {}", options.group, rd_kafka_message_errstr(message.get())));
  }
}

void kafka_group::state::run() {
  constexpr int rest_ms = 1'000;
  while (!leaving.load()) {
    if (kafka_ptr<rd_kafka_message_t> message{rd_kafka_consumer_poll(handle.get(), rest_ms)}) {
      take(std::move(message));
    }
    follow_orders();
    send_commits_when_calm();
    if (events.turn) {
      events.turn();
    }
  }
  {
    const std::lock_guard hold(lock);
    closing = true;
  }
  // Revokes what is left: its callback is served by this call.
  static_cast<void>(rd_kafka_consumer_close(handle.get()));
}

result<std::unique_ptr<kafka_group>> kafka_group::join(kafka_group_options options,
                                                       kafka_group_events events) {
  const std::array own{
      std::pair<std::string, std::string>{"partition.assignment.strategy", "cooperative-sticky"},
      std::pair<std::string, std::string>{"session.timeout.ms",
                                          std::to_string(options.session_timeout.count())},
      // A member learns by a heartbeat that others wait for its partitions, or may have some of
      // its.
      std::pair<std::string, std::string>{"heartbeat.interval.ms",
                                          std::to_string(options.session_timeout.count() / 20)},
  };
  auto made = std::make_unique<state>();
  auto conf =
      make_consumer_conf(options.client, options.group, options.fetched_kib_max, own, made.get());
  if (!conf) {
    return conf.error();
  }
  made->joins.add_to(conf.value().get());
  rd_kafka_conf_set_rebalance_cb(
      conf.value().get(),
      [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
         void* opaque) { static_cast<state*>(opaque)->rebalance(what, *partitions); });
  rd_kafka_conf_set_offset_commit_cb(
      conf.value().get(), [](rd_kafka_t*, rd_kafka_resp_err_t error,
                             rd_kafka_topic_partition_list_t* offsets, void* opaque) {
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr) {
          static_cast<state*>(opaque)->take_back(*offsets);
        }
      });
  auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(conf).value());
  if (!handle) {
    return handle.error();
  }
  made->options = std::move(options);
  made->events = std::move(events);
  made->handle = std::move(handle).value();
  static_cast<void>(rd_kafka_poll_set_consumer(made->handle.get()));
  made->queue.reset(rd_kafka_queue_get_consumer(made->handle.get()));
  const kafka_ptr<rd_kafka_topic_partition_list_t> topics(rd_kafka_topic_partition_list_new(1));
  static_cast<void>(rd_kafka_topic_partition_list_add(topics.get(), made->options.topic.c_str(),
                                                      RD_KAFKA_PARTITION_UA));
  if (const auto error = rd_kafka_subscribe(made->handle.get(), topics.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failure{fmt::format("group {}: {}", made->options.group, kafka_error_text(error))};
  }
  made->thread = std::thread([raw = made.get()] { raw->run(); });
  return std::unique_ptr<kafka_group>(new kafka_group(std::move(made)));
}

kafka_group::~kafka_group() {
  leave();
}

void kafka_group::leave() {
  if (!state_->leaving.exchange(true)) {
    {
      const std::lock_guard hold(state_->lock);
      state_->wake();
    }
    state_->thread.join();
  }
}

void kafka_group::pause(std::int32_t partition) {
  state_->ask({.partition = partition, .pauses = true});
}

void kafka_group::resume(std::int32_t partition, std::int64_t offset) {
  state_->ask({.partition = partition, .offset = offset});
}

outcome kafka_group::commit(std::int32_t partition, std::int64_t offset,
                            const std::string& metadata) {
  {
    // The brokers look at the member alone: they would take it for a partition that is another's.
    const std::lock_guard hold(state_->lock);
    if (!state_->mine.contains(partition)) {
      return failure{fmt::format("group {}, partition {}: it is another member's",
                                 state_->options.group, partition)};
    }
    state_->commits[partition] = {.offset = offset, .metadata = metadata};
  }
  return nothing{};
}

}  // namespace weir
