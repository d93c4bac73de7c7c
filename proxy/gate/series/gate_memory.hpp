// SPDX-License-Identifier: Apache-2.0
//
// What the gate remembers between lines, shared by all intake loops: the table of series, the
// window of recent points, and for each database the types of its fields and the counts of its
// series. Nothing here touches files: registrations of types wait to be written by types_journal.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"
#include "gate/series/cardinality.hpp"
#include "gate/series/point_window.hpp"
#include "gate/series/series_table.hpp"
#include "gate/types/field_types.hpp"
#include "gate/types/known_shapes.hpp"
#include "gate/types/type_claims.hpp"
#include "gate/types/types_text.hpp"

namespace weir {

class series_news;

/// One of many lines or fields, for an operator to look at.
struct gate_sample {
  std::string database;
  /// The series of a point, or the measurement of a field.
  std::string place;
  std::string field;
  std::int64_t time = 0;
  /// How many there were since the sample before.
  std::uint64_t count = 0;
};

/// Keeps the first of the samples that are noted, and hands one out at most once a minute.
/// Thread-safe.
class minute_sample {
 public:
  template <class Make>
  void note(Make make) {
    count_.fetch_add(1, std::memory_order_relaxed);
    if (waiting_.load(std::memory_order_relaxed)) {
      return;
    }
    const std::lock_guard lock(mutex_);
    if (!sample_) {
      sample_ = make();
      waiting_.store(true, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] std::optional<gate_sample> take(std::int64_t now_ns);

 private:
  std::mutex mutex_;
  std::optional<gate_sample> sample_;
  std::int64_t taken_ns_ = 0;
  std::atomic<std::uint64_t> count_{0};
  std::atomic<bool> waiting_{false};
};

/// What the gate remembers of one database. Never moved or removed: that of a database that was
/// dropped stays for requests under way and for its series in the table, and another takes its
/// place.
class database_memory {
 public:
  database_memory(std::string name, std::uint64_t seed, memory_budget& budget,
                  std::int64_t start_ns)
      : types(budget),
        series(budget, start_ns),
        shapes(budget),
        name_(std::move(name)),
        seed_(hash_text(name_, seed)) {}
  /// Empty, with the hashes of `other`: what that one knows may be copied into it.
  database_memory(const database_memory& other, memory_budget& budget, std::int64_t start_ns)
      : types(budget),
        series(budget, start_ns),
        shapes(budget),
        shapes_salt(other.shapes_salt.load()),
        name_(other.name_),
        seed_(other.seed_) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Of all hashes of its series, measurements and fields.
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  field_types types;
  database_series series;
  known_shapes shapes;
  /// Other weirs are told of its series.
  std::atomic<bool> is_told{false};
  /// Of its records in the file of types, as the file's budget counts them.
  std::atomic<std::size_t> file_bytes{0};
  /// Of the shapes whose types are known to be right: changed when a type that lines may have seen
  /// becomes another one.
  std::atomic<std::uint64_t> shapes_salt{0};

 private:
  const std::string name_;
  const std::uint64_t seed_;
};

/// The file of types is so many times limits.types at most.
inline constexpr std::size_t types_file_factor = 4;
/// Records that wait to be written: beyond this, or half of limits.types, they are written before
/// their request is complete.
inline constexpr std::size_t unwritten_bytes_usual = std::size_t{256} << 10;

struct gate_memory_options {
  std::size_t series_bytes = std::size_t{256} << 20;
  std::size_t types_bytes = std::size_t{64} << 20;
  std::size_t duplicates_bytes = std::size_t{8} << 20;
  std::uint32_t series_idle_s = 7 * 24 * 3600;
  /// False: there is no file of types, so registrations are not handed over for it.
  bool keeps_types = false;
  /// Secret, so that outsiders cannot construct collisions of hashes.
  std::uint64_t seed = 0;
  /// Time of the start, nanoseconds since the epoch.
  std::int64_t start_ns = 0;
};

class gate_memory {
 public:
  explicit gate_memory(const gate_memory_options& options);

  /// Valid as long as this object.
  [[nodiscard]] database_memory& of(std::string_view database);
  [[nodiscard]] bool knows(std::string_view database) const;
  /// For those who only ask: nullptr where nothing is remembered of it. Valid as long as this
  /// object.
  [[nodiscard]] const database_memory* find(std::string_view database) const;
  /// A small memory of its own, without a file, that knows of this database what hashes it has and
  /// nothing else: what lines need of the rest can be copied into it, and they can be tried there
  /// (facts/explain/tried_memory.hpp).
  [[nodiscard]] std::unique_ptr<gate_memory> empty_copy(std::string_view database) const;

  /// The database was dropped: its types and series are not known any more, nor are they after a
  /// restart once the file is kept. A request under way may go on with what was known. Any thread.
  void forget(std::string_view database);
  /// The same, where weirs share it: `place` is where their topic says so, so that all hash what is
  /// written to it later in one way.
  void forget(std::string_view database, std::uint64_t place);

  /// How many were forgotten, or had a type changed: after each, `of` may have another memory of a
  /// name. Any thread.
  [[nodiscard]] std::uint64_t drops() const noexcept {
    return drops_.load(std::memory_order_acquire);
  }

  /// A field's type, known from elsewhere: from the file of types, or from the database itself. The
  /// names are meant as they stand, without escapes. A type that is known already stays.
  field_types::answer learn(std::string_view database, std::string_view measurement,
                            std::string_view field, field_type type);
  /// Registers the type that a line uses first; `measurement_hash` is what `measurement_key` says.
  /// `full`: there is no room for it, in memory or in the file, and the field passes unchecked.
  field_types::answer add_type(database_memory& database, std::uint64_t measurement_hash,
                               std::string_view measurement, std::string_view field,
                               field_type type);

  /// Types are shared with other weirs: those that lines use first are claimed there, and the three
  /// calls below say what became of them. `claims` outlives this object. Before anything else.
  void share_types(type_claims& claims) noexcept { claims_ = &claims; }
  /// nullptr: types are this process' own.
  [[nodiscard]] type_claims* claims() const noexcept { return claims_; }
  /// The weirs have agreed on this type. `replaced`: lines may have seen another one. False: there
  /// is no room for it.
  bool settle_type(const registered_field& name, field_type type, bool replaced);
  /// Nobody has a claim to it any more.
  void remove_type(const registered_field& name);
  /// What was claimed could not be told to the others. One that was settled meanwhile stays.
  void give_up_claimed(const registered_field& name);

  /// Series are shared with other weirs, which hash them by this seed, too: those of databases with
  /// limits are noted in `news`, which outlives this object. Before anything else.
  void share_series(series_news& news, std::uint64_t seed) noexcept {
    news_ = &news;
    seed_ = seed;
  }
  /// nullptr: series are this process' own.
  [[nodiscard]] series_news* news() const noexcept { return news_; }
  /// Those of whose series other weirs are told.
  [[nodiscard]] std::vector<database_memory*> told_databases() const;

  [[nodiscard]] static std::uint64_t measurement_key(const database_memory& database,
                                                     std::string_view measurement) noexcept {
    return hash_text(measurement, database.seed());
  }

  /// Registrations made so far: raised before another thread can see the type.
  [[nodiscard]] std::uint64_t registrations() const noexcept {
    return registrations_.load(std::memory_order_acquire);
  }
  /// Takes the records that the file lacks, and says how many registrations they bring it to.
  [[nodiscard]] std::string take_unwritten(std::uint64_t& registrations);
  /// Whether so many records wait that they should be written before a request is complete.
  [[nodiscard]] bool should_write() const noexcept {
    return unwritten_bytes_.load(std::memory_order_relaxed) > unwritten_bytes_usual_;
  }

  /// Points whose values differ from those of another point of their series and time.
  minute_sample duplicates;
  /// Lines with a field twice, of which the last value went on.
  minute_sample repeated_fields;
  /// Fields that were passed unchecked, because limits.types is used up.
  minute_sample unchecked;

  struct database_counts {
    std::string name;
    std::uint64_t series = 0;
    std::uint64_t types = 0;
  };
  [[nodiscard]] std::vector<database_counts> count() const;
  /// Of one; zeros where nothing is known of it.
  [[nodiscard]] database_counts count_of(std::string_view database) const;
  [[nodiscard]] const memory_budget& types_budget() const noexcept { return types_budget_; }
  [[nodiscard]] memory_budget& types_budget() noexcept { return types_budget_; }
  /// Bytes of the records that the file of types may hold, and holds or will.
  [[nodiscard]] const memory_budget& types_file_budget() const noexcept { return file_budget_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

 private:
  friend class types_loader;
  /// The same, of what the file said.
  void forget_loaded(std::string_view database);
  /// Whether there was something to forget. Requires: mutex_ is held.
  [[nodiscard]] bool replace(std::string_view database);
  [[nodiscard]] bool make_record(const registered_field& name, field_type type, std::string& out);
  [[nodiscard]] field_types::answer add_claimed(database_memory& database, const wide_hash& key,
                                                const registered_field& name, field_type type);
  void change_salt(database_memory& database);
  /// Requires: mutex_. `place`: where weirs do not share that it was dropped.
  [[nodiscard]] std::uint64_t seed_of(std::string_view database, std::uint64_t place) const;

  const gate_memory_options options_;
  memory_budget types_budget_;
  memory_budget file_budget_;
  const std::size_t unwritten_bytes_usual_;
  mutable std::mutex mutex_;  // of the map
  std::map<std::string, std::unique_ptr<database_memory>, std::less<>> databases_;
  /// Of databases that were dropped, without their types. Beyond so many a database keeps its
  /// types when it is dropped.
  static constexpr std::size_t dropped_max = 10'000;
  std::vector<std::unique_ptr<database_memory>> dropped_;
  std::atomic<std::uint64_t> drops_{0};
  /// Where the topic that weirs share says of a database that it was dropped.
  std::map<std::string, std::uint64_t, std::less<>> dropped_at_;
  type_claims* claims_ = nullptr;
  series_news* news_ = nullptr;
  std::uint64_t seed_;
  std::mutex unwritten_mutex_;
  std::string unwritten_;
  std::atomic<std::size_t> unwritten_bytes_{0};
  std::atomic<std::uint64_t> registrations_{0};

 public:
  // After what their entries point to, so that they are destroyed first.
  series_table series;
  point_window points;
};

}  // namespace weir
