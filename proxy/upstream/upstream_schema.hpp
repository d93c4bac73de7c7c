// SPDX-License-Identifier: Apache-2.0
//
// What an InfluxDB told of itself: which retention policies its databases have, and for how long
// they keep points. With its text form, which is kept in a small file. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Whether a text is what InfluxDB 2 takes for a bucket's id: 16 hexadecimal digits, lower case.
[[nodiscard]] inline bool is_bucket_id(std::string_view text) noexcept {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Of InfluxDB 1.x. A bucket of 2.x is a database of its own with one policy, its default.
struct upstream_policy {
  std::string name;
  /// For points that name no policy.
  bool is_default = false;
  /// 0: for ever.
  std::chrono::nanoseconds duration{0};

  friend bool operator==(const upstream_policy&, const upstream_policy&) = default;
};

class upstream_schema {
 public:
  /// Policies kept; of further ones nothing is known. A bound on what a server can make weir keep.
  static constexpr std::size_t policies_max = 100'000;

  /// Whether it is news. No policies: the database is forgotten.
  bool replace(const std::string& database, std::vector<upstream_policy> policies);
  /// Forgets all databases that are not in `found` and takes over those that are. Whether that is
  /// news.
  bool replace_all(std::map<std::string, std::vector<upstream_policy>> found);

  /// Takes over what a server listed, each bucket's name by its id, and keeps what is known of
  /// those that it did not: a token may not be allowed to see them. Whether that is news.
  bool merge(std::map<std::string, std::vector<upstream_policy>> found,
             std::map<std::string, std::string> names_by_id);

  [[nodiscard]] bool knows(const std::string& database) const {
    return databases_.contains(database);
  }
  /// Sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The name of the bucket with this id; empty where it is not known.
  [[nodiscard]] std::string name_of(const std::string& id) const;

  /// How long a database keeps points of this policy (empty: of its default); nothing where that is
  /// for ever or not known.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> retention_of(const std::string& database,
                                                                     std::string_view policy) const;

  [[nodiscard]] std::size_t policies() const noexcept { return policies_; }

  [[nodiscard]] std::string text() const;
  /// Nothing if `text` is not what the above writes.
  [[nodiscard]] static std::optional<upstream_schema> read(std::string_view text);

 private:
  std::map<std::string, std::vector<upstream_policy>> databases_;
  std::map<std::string, std::string> names_by_id_;
  std::size_t policies_ = 0;
};

}  // namespace weir
