// SPDX-License-Identifier: Apache-2.0
//
// The operator's rules ([[rule]]): points dropped or kept, names changed, tags added or taken out,
// in the order written and before every other check. What the rules mean for a measurement is found
// out once and remembered, so that a further point of it costs one look-up.
//
// rule_set is compiled once and shared; a rule_engine with its memory belongs to one write path, on
// its thread. Pure.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "gate/check.hpp"
#include "gate/point_draft.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

struct compiled_rule;

/// All rules, ready to be applied. Immutable but for its counts; thread-safe.
class rule_set {
 public:
  /// Settings that `weir config check` takes compile. A rule that `before` has under the same name
  /// goes on with its count.
  [[nodiscard]] static result<std::shared_ptr<rule_set>> compile(
      const std::vector<rule_settings>& rules, const rule_set* before = nullptr);
  ~rule_set();
  rule_set(const rule_set&) = delete;
  rule_set& operator=(const rule_set&) = delete;

  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }
  [[nodiscard]] const compiled_rule& at(std::size_t index) const { return *rules_[index]; }
  [[nodiscard]] const std::string& name(std::size_t index) const;
  /// Points that a rule dropped or changed, those of requests that were refused whole among them.
  [[nodiscard]] std::uint64_t hits(std::size_t index) const noexcept {
    return hits_[index]->load(std::memory_order_relaxed);
  }
  void add_hits(std::size_t index, std::uint64_t n) const noexcept {
    hits_[index]->fetch_add(n, std::memory_order_relaxed);
  }

 private:
  rule_set() = default;

  std::vector<std::unique_ptr<compiled_rule>> rules_;
  /// Shared with the set that replaces this one.
  std::vector<std::shared_ptr<std::atomic<std::uint64_t>>> hits_;
};

/// The rules that concern a database, and what is known of its measurements. One thread.
class database_rules {
 public:
  database_rules(const rule_set& all, std::vector<std::size_t> indexes);
  ~database_rules();
  database_rules(const database_rules&) = delete;
  database_rules& operator=(const database_rules&) = delete;

  /// keep: the point is as it was. repair: `draft` holds what became of it. drop or reject: `words`
  /// says why. Texts in `draft` live until the next call.
  [[nodiscard]] gate_answer apply(const point_view& point, point_draft& draft);

  /// On the point that `apply` dropped or refused last: the rule, and what was wrong.
  [[nodiscard]] std::string words(gate_code code) const;

  /// Whether a number of tags that `is_harmful_tag_count` is refused (it is, unless told).
  void count_tags(bool counted) noexcept { counts_tags_ = counted; }
  /// What is remembered beyond so many bytes of names is forgotten and found out again.
  void limit(std::size_t bytes) noexcept { remembered_max_ = bytes; }
  /// Adds what was counted to the set.
  void flush() noexcept;

 private:
  struct plan;
  struct step;
  enum class conflict : std::uint8_t { none, two_tags, two_fields, no_name, too_long, tag_count };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class T>
  using by_name = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;
  /// What a rule makes of a key: the key itself, another one, or nothing that can be written.
  struct key_outcome;

  [[nodiscard]] const plan& plan_of(std::size_t from, std::string_view measurement);
  [[nodiscard]] plan make_plan(std::size_t from, std::string_view measurement) const;
  [[nodiscard]] gate_answer run(const plan& first, point_draft& draft);
  [[nodiscard]] gate_answer take(const step& one, point_draft& draft);
  [[nodiscard]] gate_answer rename_tags(std::size_t which, point_draft& draft);
  [[nodiscard]] gate_answer rename_fields(std::size_t which, point_draft& draft);
  [[nodiscard]] gate_answer drop_fields(std::size_t which, point_draft& draft);
  void drop_tags(std::size_t which, point_draft& draft);
  void add_tag(std::size_t which, point_draft& draft);
  [[nodiscard]] const key_outcome& outcome_of(std::size_t which, std::string_view key);
  [[nodiscard]] bool condition_holds(const compiled_rule& rule, const point_view& point);
  [[nodiscard]] gate_answer refuse(std::size_t which, conflict why) noexcept;
  [[nodiscard]] gate_answer drop(std::size_t which) noexcept;
  void forget() noexcept;

  const rule_set& all_;
  const std::vector<std::size_t> indexes_;
  /// By the number of the first rule that is still to be applied (a rename under a condition goes
  /// on from the rule after it), then by measurement as written.
  std::vector<std::unique_ptr<by_name<plan>>> plans_;
  /// By the rule's number, then by key as written. Made, as the plans are, when they are needed.
  std::vector<std::unique_ptr<by_name<key_outcome>>> keys_;
  std::size_t remembered_ = 0;
  std::size_t remembered_max_;
  const std::string* last_name_ = nullptr;
  const plan* last_plan_ = nullptr;
  std::vector<std::uint64_t> hits_;
  std::size_t lost_by_ = 0;
  conflict lost_why_ = conflict::none;
  bool counts_tags_ = true;
  std::string scratch_;
};

/// The rules as one write path applies them. One thread.
class rule_engine {
 public:
  /// Bytes of names that an engine remembers, over all databases.
  static constexpr std::size_t remembered_bytes_max = std::size_t{16} << 20;

  /// `rules` must outlive it.
  explicit rule_engine(const rule_set& rules) : rules_(rules) {}

  /// Those that concern this database, valid as long as the engine; nullptr when there are none.
  [[nodiscard]] database_rules* rules_for(std::string_view database);
  /// Adds what was counted to the set.
  void flush() noexcept;

 private:
  const rule_set& rules_;
  std::vector<std::size_t> found_;
  /// Databases that the same rules concern share what is known.
  std::map<std::vector<std::size_t>, std::unique_ptr<database_rules>> by_indexes_;
};

}  // namespace weir
