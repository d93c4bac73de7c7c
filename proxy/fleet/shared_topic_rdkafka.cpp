// SPDX-License-Identifier: Apache-2.0
#include "fleet/shared_topic_rdkafka.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "kafka/producer_rdkafka.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t read_bytes_max = std::size_t{1} << 20;
// Also how often claims that nobody has sent are sent.
constexpr milliseconds read_wait{200};
constexpr milliseconds rest_after_failure{500};
constexpr milliseconds probe_again{2'000};
constexpr milliseconds topics_wait{10'000};
// For advice alone, which some brokers do not give.
constexpr milliseconds setting_wait{1'000};
// Claims are looked at in groups of so much time.
constexpr milliseconds mark_step{100};
// The topic is small. Claims and databases, with room for their names.
constexpr std::uint64_t queue_bytes_max = std::uint64_t{16} << 20;

/// Claims up to a number were made before a moment.
struct claims_mark {
  clock::time_point at;
  std::uint64_t greatest = 0;
};

struct awaited_record {
  shared_topic::done told;
  clock::time_point until;
};

}  // namespace

struct shared_topic::inner {
  shared_topic_options options;
  type_claims& claims;
  shared_state& state;
  std::unique_ptr<kafka_reader> reader;
  std::unique_ptr<kafka_producer> producer;
  std::int64_t next = 0;

  mutable std::mutex lock;
  std::condition_variable stop_called;
  bool stopping = false;
  /// By offset, until the reader has passed it.
  std::multimap<std::int64_t, awaited_record> awaited;
  std::int64_t taken = 0;
  std::string write_trouble;
  std::string read_trouble;
  clock::time_point read_trouble_began;
  /// When something was read last; of the last probe: whether it waits to be written, when it was
  /// sent, where it stands and until when it should be read.
  clock::time_point heard_at = clock::now();
  clock::time_point probed_at = clock::now();
  bool probe_is_out = false;
  std::int64_t probe_offset = -1;
  clock::time_point probe_until;

  // Of the thread.
  std::deque<claims_mark> marks;
  std::uint64_t failed_up_to = 0;

  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> write_failures{0};
  std::thread thread;
  std::thread adviser;

  inner(shared_topic_options wanted, type_claims& own_claims, shared_state& own_state)
      : options(std::move(wanted)), claims(own_claims), state(own_state) {}
  ~inner() {
    if (adviser.joinable()) {
      adviser.join();
    }
  }
  inner(const inner&) = delete;
  inner& operator=(const inner&) = delete;

  [[nodiscard]] outcome prepare_topic();
  void advise(const kafka_topics& topics) const;
  void begin_series(const kafka_topics& topics) const;
  [[nodiscard]] outcome read_to_end();
  void run();
  void take(const kafka_reader::found& read);
  void expire();
  void send_claims();
  void send_series(bool all);
  void write(const std::string& key, std::optional<std::string_view> value,
             const std::function<void(const kafka_delivery&)>& reported);
  void write_database(const std::string& key, std::optional<std::string_view> value, done told);
  void look();
  void look_back(bool has_heard);
  void note_write(const std::string& why);
  void note_read(const std::string& why);
};

outcome shared_topic::inner::prepare_topic() {
  auto topics = kafka_topics::make(options.client);
  if (!topics) {
    return topics.error();
  }
  auto found = topics.value()->describe(options.topic, topics_wait);
  if (!found) {
    return found.error();
  }
  begin_series(*topics.value());
  if (!found.value()) {
    const auto made = topics.value()->create({.name = options.topic,
                                              .partitions = 1,
                                              .replication = options.replication,
                                              .settings = {{"cleanup.policy", "compact"}}},
                                             topics_wait);
    if (!made) {
      return failure{"topic " + options.topic + " cannot be made: " + made.error().message};
    }
    return nothing{};
  }
  if (found.value()->partitions != 1) {
    return failure{
        fmt::format("topic {} has {} partitions and must have 1: its order decides which "
                    "weir was first. Move it away, so that weir makes it anew",
                    options.topic, found.value()->partitions)};
  }
  adviser = std::thread(
      [this, of = std::shared_ptr<kafka_topics>(std::move(topics).value())] { advise(*of); });
  return nothing{};
}

/// Brokers that do not tell are waited for here, and not by the start.
void shared_topic::inner::advise(const kafka_topics& topics) const {
  const auto cleanup = topics.setting(options.topic, "cleanup.policy", setting_wait);
  if (cleanup && cleanup.value() && *cleanup.value() != "compact") {
    journal(
        journal_level::warning,
        fmt::format("topic {} has cleanup.policy={}, and must have compact: types of fields and "
                    "databases that clients created would be lost after its retention",
                    options.topic, *cleanup.value()));
  }
}

/// All weirs of the topic hash series in one way, which those who write lines do not know.
void shared_topic::inner::begin_series(const kafka_topics& topics) const {
  if (state.series() == nullptr) {
    return;
  }
  const std::string cluster = topics.cluster_id(topics_wait);
  if (cluster.empty()) {
    journal(journal_level::warning,
            fmt::format("no broker says which cluster topic {} is of: limits of series count what "
                        "comes to this process alone",
                        options.topic));
    return;
  }
  state.series()->begin(cluster + '/' + options.topic);
}

outcome shared_topic::inner::read_to_end() {
  auto last = clock::now();
  std::string why = "nothing came";
  while (clock::now() - last < options.start_timeout) {
    auto read = reader->read(next, read_bytes_max, read_wait);
    if (!read) {
      why = read.error().message;
      std::this_thread::sleep_for(read_wait);
      continue;
    }
    if (read.value().next > next || !read.value().records.empty()) {
      last = clock::now();
    }
    take(read.value());
    if (read.value().at_end) {
      return nothing{};
    }
  }
  return failure{fmt::format("topic {} cannot be read to its end: {}", options.topic, why)};
}

void shared_topic::inner::note_write(const std::string& why) {
  const std::lock_guard hold(lock);
  write_trouble = why;
}

void shared_topic::inner::note_read(const std::string& why) {
  const std::lock_guard hold(lock);
  if (read_trouble.empty()) {
    read_trouble_began = clock::now();
  }
  read_trouble = why;
}

/// A reader that nothing reaches cannot know whether nothing was written. So one of the weirs
/// writes a record that says nothing, where none was read for a while; and each that had trouble
/// does.
void shared_topic::inner::look() {
  const clock::time_point now = clock::now();
  bool had_trouble = false;
  {
    const std::lock_guard hold(lock);
    had_trouble = !write_trouble.empty() || !read_trouble.empty();
    if (probe_is_out || now - (had_trouble ? probed_at : heard_at) <
                            (had_trouble ? probe_again : options.probe_every)) {
      return;
    }
    probe_is_out = true;
  }
  probed_at = now;
  write(probe_key(options.topic), std::nullopt, [this](const kafka_delivery& delivery) {
    const std::lock_guard hold(lock);
    probe_is_out = false;
    if (delivery.error.empty()) {
      probe_offset = delivery.offset;
      probe_until = clock::now() + 2 * options.produce_timeout;
    }
  });
}

/// Whether what was written is read again.
void shared_topic::inner::look_back(bool has_heard) {
  const clock::time_point now = clock::now();
  bool is_late = false;
  {
    const std::lock_guard hold(lock);
    heard_at = has_heard ? now : heard_at;
    is_late = probe_offset >= next && now > probe_until;
  }
  if (is_late) {
    note_read("what is written to it does not arrive");
  } else if (has_heard) {
    note_read({});
  }
}

void shared_topic::inner::take(const kafka_reader::found& read) {
  for (const kafka_record& record : read.records) {
    state.take(record);
  }
  next = read.next;
  std::vector<done> told;
  {
    const std::lock_guard hold(lock);
    taken = next;
    const auto end = awaited.lower_bound(taken);
    for (auto one = awaited.begin(); one != end; ++one) {
      told.push_back(std::move(one->second.told));
    }
    awaited.erase(awaited.begin(), end);
  }
  for (const done& each : told) {
    each(nothing{});
  }
}

void shared_topic::inner::run() {
  for (;;) {
    auto read = reader->read(next, read_bytes_max, read_wait);
    if (read) {
      take(read.value());
      look_back(!read.value().records.empty() || read.value().at_end);
    } else {
      note_read(read.error().message);
      journal_limited("shared topic", journal_level::warning,
                      fmt::format("topic {} cannot be read: {}. What other weirs say of types and "
                                  "databases is not heard meanwhile",
                                  options.topic, read.error().message));
    }
    send_claims();
    send_series(/*all=*/true);
    look();
    expire();
    std::unique_lock hold(lock);
    if (!read) {
      stop_called.wait_for(hold, rest_after_failure, [this] { return stopping; });
    }
    if (stopping) {
      return;
    }
  }
}

/// What was written, as far as is known, and does not come back.
void shared_topic::inner::expire() {
  const clock::time_point now = clock::now();
  if (marks.empty() || now - marks.back().at >= mark_step) {
    marks.push_back({now, claims.greatest()});
  }
  const clock::time_point late = now - 2 * options.produce_timeout;
  std::uint64_t greatest = 0;
  while (!marks.empty() && marks.front().at < late) {
    greatest = marks.front().greatest;
    marks.pop_front();
  }
  if (greatest > failed_up_to) {
    state.fail(failed_up_to + 1, greatest,
               fmt::format("topic {} does not show what was written to it", options.topic));
    failed_up_to = greatest;
  }
  std::vector<done> told;
  {
    const std::lock_guard hold(lock);
    for (auto one = awaited.begin(); one != awaited.end();) {
      if (one->second.until < now) {
        told.push_back(std::move(one->second.told));
        one = awaited.erase(one);
      } else {
        ++one;
      }
    }
  }
  for (const done& each : told) {
    each(failure{fmt::format("topic {} does not show what was written to it", options.topic)});
  }
}

void shared_topic::inner::write(const std::string& key, std::optional<std::string_view> value,
                                const std::function<void(const kafka_delivery&)>& reported) {
  {
    std::unique_lock hold(lock);
    if (stopping) {
      hold.unlock();
      reported({.error = "weir is ending"});
      return;
    }
  }
  const std::array headers{kafka_header{shared_version_header, shared_version}};
  const auto kept = value ? std::make_shared<const std::string>(*value) : nullptr;
  kafka_record_view record{.key = key, .headers = headers};
  if (kept != nullptr) {
    record.value = *kept;
  }
  const kafka_queue_result queued = producer->produce(
      options.topic, 0, record, kept, [this, reported](const kafka_delivery& delivery) {
        (delivery.error.empty() ? written : write_failures).fetch_add(1, std::memory_order_relaxed);
        note_write(delivery.error);
        reported(delivery);
      });
  if (queued.status != kafka_queued::taken) {
    write_failures.fetch_add(1, std::memory_order_relaxed);
    note_write(queued.why);
    reported({.error = queued.why});
  }
}

void shared_topic::inner::send_claims() {
  for (const type_claims::outgoing& each : claims.take_unsent()) {
    std::optional<std::string_view> value;
    if (each.type) {
      value = name_of(*each.type);
    }
    write(type_key({each.database, each.measurement, each.field}, each.who), value,
          [this, number = each.number](const kafka_delivery& delivery) {
            if (!delivery.error.empty() && number != 0) {
              state.fail(
                  number, number,
                  fmt::format("topic {} cannot be written: {}", options.topic, delivery.error));
            }
          });
  }
}

/// `all`: on the topic's thread. Else news alone.
void shared_topic::inner::send_series(bool all) {
  shared_series* const series = state.series();
  if (series == nullptr) {
    return;
  }
  for (const shared_series::outgoing& each : all ? series->due() : series->take_news()) {
    write(each.key, each.value, [series, kind = each.kind](const kafka_delivery& delivery) {
      series->reported(kind, delivery.error.empty());
    });
  }
}

void shared_topic::inner::write_database(const std::string& key,
                                         std::optional<std::string_view> value, done told) {
  write(key, value, [this, told = std::move(told)](const kafka_delivery& delivery) {
    if (!delivery.error.empty()) {
      told(failure{fmt::format("topic {} cannot be written: {}", options.topic, delivery.error)});
      return;
    }
    {
      const std::lock_guard hold(lock);
      if (!stopping && delivery.offset >= taken) {
        awaited.emplace(delivery.offset,
                        awaited_record{told, clock::now() + options.produce_timeout});
        return;
      }
    }
    told(nothing{});
  });
}

shared_topic::shared_topic(std::unique_ptr<inner> made) : inner_(std::move(made)) {}

result<std::unique_ptr<shared_topic>> shared_topic::open(shared_topic_options options,
                                                         type_claims& claims, shared_state& state) {
  auto made = std::make_unique<inner>(std::move(options), claims, state);
  if (auto prepared = made->prepare_topic(); !prepared) {
    return prepared.error();
  }
  auto reader = kafka_reader::make(made->options.client, made->options.topic, 0);
  if (!reader) {
    return reader.error();
  }
  made->reader = std::move(reader).value();
  if (auto read = made->read_to_end(); !read) {
    return read.error();
  }
  state.caught_up();
  auto producer = kafka_producer::make({.client = made->options.client,
                                        .queue_bytes_max = queue_bytes_max,
                                        .delivery_timeout = made->options.produce_timeout});
  if (!producer) {
    return producer.error();
  }
  made->producer = std::move(producer).value();
  inner* const raw = made.get();
  claims.on_unsent([raw] { raw->send_claims(); });
  if (state.series() != nullptr) {
    state.series()->on_many([raw] { raw->send_series(/*all=*/false); });
  }
  made->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<shared_topic>(new shared_topic(std::move(made)));
}

shared_topic::~shared_topic() {
  stop();
}

void shared_topic::stop() {
  {
    const std::lock_guard hold(inner_->lock);
    inner_->stopping = true;
  }
  inner_->stop_called.notify_all();
  if (!inner_->thread.joinable()) {
    return;
  }
  inner_->thread.join();
  inner_->claims.on_unsent(nullptr);
  if (inner_->state.series() != nullptr) {
    inner_->state.series()->on_many(nullptr);
  }
  inner_->producer.reset();
  std::multimap<std::int64_t, awaited_record> left;
  {
    const std::lock_guard hold(inner_->lock);
    left.swap(inner_->awaited);
  }
  for (const auto& [offset, each] : left) {
    each.told(failure{"weir is ending"});
  }
}

void shared_topic::create_database(std::string_view database, done told) {
  inner_->write_database(database_key(database), "created", std::move(told));
}

/// The record that created it stands before this one, and counts no more.
void shared_topic::drop_database(std::string_view database,
                                 const std::map<std::int32_t, std::int64_t>& ends, done told) {
  inner_->write_database(dropped_key(database), dropped_value(ends), std::move(told));
}

void shared_topic::take_back_database(std::string_view database, done told) {
  inner_->write_database(database_key(database), std::nullopt, std::move(told));
}

const std::string& shared_topic::name() const noexcept {
  return inner_->options.topic;
}

outcome shared_topic::standing() const {
  const std::lock_guard hold(inner_->lock);
  if (!inner_->write_trouble.empty()) {
    return failure{fmt::format("topic {} cannot be written: {}", inner_->options.topic,
                               inner_->write_trouble)};
  }
  if (!inner_->read_trouble.empty() &&
      clock::now() - inner_->read_trouble_began >= inner_->options.trouble_told) {
    return failure{
        fmt::format("topic {} cannot be read: {}", inner_->options.topic, inner_->read_trouble)};
  }
  return nothing{};
}

void shared_topic::collect(metric_collector& out) const {
  const auto count = [&out](std::string_view name, std::string_view help, std::uint64_t value) {
    out.counter_value(name, help, static_cast<double>(value));
  };
  count("weir_shared_records_read_total", "Records read of the topic that weirs share.",
        inner_->state.records());
  count("weir_shared_records_unreadable_total",
        "Records of the topic that weirs share which this version cannot read.",
        inner_->state.unreadable());
  count("weir_shared_types_beyond_total",
        "Types of fields in the topic that weirs share for which limits.types has no room.",
        inner_->state.beyond());
  count("weir_shared_records_written_total", "Records written to the topic that weirs share.",
        inner_->written.load());
  count("weir_shared_write_failures_total",
        "Records that could not be written to the topic that weirs share.",
        inner_->write_failures.load());
  if (const shared_series* series = inner_->state.series(); series != nullptr) {
    series->collect(out);
  }
  out.gauge_value("weir_shared_topic_answers",
                  "1: the topic that weirs share can be written and read, as far as is known; 0: "
                  "it cannot.",
                  standing() ? 1 : 0);
  out.gauge_value("weir_shared_claims_waiting",
                  "Types of fields that wait for the topic that weirs share.",
                  static_cast<double>(inner_->claims.waiting_count()));
}

}  // namespace weir
