// SPDX-License-Identifier: Apache-2.0
//
// Types of fields that several weirs share over one ordered topic (docs/log_kafka.md): a weir whose
// lines use a field first *claims* a type for it, and the claim that comes first in the topic wins.
// This is the book of claims: which of them the topic has, which of this process wait for it, and
// which requests may go on. It knows neither the gate's memory nor Kafka. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/memory_budget.hpp"
#include "gate/series/series_hash.hpp"
#include "gate/types/types_text.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// The claims, by their numbers, that lines of a request rest on.
struct claim_range {
  /// 0: none.
  std::uint64_t least = 0;
  std::uint64_t greatest = 0;

  [[nodiscard]] bool empty() const noexcept { return least == 0; }
  void include(std::uint64_t number) noexcept {
    least = least == 0 || number < least ? number : least;
    greatest = number > greatest ? number : greatest;
  }
  friend bool operator==(const claim_range&, const claim_range&) = default;
};

enum class claim_fate : std::uint8_t {
  settled,  // the topic says what was claimed
  waits,
  lost,    // another weir was first, with another type
  failed,  // the topic cannot be written or read
};

struct claim_standing {
  claim_fate fate = claim_fate::settled;
  /// Of `lost` and `failed`.
  std::string why = {};
};

class type_claims {
 public:
  /// What a field whose type the topic says takes from the budget.
  static constexpr std::size_t field_bytes = 96;
  /// Of losses and failures, so many are remembered, with their words.
  static constexpr std::size_t refusals_max = 4096;
  /// Claims that are to be sent before their request is complete.
  static constexpr std::size_t unsent_usual = 1000;

  /// `process` tells this process' claims from those of all others. `budget` pays for what the
  /// topic says, and outlives this object.
  type_claims(std::uint64_t process, memory_budget& budget) : process_(process), lease_(budget) {}

  // --- asked by the gate

  struct claimed {
    /// 0: it needs none, or (`full`) there is no room for one.
    std::uint64_t number = 0;
    field_type type = field_type::float64;
    bool full = false;
  };
  /// A line uses a field first, with this type. The answer's type is another one where the topic
  /// or another thread was faster.
  [[nodiscard]] claimed claim(const registered_field& name, field_type type);
  /// The claim that this field waits for; 0: none, or not any more.
  [[nodiscard]] std::uint64_t waiting_for(const registered_field& name) const;

  // --- asked by those who hold requests

  [[nodiscard]] claim_standing standing(const claim_range& of) const;
  /// Raised whenever claims were settled, lost or failed.
  [[nodiscard]] std::uint64_t changes() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t unsent() const noexcept {
    return unsent_count_.load(std::memory_order_relaxed);
  }
  /// Has claims sent that were not. Any thread.
  void send();
  /// `wake` is called after claims were settled: it may only wake another thread.
  [[nodiscard]] std::size_t watch(std::function<void()> wake);
  /// When it returns, that `wake` is not running and will not be called again.
  void unwatch(std::size_t watcher);

  // --- told and asked by those who read and write the topic

  /// To be written: a claim, or the end of one that came too late and stands for nothing.
  struct outgoing {
    std::uint64_t number = 0;
    std::string database;
    std::string measurement;
    std::string field;
    /// Nothing: the claim is taken back.
    std::optional<field_type> type;
    /// Names the claim in the topic: no two claims have one name.
    std::string who;
  };
  [[nodiscard]] std::vector<outgoing> take_unsent();
  /// `send` is called by `send()`, on its thread. Once, before requests come.
  void on_unsent(std::function<void()> send) { send_ = std::move(send); }

  /// What a record made of a field.
  struct change {
    /// Now; nothing: it has none.
    std::optional<field_type> type;
    /// It had another one, or none, which may have been seen by lines.
    bool replaced = false;
    /// limits.types has no room for it: it is not known here.
    bool full = false;
    /// Of this process, to be told once the change is where lines see it.
    std::vector<std::uint64_t> resolved = {};
  };
  /// A claim, in the topic's order.
  [[nodiscard]] change arrived(const registered_field& name, field_type type, std::string_view who);
  /// A claim was taken back.
  [[nodiscard]] change withdrawn(const registered_field& name, std::string_view who);
  /// The database was dropped: what came before stands for nothing.
  void dropped(std::string_view database);
  /// The memory that lines see has the change.
  void resolve(const change& of, const registered_field& name);

  /// The field of a claim that waits.
  struct waiting {
    std::uint64_t number = 0;
    std::string database;
    std::string measurement;
    std::string field;
  };
  /// Of these numbers, both included.
  [[nodiscard]] std::vector<waiting> waiting_in(std::uint64_t least, std::uint64_t greatest) const;
  /// It cannot be written or read back, and the memory that lines see does not have it any more.
  void fail(std::uint64_t number, const std::string& why);
  /// The number of the last claim.
  [[nodiscard]] std::uint64_t greatest() const;
  /// How many wait.
  [[nodiscard]] std::size_t waiting_count() const;
  /// Fields whose types the topic says.
  [[nodiscard]] std::size_t fields() const;

 private:
  struct hash_of {
    std::size_t operator()(const wide_hash& key) const noexcept { return key.low; }
  };
  struct held_claim {
    std::uint64_t who = 0;
    field_type type = field_type::float64;
  };
  /// Claims of a field in the topic's order: the first one counts.
  struct held_field {
    held_claim first;
    std::unique_ptr<std::vector<held_claim>> others;
  };
  using held_fields = std::unordered_map<wide_hash, held_field, hash_of>;
  struct own_claim {
    wide_hash key;
    waiting field;
    field_type type = field_type::float64;
  };
  struct refusal {
    claim_fate fate = claim_fate::lost;
    std::string why;
  };

  [[nodiscard]] wide_hash key_of(const registered_field& name) const;
  [[nodiscard]] std::string who_of(std::uint64_t number) const;
  /// 0: it is another process'.
  [[nodiscard]] std::uint64_t own_number(std::string_view who) const;
  void note_waiting(const wide_hash& key, change& into) const;
  [[nodiscard]] bool room_for_one();
  void put_unsent(const registered_field& name, std::optional<field_type> type, std::string who,
                  std::uint64_t number);
  void refuse(std::uint64_t number, claim_fate fate, std::string why);
  void end_waiting(std::uint64_t number);
  void tell();

  const std::uint64_t process_;
  mutable std::mutex mutex_;
  memory_lease lease_;
  std::size_t fields_ = 0;
  std::map<std::string, held_fields, std::less<>> topic_;
  std::uint64_t numbers_ = 0;
  std::map<std::uint64_t, own_claim> waiting_;
  std::unordered_map<wide_hash, std::uint64_t, hash_of> waiting_by_field_;
  std::map<std::uint64_t, refusal> refusals_;
  /// Below it refusals are not remembered any more.
  std::uint64_t refusals_from_ = 0;
  std::vector<outgoing> unsent_;
  std::atomic<std::size_t> unsent_count_{0};
  std::atomic<std::uint64_t> changes_{0};
  std::function<void()> send_;
  std::mutex watchers_mutex_;
  std::map<std::size_t, std::function<void()>> watchers_;
  std::size_t next_watcher_ = 1;
};

}  // namespace weir
