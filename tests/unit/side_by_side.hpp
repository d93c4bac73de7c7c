// SPDX-License-Identifier: Apache-2.0
//
// Tests that wait for others more than they work: all that are to run begin when the first does,
// each on a thread of its own. Whichever test is looked at waits for its own, and says what failed
// there. What they share must bear it.
#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class side_by_side {
 public:
  static bool add(const std::string& name, std::function<void()> body) {
    return all().emplace(name, test{std::move(body), {}}).second;
  }

  /// Begins those that have not, and tells how this one ended.
  static void finish(const std::string& name) {
    std::future<results>& ends = all().at(name).ends;
    if (!ends.valid()) {
      begin();
    }
    for (const ::testing::TestPartResult& one : ends.get()) {
      if (one.failed()) {
        ADD_FAILURE_AT(one.file_name() != nullptr ? one.file_name() : "", one.line_number())
            << one.message();
      }
    }
  }

 private:
  using results = std::vector<::testing::TestPartResult>;
  struct test {
    std::function<void()> body;
    std::future<results> ends;
  };

  static std::map<std::string, test>& all() {
    static std::map<std::string, test> tests;
    return tests;
  }

#ifdef __SANITIZE_THREAD__
  // One after another, each when it is looked at: libraries close descriptors unseen by
  // ThreadSanitizer, which takes the next use of such a number, by another test, for a race.
  static constexpr std::launch when = std::launch::deferred;
#else
  static constexpr std::launch when = std::launch::async;
#endif

  static void begin() {
    const ::testing::UnitTest& unit = *::testing::UnitTest::GetInstance();
    for (int i = 0; i < unit.total_test_suite_count(); ++i) {
      const ::testing::TestSuite& suite = *unit.GetTestSuite(i);
      for (int j = 0; j < suite.total_test_count(); ++j) {
        const ::testing::TestInfo& info = *suite.GetTestInfo(j);
        const auto found = all().find(std::string(suite.name()) + "." + info.name());
        if (found != all().end() && info.should_run() && !found->second.ends.valid()) {
          found->second.ends = std::async(when, run, found->second.body);
        }
      }
    }
  }

  /// What fails on other threads of it is told of whichever test is looked at then.
  static results run(const std::function<void()>& body) {
    ::testing::TestPartResultArray found;
    {
      const ::testing::ScopedFakeTestPartResultReporter instead(
          ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
      body();
    }
    results out;
    for (int i = 0; i < found.size(); ++i) {
      out.push_back(found.GetTestPartResult(i));
    }
    return out;
  }
};

}  // namespace weir

/// A test that runs beside the others of its program, as a member function of a `world` of its own.
#define WEIR_TEST_BESIDE(world, name)                                              \
  struct world##_##name : world {                                                  \
    void run();                                                                    \
  };                                                                               \
  static const bool added_##world##_##name =                                       \
      ::weir::side_by_side::add(#world "." #name, [] { world##_##name().run(); }); \
  TEST(world, name) {                                                              \
    ASSERT_TRUE(added_##world##_##name);                                           \
    ::weir::side_by_side::finish(#world "." #name);                                \
  }                                                                                \
  void world##_##name::run()
