// SPDX-License-Identifier: Apache-2.0
//
// The listeners of one kind across reloads, with listeners that are only values.
#include "server/lines/line_intakes.hpp"

#include <gtest/gtest.h>

#include "accounts/database_registry.hpp"
#include "log/open_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

struct value_settings {
  std::string listen;
  std::string database = "d";
};

/// Ends when the test says so.
struct value_intake {
  using settings_type = value_settings;
  using change = std::shared_ptr<const value_settings>;
  explicit value_intake(const value_settings& first)
      : configured(std::make_shared<const value_settings>(first)) {}

  static result<std::unique_ptr<value_intake>> open(const value_settings& wanted,
                                                    const line_services&) {
    if (wanted.listen == "taken") {
      return failure{"taken"};
    }
    return std::make_unique<value_intake>(wanted);
  }
  void begin() { open_now = true; }
  static result<change> prepare(const value_settings& wanted) {
    return std::make_shared<const value_settings>(wanted);
  }
  void apply(change made) { configured.publish(std::move(made)); }
  void finish() { finishing = true; }
  [[nodiscard]] bool is_open() const noexcept { return open_now; }
  void stop() { open_now = false; }
  [[nodiscard]] listen_address address() const {
    return {.kind = listen_address::family::unix_socket,
            .host = "",
            .path = configured.current()->listen};
  }
  void collect(metric_collector&) const {}

  published<value_settings> configured;
  bool open_now = false;
  bool finishing = false;
};

class line_intakes_test : public ::testing::Test {
 protected:
  outcome reload(const std::vector<value_settings>& wanted) {
    auto made =
        intakes_.prepare(wanted, {.writes = writes_, .log_failed = log_failed_, .clock = {}},
                         [](const std::string&) { return outcome(nothing{}); });
    if (!made) {
      return made.error();
    }
    for (const auto& each : made.value().opened) {
      all_.push_back(each.get());
    }
    intakes_.apply(std::move(made).value());
    return nothing{};
  }
  std::string listening() const {
    std::string out;
    for (const listen_address& each : intakes_.addresses()) {
      out += each.path + " ";
    }
    return out;
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{10};
  memory_budget memory_{1'000'000};
  std::unique_ptr<frame_log> log_ =
      make_memory_log({memory_, full_policy::reject, [] { return 0; }});
  write_services writes_{.terms = terms_, .log = *log_, .databases = databases_, .memory = memory_};
  std::atomic<bool> log_failed_{false};
  line_intakes<value_intake> intakes_;
  /// In the order in which they were opened.
  std::vector<value_intake*> all_;
};

TEST_F(line_intakes_test, a_reload_opens_keeps_and_ends_by_address_all_or_nothing) {
  ASSERT_TRUE(reload({{"a"}, {"b"}}));
  EXPECT_FALSE(reload({{"b"}, {"taken"}}));
  EXPECT_EQ(listening(), "a b ");
  EXPECT_FALSE(all_[0]->finishing);
  ASSERT_TRUE(reload({{"b", "other"}, {"c"}}));
  EXPECT_EQ(listening(), "b c ");
  EXPECT_TRUE(all_[0]->finishing);
  EXPECT_FALSE(all_[1]->finishing);
  EXPECT_EQ(all_[1]->configured.current()->database, "other");
}

TEST_F(line_intakes_test, what_was_removed_is_waited_for_until_it_is_done) {
  ASSERT_TRUE(reload({{"a"}, {"b"}}));
  ASSERT_TRUE(reload({{"b"}}));
  EXPECT_TRUE(intakes_.take_done().empty());
  intakes_.finish();
  all_[1]->open_now = false;
  EXPECT_EQ(intakes_.still_open(), 1U) << "it still reads what had arrived";
  all_[0]->open_now = false;
  EXPECT_EQ(intakes_.still_open(), 0U);
  EXPECT_EQ(intakes_.take_done().size(), 1U);
}

}  // namespace
}  // namespace weir
