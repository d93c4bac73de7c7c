// SPDX-License-Identifier: Apache-2.0
//
// The databases that clients created through weir, as /query sees them, kept in a small file beside
// the log so that a restart remembers which of them a sink may create upstream. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/database_registry.hpp"
#include "api/catalogue.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "files/file_operations.hpp"

namespace weir {

/// What is told to other weirs of a database.
enum class database_news : std::uint8_t {
  created,
  dropped,
  taken_back,  // it was not created after all
};

class stored_catalogue final : public catalogue {
 public:
  /// Reads `path` (empty: nothing is kept). Before `create` and `drop` answer, what they changed
  /// survives what `kept` says. A file that is no list of databases is renamed to `.damaged` and
  /// told to the journal. The registry and `files` must outlive it.
  [[nodiscard]] static result<std::unique_ptr<stored_catalogue>> open(
      std::string path, database_registry& registry,
      const std::map<std::string, database_settings>& policies,
      durability kept = durability::process, file_system& files = posix_file_system());

  [[nodiscard]] std::vector<std::string> databases() const override;
  [[nodiscard]] bool exists(std::string_view name) const override;
  /// Where databases are shared: known here at once, and the others are told, which is not waited
  /// for.
  [[nodiscard]] outcome create(std::string_view name) override;
  [[nodiscard]] outcome drop(std::string_view name) override;

  using told = std::function<void(const outcome&)>;
  /// The same; `done` is called once it is sure: before they return, unless databases are shared.
  void create_for_all(std::string_view name, told done);
  void drop_for_all(std::string_view name, told done);
  /// Databases are shared: `tell` has all weirs told, this one by `heard`, and then calls `told`.
  /// Nothing is kept in a file. Once, before clients come.
  using tell_others = std::function<void(std::string_view name, database_news what, told done)>;
  void share_by(tell_others tell) { tell_ = std::move(tell); }
  [[nodiscard]] bool shared() const override { return tell_ != nullptr; }
  /// What this or another weir told, in the order of all. `is_old`: before this one began to serve.
  void heard(std::string_view name, database_news what, bool is_old);
  /// `dropped` is called, on any thread, with each database that a client drops, known or not.
  /// Once, before clients come.
  void on_drop(std::function<void(std::string_view)> dropped) { dropped_ = std::move(dropped); }
  [[nodiscard]] std::vector<retention_policy> retention_policies(
      std::string_view database) const override;

  /// Where its file was put when it was opened, as it was damaged; else empty.
  [[nodiscard]] const std::string& set_aside() const noexcept { return set_aside_; }
  /// The log has points of that database: it is shown, too. That a client created it is not known.
  void found_in_log(std::string_view name);
  /// What `create` said was not done after all. Any thread.
  void take_back(std::string_view name);
  /// A client created it through weir. Any thread.
  [[nodiscard]] bool created(std::string_view name) const;

  /// The tables of [database] have changed: lists those that are named there.
  void set_policies(const std::map<std::string, database_settings>& policies);

 private:
  [[nodiscard]] outcome forget(std::string_view name);
  [[nodiscard]] outcome too_many() const;
  stored_catalogue(std::string path, database_registry& registry,
                   std::map<std::string, database_settings> policies, durability kept,
                   file_system& files)
      : path_(std::move(path)),
        registry_(registry),
        policies_(std::move(policies)),
        kept_(kept),
        files_(files) {}
  [[nodiscard]] outcome load();
  [[nodiscard]] outcome save();
  [[nodiscard]] outcome append(std::string_view name);

  const std::string path_;
  database_registry& registry_;
  mutable std::mutex policies_lock_;
  std::map<std::string, database_settings> policies_;
  const durability kept_;
  file_system& files_;
  std::string set_aside_;
  /// Of whole lines; 0: there is no file. Guarded by saving_, as the file is.
  std::uint64_t size_ = 0;
  file_handle file_;
  mutable std::mutex saving_;
  std::function<void(std::string_view)> dropped_;
  tell_others tell_;
};

}  // namespace weir
