// SPDX-License-Identifier: Apache-2.0
//
// The schema of one InfluxDB as far as weir uses it: the retention policies of its databases (or
// its buckets, with their ids) and how long they keep points. With its text form, which is written
// to a small file. Field types are not in here: they go to the gate's memory. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Whether InfluxDB 2 takes `text` for a bucket's id: 16 lower-case hexadecimal digits.
[[nodiscard]] inline bool is_bucket_id(std::string_view text) noexcept {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A retention policy of InfluxDB 1. A bucket of InfluxDB 2 is a database with one policy, its
/// default, whose name is empty.
struct upstream_policy {
  std::string name;
  /// It takes the points that name no policy.
  bool is_default = false;
  /// How long points are kept; 0: for ever.
  std::chrono::nanoseconds duration{0};

  friend bool operator==(const upstream_policy&, const upstream_policy&) = default;
};

class upstream_schema {
 public:
  /// Bound on the policies of one server; further ones are left out.
  static constexpr std::size_t policies_max = 100'000;

  /// Replaces what is known of a database; no policies: forgets it. Whether that changed anything.
  bool replace(const std::string& database, std::vector<upstream_policy> policies);
  /// Replaces all databases by `listed`. Whether that changed anything.
  bool replace_all(std::map<std::string, std::vector<upstream_policy>> listed);

  /// Takes over what a server listed, and each bucket's name by its id. What is known of databases
  /// that it did not list stays, because its token may not be allowed to see them. Whether that
  /// changed anything.
  bool merge(std::map<std::string, std::vector<upstream_policy>> listed,
             std::map<std::string, std::string> names_by_id);

  [[nodiscard]] bool knows(const std::string& database) const {
    return databases_.contains(database);
  }
  /// The databases' names, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The name of the bucket with this id; empty where the id is not known.
  [[nodiscard]] std::string name_of(const std::string& id) const;

  /// How long a database keeps points of this policy (empty: of its default); nullopt where that is
  /// for ever or not known.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> retention_of(const std::string& database,
                                                                     std::string_view policy) const;

  [[nodiscard]] std::size_t policies() const noexcept { return policies_; }

  [[nodiscard]] std::string text() const;
  /// The schema that `text()` wrote as this; nullopt if it is no such text.
  [[nodiscard]] static std::optional<upstream_schema> read(std::string_view text);

 private:
  std::map<std::string, std::vector<upstream_policy>> databases_;
  std::map<std::string, std::string> names_by_id_;
  std::size_t policies_ = 0;
};

}  // namespace weir
