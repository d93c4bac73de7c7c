// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/partition_sinks_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/text/counted.hpp"
#include "log/kafka/kafka_offset.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "observe/journal.hpp"
#include "sinks/kafka/labelled_metrics.hpp"
#include "sinks/kafka/together.hpp"
#include "sinks/kafka/topic_stores_posix.hpp"
#include "sinks/sink_runner_uv.hpp"

namespace weir {
namespace {

/// Between two tries to open a partition, and between two looks at what Kafka has deleted.
constexpr std::chrono::seconds open_again{1};
constexpr std::chrono::seconds firsts_again{30};
/// So long the brokers are waited for in one question.
constexpr std::chrono::milliseconds question{5'000};

}  // namespace

/// Passes on what the partition's log says of its source.
class partition_sinks::source final : public partition_source {
 public:
  source(kafka_group& group, std::int32_t partition) : group_(group), partition_(partition) {}
  void pause() override { group_.pause(partition_); }
  void resume(std::int64_t offset) override { group_.resume(partition_, offset); }

 private:
  kafka_group& group_;
  const std::int32_t partition_;
};

/// In the order in which they end, from the last to the first.
struct partition_sinks::on_partition {
  std::int32_t number = 0;
  std::shared_ptr<kept_partition> kept;
  std::unique_ptr<partition_log> log;
  std::unique_ptr<source> from;
  std::unique_ptr<sink_set> sinks;
  /// What was delivered of it before, here or by others: its cursor counts on.
  std::uint64_t delivered_before = 0;
};

partition_sinks::partition_sinks(const partition_sinks_world& world, sink_change wanted)
    : world_(world),
      name_(wanted.sinks.front().name),
      group_name_(world.options.group + "-" + name_),
      wanted_(std::move(wanted)),
      group_is_(joined_.get_future()) {}

result<std::unique_ptr<partition_sinks>> partition_sinks::join(const partition_sinks_world& world,
                                                               const sink_change& wanted) {
  std::unique_ptr<partition_sinks> made(new partition_sinks(world, wanted));
  auto topics = kafka_topics::make(world.options.client, made->group_name_);
  if (!topics) {
    return topics.error();
  }
  made->topics_ = std::move(topics).value();
  auto group = kafka_group::join(
      {.client = world.options.client,
       .group = made->group_name_,
       .topic = world.options.topic,
       .session_timeout = world.options.session_timeout},
      {.assigned = [raw = made.get()](const auto& which) { return raw->assigned(which); },
       .revoked = [raw = made.get()](const auto& which, bool lost) { raw->revoked(which, lost); },
       .received = [raw = made.get()](kafka_record one) { raw->received(std::move(one)); },
       .at_end = [raw = made.get()](auto which, auto end) { raw->at_end(which, end); },
       .turn = [raw = made.get()] { raw->turn(); }});
  if (!group) {
    made->joined_.set_value(nullptr);
    return group.error();
  }
  made->group_ = std::move(group).value();
  made->joined_.set_value(made->group_.get());
  return made;
}

partition_sinks::~partition_sinks() {
  leave(std::chrono::milliseconds(0));
}

void partition_sinks::leave(std::chrono::milliseconds finish_within) {
  finish_within_.store(finish_within);
  if (group_ != nullptr) {
    group_->leave();
  }
}

// ---- partitions come and go

std::vector<std::int64_t> partition_sinks::assigned(const std::vector<std::int32_t>& partitions) {
  if (partitions.empty()) {
    return {};
  }
  const std::lock_guard hold(turn_);
  struct opening {
    std::int32_t number = 0;
    std::unique_ptr<on_partition> made{};
    /// Why it is not made.
    std::string why{};
  };
  heard_ms_.store(monotonic_ms());
  std::vector<opening> all(partitions.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].number = partitions[i];
  }
  together(all, [this](opening& one) {
    auto opened = open(one.number);
    if (opened) {
      one.made = std::move(opened).value();
    } else {
      one.why = opened.error().message;
    }
  });
  std::vector<std::int64_t> from;
  for (opening& one : all) {
    if (one.made == nullptr) {
      note_unopened(one.number, one.why);
      from.push_back(0);
      continue;
    }
    from.push_back(one.made->log->wanted());
    {
      const std::unique_lock change(lock_);
      partitions_[one.number] = std::move(one.made);
    }
    give_up_dropped(one.number);
  }
  journal(journal_level::info,
          fmt::format("sink {}: delivers {} of {} here, {} more than before", name_,
                      counted(partitions_.size() + unopened_.size(), "partition"),
                      world_.options.topic, partitions.size()));
  return from;
}

/// It is read on once it could be opened.
void partition_sinks::note_unopened(std::int32_t partition, const std::string& why) {
  journal_limited("kafka partition unopened", journal_level::error,
                  fmt::format("sink {}: partition {} cannot be delivered yet: {}; it is tried "
                              "again each second",
                              name_, partition, why));
  unopened_.insert(partition);
  group_is_.get()->pause(partition);
  look_again_ = std::chrono::steady_clock::now() + open_again;
}

void partition_sinks::end(on_partition& one, std::chrono::milliseconds finish_within) {
  one.sinks->stop(finish_within);
  static_cast<void>(one.log->close());
}

void partition_sinks::revoked(const std::vector<std::int32_t>& partitions, bool lost) {
  if (partitions.empty()) {
    return;
  }
  const std::lock_guard hold(turn_);
  std::vector<std::unique_ptr<on_partition>> gone;
  for (const std::int32_t one : partitions) {
    unopened_.erase(one);
    const std::unique_lock change(lock_);
    if (const auto found = partitions_.find(one); found != partitions_.end()) {
      delivered_gone_ += delivered_here(*found->second);
      gone.push_back(std::move(found->second));
      partitions_.erase(found);
    }
  }
  if (lost) {
    // Nothing that is kept now may count: another member has begun where the last cursor is.
    for (const auto& one : gone) {
      one->kept->lose();
    }
  }
  // Requests of what was lost would only be late.
  const auto within = lost ? std::chrono::milliseconds(0) : finish_within_.load();
  together(gone, [this, within](const std::unique_ptr<on_partition>& one) {
    const std::uint64_t before = delivered_here(*one);
    end(*one, within);
    delivered_gone_ += std::max(delivered_here(*one), before) - before;
  });
  journal(lost ? journal_level::warning : journal_level::info,
          fmt::format("sink {}: {} of {} {}, {} left here", name_,
                      counted(partitions.size(), "partition"), world_.options.topic,
                      lost ? "went to other members, because this one was silent for too long"
                           : "given back",
                      partitions_.size() + unopened_.size()));
}

partition_sinks::on_partition* partition_sinks::find(std::int32_t partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : found->second.get();
}

void partition_sinks::received(kafka_record record) {
  if (on_partition* const to = find(record.partition); to != nullptr) {
    to->log->received(std::move(record));
  }
}

void partition_sinks::at_end(std::int32_t partition, std::int64_t end) {
  if (on_partition* const to = find(partition); to != nullptr) {
    to->log->at_end(end);
  }
}

bool partition_sinks::is_heard_of() const {
  return monotonic_ms() - heard_ms_.load() < world_.options.session_timeout.count();
}

void partition_sinks::turn() {
  const auto now = std::chrono::steady_clock::now();
  heard_ms_.store(monotonic_ms());
  if (now >= look_at_firsts_) {
    look_at_firsts_ = now + firsts_again;
    look_at_firsts();
  }
  if (unopened_.empty() || now < look_again_) {
    return;
  }
  const std::lock_guard hold(turn_);
  for (const std::int32_t one : std::set<std::int32_t>(unopened_)) {
    auto made = open(one);
    if (!made) {
      note_unopened(one, made.error().message);
      continue;
    }
    unopened_.erase(one);
    const std::int64_t from = made.value()->log->wanted();
    {
      const std::unique_lock change(lock_);
      partitions_[one] = std::move(made).value();
    }
    give_up_dropped(one);
    group_is_.get()->resume(one, from);
  }
}

/// Of databases that were dropped while the partition was another's, or nobody's. After it is in
/// the list: who hears of a drop now sees it there.
void partition_sinks::give_up_dropped(std::int32_t partition) {
  if (!world_.options.dropped_before) {
    return;
  }
  on_partition& on = *partitions_.at(partition);
  for (const auto& [database, end] : world_.options.dropped_before(name_, partition)) {
    static_cast<void>(on.sinks->when_idle(name_, database, position_of(end), [] {}));
  }
}

/// What the topic's retention has deleted is gone for those who are behind.
void partition_sinks::look_at_firsts() {
  for (const auto& [number, one] : partitions_) {
    const auto there = topics_->offsets(world_.options.topic, number, question);
    if (!there) {
      return;
    }
    one->log->first_is(there.value().first);
    if (const auto stop = one->log->stopped_at()) {
      journal_limited("kafka later", journal_level::error,
                      fmt::format("sink {}: partition {} waits at offset {}, whose record a later "
                                  "weir wrote: bring this one up to date",
                                  name_, number, *stop));
    }
  }
}

// ---- a partition is opened

/// Where the sink goes on, or begins.
outcome partition_sinks::find_start(on_partition& made, kafka_offsets& there, cursor_state& start,
                                    bool& begins) {
  const kafka_sinks_options& options = world_.options;
  if (outcome read = made.kept->read(); !read) {
    return read;
  }
  auto kept = made.kept->book("cursor");
  if (!kept) {
    return kept.error();
  }
  std::optional<cursor_state> cursor;
  if (kept.value()) {
    cursor = cursor_of_book(*kept.value());
  }
  auto committed = topics_->committed(options.topic, made.number, question);
  if (!committed) {
    return committed.error();
  }
  // After the cursor, which says nothing of what came later then.
  auto offsets = topics_->offsets(options.topic, made.number, question);
  if (!offsets) {
    return offsets.error();
  }
  there = offsets.value();
  std::optional<committed_position> group;
  if (committed.value()) {
    group = {position_of(committed.value()->offset), is_by_weir(committed.value()->metadata)};
  }
  taken_over found = take_over(std::move(cursor), group);
  if (found.moved_by_hand) {
    journal(journal_level::warning,
            fmt::format("sink {}, partition {}: another program has set the offset of group {}: it "
                        "goes on at {}",
                        name_, made.number, group_name_, committed.value()->offset));
  }
  begins = !found.state;
  const std::int64_t stood = found.state ? offset_of(found.state->low_water) : 0;
  if (found.state &&
      begin_anew_behind_end(*found.state, position_of(there.first), position_of(there.end))) {
    journal(journal_level::error,
            fmt::format("sink {}, partition {}: its cursor stands at offset {}, but the partition "
                        "ends at {}: the topic was made anew, or the brokers lost its newest "
                        "frames; it starts at the first one",
                        name_, made.number, stood, there.end));
  }
  if (found.state) {
    start = std::move(*found.state);
    return nothing{};
  }
  std::int64_t offset = there.first;
  const sink_start& from = settings().start;
  if (from.at == sink_start::place::now) {
    offset = there.end;
  } else if (from.at != sink_start::place::oldest) {
    const std::int64_t since_ns =
        from.at == sink_start::place::time ? from.ns : wall_clock_ns() - from.ns;
    auto at = topics_->offset_at(options.topic, made.number,
                                 std::max<std::int64_t>(0, since_ns / 1'000'000), question);
    if (!at) {
      return at.error();
    }
    offset = at.value();
  }
  start.low_water = start.discovered = position_of(offset);
  start.log_identity = options.identity(made.number);
  return nothing{};
}

outcome partition_sinks::begin(on_partition& made, kafka_offsets there, cursor_state start,
                               bool begins) {
  const kafka_sinks_options& options = world_.options;
  const sink_environment& given = world_.environment;
  // What Kafka has deleted is not waited for.
  const std::int64_t first = std::max(there.first, offset_of(start.low_water));
  auto log = partition_log::open({.client = options.client,
                                  .topic = options.topic,
                                  .partition = static_cast<std::uint32_t>(made.number),
                                  .identity = options.identity(made.number),
                                  .promise = options.promise,
                                  .memory = world_.memory,
                                  .read_ahead = options.read_ahead,
                                  .begin = first,
                                  .there = there});
  if (!log) {
    return log.error();
  }
  made.log = std::move(log).value();
  sink_environment environment{
      .log = *made.log,
      .memory = given.memory,
      .state_directory = given.state_directory,
      .persistent = true,
      .compression = wanted_.compression,
      .created_through_weir = given.created_through_weir,
      .seed = given.seed + static_cast<std::uint64_t>(made.number),
      .state_bytes = wanted_.state_bytes / std::max(1U, options.shards),
      .names_bytes = given.names_bytes,
      .state_key = given.state_key,
      .names = given.names,
      .waits_for_server = given.waits_for_server,
      .server_lacks = given.server_lacks,
      .stores = make_topic_stores({.kept = made.kept,
                                   .start = std::move(start),
                                   .begins = begins,
                                   .pace = options.commit_interval,
                                   .state_directory = given.state_directory,
                                   .stable = options.promise == append_promise::synced,
                                   .shards = options.shards}),
      .may_deliver = [this] { return is_heard_of(); },
      .count_wait = std::chrono::milliseconds(0)};
  auto sinks = start_sinks(wanted_.sinks, std::move(environment));
  if (!sinks) {
    return sinks.error();
  }
  made.sinks = std::move(sinks).value();
  made.from = std::make_unique<source>(*group_is_.get(), made.number);
  made.log->feed_from(made.from.get());
  return nothing{};
}

result<std::unique_ptr<partition_sinks::on_partition>> partition_sinks::open(
    std::int32_t partition) {
  const kafka_sinks_options& options = world_.options;
  auto made = std::make_unique<on_partition>();
  made->number = partition;
  kafka_group* const group = group_is_.get();
  made->kept = std::make_shared<kept_partition>(
      kept_partition_options{.sink = name_,
                             .partition = partition,
                             .client = options.client,
                             .state_topic = kafka_state_topic(options.topic),
                             .parked_topic = kafka_parked_topic(options.topic),
                             .producer = world_.producer,
                             .topics = *topics_,
                             .commit =
                                 [group, partition](std::int64_t offset) {
                                   return group->commit(partition, offset,
                                                        std::string(commit_metadata));
                                 },
                             .at_most = std::max(options.produce_timeout, question)},
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_clock_ns() / 1'000'000)));
  kafka_offsets there;
  cursor_state start;
  bool begins = false;
  if (outcome found = find_start(*made, there, start, begins); !found) {
    return found.error();
  }
  made->delivered_before = start.delivered;
  if (outcome begun = begin(*made, there, std::move(start), begins); !begun) {
    return begun.error();
  }
  return made;
}

// ---- for the set

outcome partition_sinks::change(const sink_change& wanted) {
  const std::lock_guard hold(turn_);
  const sink_change before = wanted_;
  const auto become = [this](const sink_change& next) {
    const std::unique_lock change(lock_);
    wanted_ = next;
  };
  become(wanted);
  const auto share_of = [this](const sink_change& of) {
    sink_change out = of;
    out.state_bytes /= std::max(1U, world_.options.shards);
    return out;
  };
  outcome done = nothing{};
  std::vector<sink_set*> changed;
  for (const auto& [number, one] : partitions_) {
    done = one->sinks->change(share_of(wanted));
    if (!done) {
      break;
    }
    changed.push_back(one->sinks.get());
  }
  if (!done) {
    become(before);
    for (sink_set* const one : changed) {
      static_cast<void>(one->change(share_of(before)));
    }
  }
  return done;
}

std::size_t partition_sinks::each(
    const std::function<void(std::int32_t partition, sink_set& on)>& what) const {
  const std::shared_lock hold(lock_);
  for (const auto& [number, one] : partitions_) {
    what(number, *one->sinks);
  }
  return partitions_.size();
}

bool partition_sinks::drain(std::chrono::steady_clock::time_point deadline) {
  const std::lock_guard hold(turn_);
  std::vector<std::pair<sink_set*, bool>> all;
  for (const auto& [number, one] : partitions_) {
    all.emplace_back(one->sinks.get(), false);
  }
  together(all, [deadline](auto& one) { one.second = one.first->drain(deadline); });
  return std::all_of(all.begin(), all.end(), [](const auto& one) { return one.second; });
}

void partition_sinks::when_idle(const std::string& database, bool drop,
                                const std::optional<std::map<std::int32_t, std::int64_t>>& known,
                                const std::function<void()>& done) {
  std::map<std::int32_t, log_position> ends;
  if (known) {
    for (const auto& [partition, end] : *known) {
      ends[partition] = position_of(end);
    }
  } else if (drop) {
    each([&](std::int32_t partition, sink_set&) { ends[partition]; });
    for (auto& [partition, end] : ends) {
      // What was acknowledged may not have come here yet.
      if (const auto there = topics_->offsets(world_.options.topic, partition, question)) {
        end = position_of(there.value().end);
      }
    }
  }
  // Called once nobody holds it any more: all partitions have told, or were let go of.
  const std::shared_ptr<void> last(nullptr, [done](void*) { done(); });
  each([&](std::int32_t partition, sink_set& on) {
    const auto end = ends.find(partition);
    if (drop && end == ends.end()) {
      return;  // it came just now
    }
    static_cast<void>(on.when_idle(name_, database,
                                   drop ? std::optional(end->second) : std::nullopt,
                                   [last] { static_cast<void>(last); }));
  });
}

void partition_sinks::collect(metric_collector& out) const {
  const std::shared_lock hold(lock_);
  out.gauge_value("weir_sink_partitions", "Partitions that this process delivers to the sink",
                  static_cast<double>(partitions_.size()), {{"sink", name_}});
  for (const auto& [number, one] : partitions_) {
    const std::string partition = std::to_string(number);
    labelled_metrics of_sink(out, {{"partition", partition}});
    one->sinks->collect(of_sink);
    labelled_metrics of_log(out, {{"sink", name_}, {"partition", partition}});
    one->log->collect(of_log);
  }
}

std::vector<sink_standing> partition_sinks::standings_of(const on_partition& one) {
  std::vector<sink_standing> parts = one.sinks->standings();
  for (sink_standing& part : parts) {
    part.delivered_here -= std::min(part.delivered_here, one.delivered_before);
  }
  return parts;
}

std::uint64_t partition_sinks::delivered_here(const on_partition& one) {
  std::uint64_t delivered = 0;
  for (const sink_standing& part : standings_of(one)) {
    delivered += part.delivered_here;
  }
  return delivered;
}

sink_standing partition_sinks::standing() const {
  // Of what no partition says.
  static const sink_counters none;
  sink_standing sum = standing_of(settings(), none);
  const std::shared_lock hold(lock_);
  sum.delivered_here = delivered_gone_;
  for (const auto& [number, one] : partitions_) {
    for (sink_standing& part : standings_of(*one)) {
      add_to(sum, std::move(part));
      sum.partitions.push_back(number);
    }
  }
  return sum;
}

}  // namespace weir
