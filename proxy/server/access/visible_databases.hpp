// SPDX-License-Identifier: Apache-2.0
//
// The databases as one user sees them: those that it has a right on, and what it may not create or
// drop fails. Thread: the intake loop's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/catalogue.hpp"
#include "users/user_book.hpp"

namespace weir {

class visible_databases final : public catalogue {
 public:
  /// `all` outlives it. Without a user it shows everything.
  visible_databases(catalogue& all, std::shared_ptr<const user> by)
      : all_(all), by_(std::move(by)) {}

  [[nodiscard]] std::vector<std::string> databases() const override {
    std::vector<std::string> names = all_.databases();
    if (by_ != nullptr) {
      std::erase_if(names, [this](const std::string& name) { return !by_->knows(name); });
    }
    return names;
  }
  [[nodiscard]] bool exists(std::string_view database) const override {
    return (by_ == nullptr || by_->knows(database)) && all_.exists(database);
  }
  [[nodiscard]] bool administered(std::string_view database) const override {
    return all_.administered(database);
  }
  [[nodiscard]] bool shared() const override { return all_.shared(); }
  [[nodiscard]] outcome create(std::string_view database) override {
    return may_change(database) ? all_.create(database) : refuse(database);
  }
  [[nodiscard]] outcome drop(std::string_view database) override {
    return may_change(database) ? all_.drop(database) : refuse(database);
  }
  [[nodiscard]] std::vector<retention_policy> retention_policies(
      std::string_view database) const override {
    return all_.retention_policies(database);
  }

  /// The user may create and drop it.
  [[nodiscard]] bool may_change(std::string_view database) const noexcept {
    return by_ == nullptr || by_->may_administer(database);
  }
  /// Something was not done because the user may not.
  [[nodiscard]] bool refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] outcome refuse(std::string_view database) {
    refused_ = true;
    return failure{"\"" + by_->name() + "\" user is not authorized to administer database \"" +
                   std::string(database) + "\""};
  }

  catalogue& all_;
  const std::shared_ptr<const user> by_;
  bool refused_ = false;
};

}  // namespace weir
