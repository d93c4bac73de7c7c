// SPDX-License-Identifier: Apache-2.0
//
// What a sink keeps of one partition, as records of a compacted topic, and back (docs/log_kafka.md,
// "What a sink keeps"). A book is bytes that are replaced as a whole, or appended to. Each owner of
// the partition writes under an epoch of its own, so that what one writes who has lost it, and does
// not know, is passed over. Pure: it sends and reads nothing. Anyone may write into a topic, so
// what is read is checked like what a stranger sent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/client.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

/// Version of the format: what this weir writes, and the greatest that it reads.
inline constexpr std::uint32_t state_record_version = 1;

/// One record of the topic.
struct state_record {
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers{};
  /// Nothing: a tombstone.
  std::optional<std::string> value{};
};

struct state_key {
  std::string sink;
  /// Which book: letters.
  std::string book;
  std::uint64_t epoch = 0;
  /// 0 or 1.
  std::uint32_t area = 0;
  std::uint32_t number = 0;
  friend bool operator==(const state_key&, const state_key&) = default;
};
[[nodiscard]] std::string to_text(const state_key& key);
[[nodiscard]] std::optional<state_key> state_key_of(std::string_view text);

/// Makes the records of one book, of one owner. What replaces the book goes into the area that does
/// not hold it, so that it is whole at any time.
class state_writer {
 public:
  /// Bytes of a record's value at most.
  static constexpr std::size_t part_bytes_max = std::size_t{512} << 10;

  /// `before`: keys of earlier owners, which count no more once this one has written the whole.
  state_writer(std::string sink, std::string book, std::uint64_t epoch,
               std::set<std::string> before);

  /// Together they are the book from now on, if all of them are stored.
  [[nodiscard]] std::vector<state_record> replace(std::string_view bytes);
  /// They are: tombstones for what counts no more, which may be lost.
  [[nodiscard]] std::vector<state_record> replaced();
  /// There is something to append to.
  [[nodiscard]] bool holds() const noexcept { return holds_; }
  /// What follows the bytes so far. If not all of them are stored, the book is to be replaced next.
  /// Requires: holds().
  [[nodiscard]] std::vector<state_record> append(std::string_view bytes);

 private:
  [[nodiscard]] std::string key_text(std::uint32_t area, std::uint32_t number) const;
  void add_parts(std::string_view bytes, std::uint32_t parts, std::vector<state_record>& out);

  const std::string sink_;
  const std::string book_;
  const std::uint64_t epoch_;
  std::set<std::string> before_;
  bool holds_ = false;
  /// The area that holds the book, or will once its records are stored.
  std::uint32_t area_ = 1;
  std::uint64_t generation_ = 0;
  std::uint32_t next_ = 0;
  /// Numbers that were used in each area.
  std::array<std::uint32_t, 2> used_{};
};

/// Finds the books of one sink among all records of a partition, given in their order.
class state_reader {
 public:
  explicit state_reader(std::string sink) : sink_(std::move(sink)) {}

  void add(const kafka_record& record);

  /// The newest whole one; nothing: there is none.
  [[nodiscard]] std::optional<std::string> book(const std::string& name) const;
  /// Of all records that are there of it.
  [[nodiscard]] std::set<std::string> keys(const std::string& name) const;
  /// 0: nobody has written anything.
  [[nodiscard]] std::uint64_t greatest_epoch() const noexcept { return greatest_epoch_; }
  /// Records of the sink that are none of this format, of a later one, or damaged.
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_; }
  /// What counts now may be what a later weir wrote, and cannot be read.
  [[nodiscard]] bool has_later() const noexcept;

 private:
  struct part {
    std::uint64_t generation = 0;
    std::uint32_t parts = 0;
    std::string value;
    /// A later weir wrote it.
    bool later = false;
  };
  /// By area and number.
  using parts_by_number = std::map<std::pair<std::uint32_t, std::uint32_t>, part>;

  [[nodiscard]] static std::optional<part> part_of(const kafka_record& record);
  [[nodiscard]] static std::optional<std::string> newest_of(const parts_by_number& parts);

  std::string sink_;
  /// By book and epoch.
  std::map<std::string, std::map<std::uint64_t, parts_by_number>> books_;
  std::uint64_t greatest_epoch_ = 0;
  std::uint64_t passed_over_ = 0;
};

/// A cursor as the bytes of a book, and the change of some of its lanes, to be appended to them.
/// `ordinal`: which change since the whole, from 1 on.
[[nodiscard]] std::string cursor_book(const cursor_state& state, std::uint64_t generation);
[[nodiscard]] std::string cursor_book_change(const cursor_state& state,
                                             const std::set<lane_key>& changed,
                                             std::uint64_t generation, std::uint32_t ordinal);
[[nodiscard]] std::optional<cursor_state> cursor_of_book(std::string_view bytes);

/// What a group has committed of a partition.
struct committed_position {
  /// Everything before is done.
  log_position at;
  /// A weir committed it: the sink's record says more.
  bool by_weir = false;
};
/// The metadata of what a weir commits, and of what `weir log move` does.
inline constexpr std::string_view commit_metadata = "weir";
inline constexpr std::string_view move_metadata = "weir log move";
[[nodiscard]] constexpr bool is_by_weir(std::string_view metadata) noexcept {
  return metadata == commit_metadata || metadata == move_metadata;
}

struct taken_over {
  /// Nothing: the sink begins where its settings say.
  std::optional<cursor_state> state;
  /// Another tool has set the group's offset.
  bool moved_by_hand = false;
};
/// Where a sink goes on, by its record and its group's offset, either of which may be missing: at
/// the further of both; an offset that no weir committed counts alone. Points that are passed over
/// so are found to be lost when the sink counts what is pending.
[[nodiscard]] taken_over take_over(std::optional<cursor_state> kept,
                                   const std::optional<committed_position>& committed);
/// A cursor beyond the end of its partition is of a topic that was made anew, or whose newest
/// frames the brokers have lost: it begins at the first frame that is there. False: it is none.
[[nodiscard]] bool begin_anew_behind_end(cursor_state& state, log_position first, log_position end);

}  // namespace weir
