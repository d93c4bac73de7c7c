// SPDX-License-Identifier: Apache-2.0
//
// The series that lines make, found again by the text of a line's series: a line that is like an
// earlier one needs no names, labels and keys to be made. What a batch has of them is numbered anew
// for each batch. It knows no times and no values. Pure; lives on its sink's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/per_request/bring_near.hpp"
#include "sinks/mapping/series_mapper.hpp"
#include "sinks/remote_write/sending/place_index.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

/// Labels as they go over the wire (the `labels` of a TimeSeries), apart from the name: those that
/// sort before `__name__` and those after it.
struct wire_labels {
  std::string before;
  std::string after;
};

/// Where other books have a series.
struct series_places {
  place_hint sent = 0;
  place_hint stale = 0;
};

/// A series as it is sent.
struct sent_series {
  series_key key;
  place_hint hint = 0;
  wire_series wire;
};

class known_series {
 public:
  /// What it may remember from one batch to the next. Of a million series most would be forgotten
  /// before they are seen again: then it remembers nothing for some batches.
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;

  explicit known_series(std::size_t bytes = bytes_max) : bytes_max_(bytes) {}

  /// A batch of lines of that database and retention policy; numbers of the one before, and what it
  /// was told of their series, are not valid any more.
  void begin(std::string_view database, std::string_view policy);

  /// Gives the series of a line their numbers in the batch: from 0, without gaps.
  class line;

  /// How many series the batch has.
  [[nodiscard]] std::size_t count() const noexcept { return of_batch_.size(); }
  [[nodiscard]] const series_key& key(std::uint32_t number) const { return at(number).key; }
  /// For those who look it up, to be kept from batch to batch.
  [[nodiscard]] series_places& places(std::uint32_t number) {
    return all_[of_batch_[number]].places;
  }
  /// Valid until the next batch.
  [[nodiscard]] wire_series wire(std::uint32_t number) const;
  /// The same, with what else a request needs of it.
  [[nodiscard]] sent_series sent(std::uint32_t number) const {
    const entry& one = at(number);
    return {one.key, one.places.sent, wire_of(one)};
  }
  [[nodiscard]] std::size_t label_bytes(std::uint32_t number) const {
    return label_bytes_of(at(number));
  }
  /// No series that it knows has more.
  [[nodiscard]] std::size_t label_bytes_most() const noexcept { return label_bytes_most_; }
  /// It is asked about soon: brings it nearer.
  void expect(std::uint32_t number) const { bring_near(&at(number)); }
  /// The same of its labels; it is near itself.
  void expect_labels(std::uint32_t number) const;
  [[nodiscard]] std::optional<std::uint32_t> number_of(const series_key& key) const;
  /// For each series, by number, which of so many shares it belongs to: always the same one, and
  /// that of the others of its line where there are labels enough to tell lines apart.
  [[nodiscard]] std::vector<std::uint32_t> shares(std::size_t count) const;

  static constexpr std::uint32_t none = place_index::none;

 private:
  /// In one cache line: of many series, each is far from what was looked at last.
  struct alignas(64) entry {
    series_key key;
    /// Those before the name, and behind them those after it.
    const char* labels = nullptr;
    const std::string* name = nullptr;
    std::uint32_t before_bytes = 0;
    std::uint32_t after_bytes = 0;
    /// The batch that gave it its number.
    std::uint64_t batch = 0;
    std::uint32_t number = 0;
    series_places places{};
    metric_type type = metric_type::unknown;
  };
  static_assert(sizeof(entry) == 64);
  /// A line by the text of its series, its lane, its form and the keys of its fields: by a hash of
  /// them, long enough to be taken for them. Its series stand in `line_series_`, one for each
  /// field.
  struct known_line {
    series_key key;
    /// The batch that asked for its row, and what that began with.
    std::uint64_t batch = 0;
    std::uint32_t row = none;
    std::uint32_t first = 0;
    std::uint64_t cut_labels = 0;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  template <class T>
  using by_text = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

  void forget();
  /// The line's place in `lines_`, which it gets if it has none.
  [[nodiscard]] std::uint32_t find(const point_view& point, point_form form);
  [[nodiscard]] series_key key_of(const point_view& point, point_form form);
  [[nodiscard]] std::uint32_t number_in_batch(std::uint32_t series) {
    entry& one = all_[series];
    if (one.batch != batch_) {
      one.batch = batch_;
      one.number = static_cast<std::uint32_t>(of_batch_.size());
      of_batch_.push_back(series);
    }
    return one.number;
  }
  /// The place in `all_` of a series that the mapper was asked for. `kept` are the labels of its
  /// line, once there is a series that has them; nullptr: there is none.
  [[nodiscard]] std::uint32_t add(const series_key& key, const mapped_field& field,
                                  const wire_labels& labels, const std::string*& kept);
  [[nodiscard]] auto series_at() const {
    return [this](std::uint32_t place) -> const series_key& { return all_[place].key; };
  }
  [[nodiscard]] auto line_at() const {
    return [this](std::uint32_t place) -> const series_key& { return lines_[place].key; };
  }
  [[nodiscard]] static wire_series wire_of(const entry& one) noexcept {
    return {{one.labels, one.before_bytes},
            *one.name,
            {one.labels + one.before_bytes, one.after_bytes},
            one.type};
  }
  [[nodiscard]] static std::size_t label_bytes_of(const entry& one) noexcept {
    return one.before_bytes + one.name->size() + one.after_bytes + wire::series_bytes_max;
  }
  [[nodiscard]] const entry& at(std::uint32_t number) const { return all_[of_batch_[number]]; }

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t label_bytes_most_ = 0;
  std::vector<entry> all_;
  place_index index_;
  /// Of lines: those before the name, and behind them those after it.
  std::deque<std::string> labels_;
  std::unordered_set<std::string, text_hash, std::equal_to<>> names_;
  std::vector<known_line> lines_;
  place_index line_index_;
  /// Places in all_; none: not asked for yet.
  std::vector<std::uint32_t> line_series_;
  /// Numbers of databases with their retention policies.
  by_text<std::uint32_t> lanes_;
  std::uint32_t lane_ = 0;
  /// Places in all_.
  std::vector<std::uint32_t> of_batch_;
  std::uint64_t batch_ = 0;
  // Whether lines are remembered, and whether that is worth it.
  bool remembers_ = true;
  std::uint64_t found_ = 0;
  std::uint64_t made_ = 0;
  std::uint32_t resting_ = 0;
  // Of the line being read.
  std::vector<char> line_text_;
  wire_labels line_labels_;
  std::string whole_;
};

/// A line of the batch, while it is read.
class known_series::line {
 public:
  line(known_series& known, const point_view& point, series_mapper& mapper)
      : known_(known), point_(point), mapper_(mapper), cut_before_(mapper.cut_labels()) {
    if (known.remembers_ && !mapper.labels_depend_on_fields()) {
      place_ = known.find(point, mapper.form_of(point));
      series_ = known.line_series_.data() + known.lines_[place_].first;
    }
  }
  line(const line&) = delete;
  line& operator=(const line&) = delete;
  ~line() = default;

  /// Of its field number `index`.
  [[nodiscard]] std::uint32_t series_of(std::size_t index) {
    if (series_ == nullptr) {
      return known_.number_in_batch(make(index));
    }
    if (series_[index] == none) {
      series_[index] = make(index);
    }
    return known_.number_in_batch(series_[index]);
  }
  /// `row` may be one: it is not known yet that it is none.
  [[nodiscard]] bool may_be_row() const {
    return series_ != nullptr &&
           (known_.lines_[place_].batch != known_.batch_ || known_.lines_[place_].row != none);
  }
  /// The number of its first field's series, if each further field's series has the next number;
  /// none: that is not so, or not known. It may give all of them their numbers.
  /// Requires: may_be_row.
  [[nodiscard]] std::uint32_t row() {
    const known_line& seen = known_.lines_[place_];
    return seen.batch == known_.batch_ ? seen.row : find_row();
  }
  /// Of its labels, that were cut or stand in a hash. To be asked once, after its series.
  [[nodiscard]] std::uint64_t cut_labels();

 private:
  [[nodiscard]] std::uint32_t find_row();
  [[nodiscard]] std::uint32_t make(std::size_t index);
  void encode(std::string_view quantile);

  known_series& known_;
  const point_view& point_;
  series_mapper& mapper_;
  const std::uint64_t cut_before_;
  /// In lines_; none: it is not remembered.
  std::uint32_t place_ = none;
  /// Of its fields, as line_series_ has them; nullptr: it is not remembered.
  std::uint32_t* series_ = nullptr;
  /// Once the mapper was asked.
  bool taken_ = false;
  bool encoded_ = false;
  std::string_view quantile_;
  const std::string* kept_ = nullptr;
};

}  // namespace weir
