// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <shared_mutex>
#include <utility>

#include "observe/journal.hpp"
#include "sinks/kafka/kafka_sinks.hpp"
#include "sinks/kafka/partition_sinks_posix.hpp"
#include "sinks/kafka/together.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

class kafka_sinks final : public sink_set {
 public:
  kafka_sinks(sink_environment environment, kafka_sinks_options options,
              std::unique_ptr<state_producer> producer)
      : environment_(std::move(environment)),
        options_(std::move(options)),
        producer_(std::move(producer)),
        memory_(options_.frames) {}
  ~kafka_sinks() override { end_all(std::chrono::milliseconds(0)); }

  outcome change(const sink_change& wanted) override;
  void tidy() override {}
  bool drain(std::chrono::steady_clock::time_point deadline) override;
  void stop(std::chrono::milliseconds at_most) override { end_all(at_most); }
  void forget_database(std::string_view name) override {
    static_cast<void>(drop_parked({}, {.database = std::string(name)}));
  }
  void may_go(std::string_view sink_name, const std::string& database) override;
  bool when_idle(std::string_view sink_name, const std::string& database,
                 std::optional<log_position> before, std::function<void()> done) override;
  std::size_t retry_parked(std::string_view sink_name, const parked_filter& which) override;
  std::size_t drop_parked(std::string_view sink_name, const parked_filter& which) override;
  void collect(metric_collector& out) const override;
  std::shared_ptr<const name_book> names() const override { return environment_.names->current(); }
  [[nodiscard]] std::vector<sink_standing> standings() const override;

 private:
  using members = std::vector<std::shared_ptr<partition_sinks>>;

  void end_all(std::chrono::milliseconds at_most);
  [[nodiscard]] outcome check(const sink_settings& one) const;
  /// With the sink's share of what all share.
  [[nodiscard]] static std::vector<sink_change> parts_of(const sink_change& wanted);
  [[nodiscard]] std::shared_ptr<partition_sinks> find(std::string_view name) const;
  [[nodiscard]] members all() const {
    const std::shared_lock hold(lock_);
    return members_;
  }
  /// Calls `what` for each of those that the name means; how many these are.
  template <class What>
  std::size_t each(std::string_view sink_name, const What& what) const;

  const sink_environment environment_;
  const kafka_sinks_options options_;
  const std::unique_ptr<state_producer> producer_;
  read_share memory_;
  const partition_sinks_world world_{options_, environment_, *producer_, memory_};
  mutable std::shared_mutex lock_;
  /// In the configuration's order.
  members members_;
  /// `done` of when_idle is called no more.
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
};

outcome kafka_sinks::check(const sink_settings& one) const {
  if (one.shard) {
    return failure{fmt::format(
        "sink \"{}\": addresses = \"shard\" is not possible with log.type = \"kafka\": which "
        "address "
        "has which series follows from one order of all points, and each partition has its own; "
        "write a [[sink]] for each address, with filters, or \"failover\" or \"replicate\"",
        one.shard->group)};
  }
  return check_target(one, environment_);
}

std::vector<sink_change> kafka_sinks::parts_of(const sink_change& wanted) {
  std::vector<sink_change> out;
  out.reserve(wanted.sinks.size());
  for (const sink_settings& one : wanted.sinks) {
    out.push_back(
        {.sinks = {one}, .compression = wanted.compression, .state_bytes = share_of_state(wanted)});
  }
  return out;
}

std::shared_ptr<partition_sinks> kafka_sinks::find(std::string_view name) const {
  const std::shared_lock hold(lock_);
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [name](const auto& one) { return one->name() == name; });
  return found == members_.end() ? nullptr : *found;
}

/// First all that can fail; what was changed until then is changed back.
outcome kafka_sinks::change(const sink_change& wanted) {
  const members before = all();
  std::vector<std::pair<std::shared_ptr<partition_sinks>, sink_change>> changed;
  members added;
  members next;
  outcome done = nothing{};
  for (const sink_change& part : parts_of(wanted)) {
    const sink_settings& settings = part.sinks.front();
    done = check(settings);
    if (!done) {
      break;
    }
    if (auto there = find(settings.name); there != nullptr) {
      const sink_change was = there->wanted();
      done = there->change(part);
      if (!done) {
        break;
      }
      changed.emplace_back(there, was);
      next.push_back(std::move(there));
      continue;
    }
    auto joined = partition_sinks::join(world_, part);
    if (!joined) {
      done = joined.error();
      break;
    }
    added.push_back(std::move(joined).value());
    next.push_back(added.back());
  }
  if (!done) {
    for (const auto& [one, was] : changed) {
      static_cast<void>(one->change(was));
    }
    together(added, [](const auto& one) { one->leave(std::chrono::milliseconds(0)); });
    return done;
  }
  members gone;
  for (const auto& one : before) {
    if (std::find(next.begin(), next.end(), one) == next.end()) {
      gone.push_back(one);
    }
  }
  {
    const std::unique_lock hold(lock_);
    members_ = std::move(next);
  }
  for (const auto& one : gone) {
    const std::uint64_t pending = one->standing().pending_points;
    journal(
        pending == 0 ? journal_level::info : journal_level::warning,
        fmt::format("sink \"{}\" is gone from the configuration and still owed {} points of the "
                    "partitions that were here; a sink of that name goes on where it stands",
                    one->name(), pending));
  }
  together(gone, [](const auto& one) { one->leave(finish_within); });
  return done;
}

bool kafka_sinks::drain(std::chrono::steady_clock::time_point deadline) {
  std::atomic<bool> drained{true};
  together(all(), [&](const auto& one) {
    if (!one->drain(deadline)) {
      drained.store(false);
    }
  });
  return drained.load();
}

void kafka_sinks::end_all(std::chrono::milliseconds at_most) {
  if (stopped_->exchange(true)) {
    return;
  }
  together(all(), [at_most](const auto& one) { one->leave(at_most); });
}

template <class What>
std::size_t kafka_sinks::each(std::string_view sink_name, const What& what) const {
  std::size_t asked = 0;
  for (const auto& one : all()) {
    if (sink_name.empty() || one->name() == sink_name) {
      static_cast<void>(one->each([&](std::int32_t, sink_set& on) { what(on); }));
      ++asked;
    }
  }
  return asked;
}

void kafka_sinks::may_go(std::string_view sink_name, const std::string& database) {
  static_cast<void>(each(sink_name, [&](sink_set& on) { on.may_go(sink_name, database); }));
}

/// The log that is written has no positions: `before` is a time. Where a drop of then or later has
/// been heard of, it says what goes of each partition; else its own end does.
bool kafka_sinks::when_idle(std::string_view sink_name, const std::string& database,
                            std::optional<log_position> before, std::function<void()> done) {
  const auto one = find(sink_name);
  if (one == nullptr || stopped_->load()) {
    return false;
  }
  std::optional<std::map<std::int32_t, std::int64_t>> ends;
  if (before && options_.ends_of_drop) {
    ends = options_.ends_of_drop(database, before->number());
  }
  one->when_idle(database, before.has_value(), ends, [done = std::move(done), stopped = stopped_] {
    if (!stopped->load()) {
      done();
    }
  });
  return true;
}

std::size_t kafka_sinks::retry_parked(std::string_view sink_name, const parked_filter& which) {
  return each(sink_name, [&](sink_set& on) { static_cast<void>(on.retry_parked({}, which)); });
}

std::size_t kafka_sinks::drop_parked(std::string_view sink_name, const parked_filter& which) {
  return each(sink_name, [&](sink_set& on) { static_cast<void>(on.drop_parked({}, which)); });
}

void kafka_sinks::collect(metric_collector& out) const {
  for (const auto& one : all()) {
    one->collect(out);
  }
  environment_.names->collect(out);
}

std::vector<sink_standing> kafka_sinks::standings() const {
  std::vector<sink_standing> out;
  for (const auto& one : all()) {
    out.push_back(one->standing());
  }
  return out;
}

}  // namespace

result<std::unique_ptr<sink_set>> start_kafka_sinks(const std::vector<sink_settings>& settings,
                                                    sink_environment environment,
                                                    kafka_sinks_options options) {
  environment.names = std::make_shared<shared_names>(
      environment.state_directory, environment.names_bytes, environment.names_before);
  auto producer =
      state_producer::make({.client = options.client, .delivery_timeout = options.produce_timeout});
  if (!producer) {
    return producer.error();
  }
  const sink_change wanted{settings, environment.compression, environment.state_bytes};
  auto made = std::make_unique<kafka_sinks>(std::move(environment), std::move(options),
                                            std::move(producer).value());
  if (outcome begun = made->change(wanted); !begun) {
    return begun.error();
  }
  return std::unique_ptr<sink_set>(std::move(made));
}

}  // namespace weir
