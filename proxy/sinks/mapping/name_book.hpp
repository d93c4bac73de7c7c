// SPDX-License-Identifier: Apache-2.0
//
// Who has which name: of two measurements with their fields, or of two tag keys, that would be
// written alike, the first keeps that name and the other gets a suffix made of its own text, for
// good. One for all remote_write sinks of a process; its records are kept in a file (name_store).
// How names look is name_text's and mapping_rules' part. Thread-safe; asked once for each name of a
// sink, not for each point. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sinks/mapping/name_records.hpp"

namespace weir {

/// Where records are kept. Called by one thread at a time.
class name_store {
 public:
  virtual ~name_store() = default;
  /// Adds whole records; when it returns true they outlive a loss of power.
  virtual bool append(std::string_view records) = 0;
};

enum class name_form : std::uint8_t {
  plain,         // what was wanted, at most with underscores
  escaped,       // with U__
  suffixed,      // another had that name
  unremembered,  // there was no room to remember it: with a suffix, too
};
inline constexpr std::size_t name_form_count = 4;
[[nodiscard]] std::string_view name_of(name_form form) noexcept;

struct given_name {
  std::string text;
  name_form form = name_form::plain;
};

class name_book {
 public:
  /// Writes the owner's name with this suffix (at first none) in its text: what a different suffix
  /// is given for is different.
  using writer = std::function<std::string(std::string_view suffix)>;

  /// `bytes_max` of records. `store` may be null: nothing is kept.
  name_book(std::uint64_t bytes_max, std::unique_ptr<name_store> store);
  /// A book that knows what `given` knows (may be null), and keeps what it gives itself: for those
  /// who try what a line would become.
  [[nodiscard]] static std::shared_ptr<name_book> beside(std::shared_ptr<const name_book> given,
                                                         std::uint64_t bytes_max);

  /// A record of the store. False: its owner has another name already, the name is another's, or it
  /// is beyond the limit.
  bool load(const name_record& record);

  /// The owner's name, the same for ever once it was `flush`ed.
  [[nodiscard]] given_name name(const name_owner& owner, const writer& write);
  /// Whether the owner has a name that is remembered.
  [[nodiscard]] bool knows(const name_owner& owner) const;
  /// From now on no name is given that is not remembered already: one that is asked for is counted,
  /// and looks as if there were no room for it. For those who must not give names.
  void close();
  /// Hands new records to the store: to be done before a name is used. False when that failed; they
  /// are tried again with the next call.
  bool flush();

  struct numbers {
    /// Names that are remembered, by form, and the times that one was not.
    std::uint64_t of[name_form_count] = {};
    std::uint64_t bytes = 0;
    std::uint64_t bytes_max = 0;
    std::uint64_t failures = 0;
    /// Times that a closed book was asked for a name which is not given yet.
    std::uint64_t not_given = 0;
  };
  [[nodiscard]] numbers count() const;

 private:
  struct key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct hasher {
    std::size_t operator()(const key& one) const noexcept { return one.low; }
  };
  struct entry {
    std::string name;
    name_form form = name_form::plain;
  };
  [[nodiscard]] static key key_of(const name_owner& owner);
  [[nodiscard]] static key key_of_name(const name_owner& owner, std::string_view name);
  /// Of the other book: with a lock of its own.
  [[nodiscard]] std::optional<given_name> given_before(const key& owner) const;
  [[nodiscard]] bool is_given(const key& name) const;
  [[nodiscard]] const entry& remember(const name_owner& owner, std::string name, name_form form);

  const std::uint64_t bytes_max_;
  /// Taken before `mutex_`, and held while the store writes: who returns from `flush` finds all
  /// kept that was new before.
  std::mutex writing_;
  std::unique_ptr<name_store> store_;
  mutable std::mutex mutex_;
  std::unordered_map<key, entry, hasher> names_;
  /// Whose each name is.
  std::unordered_map<key, key, hasher> owners_;
  std::string unwritten_;
  numbers numbers_;
  bool closed_ = false;
  /// Asked first, never changed; null: there is none.
  std::shared_ptr<const name_book> before_;
};

}  // namespace weir
