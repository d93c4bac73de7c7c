// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/topic_stores_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/kafka/kafka_offset.hpp"
#include "observe/journal.hpp"
#include "sinks/kafka/parked_topic_posix.hpp"
#include "sinks/state/sink_stores_posix.hpp"

namespace weir {
namespace {

constexpr const char* cursor_name = "cursor";
/// A cursor that is no larger is written whole each time.
constexpr std::size_t small_cursor_bytes = std::size_t{16} << 10;

/// The record first, then the group's offset: who takes over finds what the offset cannot say, and
/// goes on at the further of both. The group sends the offset when it may, and again where brokers
/// refuse it.
class topic_cursor final : public cursor_store {
 public:
  explicit topic_cursor(std::shared_ptr<kept_partition> kept) : kept_(std::move(kept)) {}

  outcome save(const cursor_state& state, const std::set<lane_key>& changed) override {
    if (kept_->lost()) {
      return nothing{};  // another member has begun where the last one stands
    }
    const bool whole = whole_bytes_ <= small_cursor_bytes || added_bytes_ > 4 * whole_bytes_;
    if (outcome stored = whole ? put_whole(state) : put_change(state, changed); !stored) {
      whole_bytes_ = 0;
      return stored;
    }
    const std::int64_t offset = offset_of(state.low_water);
    return committed_ == offset ? outcome(nothing{}) : commit(offset);
  }

 private:
  outcome put_whole(const cursor_state& state) {
    const std::string bytes = cursor_book(state, ++generation_);
    if (outcome stored = kept_->replace(cursor_name, bytes); !stored) {
      return stored;
    }
    whole_bytes_ = bytes.size();
    added_bytes_ = 0;
    ordinal_ = 0;
    return nothing{};
  }

  outcome put_change(const cursor_state& state, const std::set<lane_key>& changed) {
    const std::string bytes = cursor_book_change(state, changed, generation_, ++ordinal_);
    added_bytes_ += bytes.size();
    return kept_->append(cursor_name, bytes);
  }

  outcome commit(std::int64_t offset) {
    if (outcome committed = kept_->commit(offset); !committed) {
      return kept_->lost() ? outcome(nothing{}) : committed;
    }
    committed_ = offset;
    return nothing{};
  }

  const std::shared_ptr<kept_partition> kept_;
  /// 0: it is to be written whole.
  std::size_t whole_bytes_ = 0;
  std::size_t added_bytes_ = 0;
  std::uint64_t generation_ = 0;
  std::uint32_t ordinal_ = 0;
  std::optional<std::int64_t> committed_;
};

class topic_book final : public sent_store {
 public:
  topic_book(std::shared_ptr<kept_partition> kept, std::string name)
      : kept_(std::move(kept)), name_(std::move(name)) {}

  bool append(std::string_view bytes) override { return noted(kept_->append(name_, bytes)); }
  bool replace(std::string_view bytes) override { return noted(kept_->replace(name_, bytes)); }

 private:
  [[nodiscard]] bool noted(const outcome& done) const {
    if (!done && !kept_->lost()) {
      journal_limited(
          "sent book", journal_level::error,
          fmt::format("sink {}, partition {}: what was sent is not kept: {}; after a "
                      "crash, samples may be refused that were stored",
                      kept_->options().sink, kept_->options().partition, done.error().message));
    }
    return done.ok();
  }

  const std::shared_ptr<kept_partition> kept_;
  const std::string name_;
};

class topic_stores final : public sink_stores {
 public:
  explicit topic_stores(topic_stores_options options) : options_(std::move(options)) {}

  result<opened_cursor> cursor(const sink_settings&) override {
    return opened_cursor{std::make_unique<topic_cursor>(options_.kept), options_.start,
                         options_.begins};
  }
  result<std::unique_ptr<refused_store>> refused(const sink_settings& of) override {
    const std::string name = fmt::format("{}.{}", of.name, options_.kept->options().partition);
    return open_refused_file(of, options_.state_directory, name, part_of(of.refused_keep),
                             options_.stable);
  }
  result<std::unique_ptr<parking>> parked(const sink_settings& of) override {
    return std::unique_ptr<parking>(
        std::make_unique<parked_topic>(options_.kept, part_of(of.park_keep)));
  }
  result<opened_book> book(const std::string&, kept_book which) override {
    const std::string name = which == kept_book::sent ? "sent" : "series";
    auto held = options_.kept->book(name);
    if (!held) {
      return held.error();
    }
    return opened_book{std::make_unique<topic_book>(options_.kept, name),
                       std::move(held).value().value_or(std::string{})};
  }
  std::function<void()> settler(const std::string&) override { return {}; }
  void forget(const std::string&, std::uint64_t) override {}
  void forget_all_but(std::span<const std::string>) override {}
  std::chrono::milliseconds cursor_pace() const override { return options_.pace; }

 private:
  [[nodiscard]] std::uint64_t part_of(std::uint64_t whole) const {
    return std::max<std::uint64_t>(1, whole / std::max(1U, options_.shards));
  }

  const topic_stores_options options_;
};

}  // namespace

std::shared_ptr<sink_stores> make_topic_stores(topic_stores_options options) {
  return std::make_shared<topic_stores>(std::move(options));
}

}  // namespace weir
