// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "files/state_directory_posix.hpp"
#include "unit/files/temporary_directory.hpp"

namespace weir {
namespace {

void fill(const temporary_directory& at) {
  at.write("log/segments/00000000000000000001.log", "segment");
  at.write("log/lock", "");
  at.write("log/types", "types");
  at.write("log/databases", "databases");
  at.write("log/learnt/up", "schemas");
  at.write("log/letters/1.ndjson", "letter");
  at.write("log/cursors/up.cursor", "cursor");
  at.write("log/refused/up.lp", "refused");
}

TEST(state_directory, is_the_logs_directory_as_it_is) {
  temporary_directory at;
  fill(at);
  const auto before = at.names();
  const auto opened =
      state_directory::open({.directory = at.file("log") + "/.", .log_directory = at.file("log")});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(at.names(), before);
}

TEST(state_directory, takes_all_but_the_log_and_what_settings_name) {
  temporary_directory at;
  fill(at);
  const state_directory_options options{.directory = at.file("deep/state"),
                                        .log_directory = at.file("log"),
                                        .named_directories = {at.file("log/refused")}};
  EXPECT_EQ(find_state_entry(options.directory, options.log_directory, state_entry::types),
            at.file("log/types"));
  {
    const auto opened = state_directory::open(options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened.value().path_of(state_entry::types), at.file("deep/state/types"));
  }
  EXPECT_EQ(find_state_entry(options.directory, options.log_directory, state_entry::types),
            at.file("deep/state/types"));
  EXPECT_EQ(at.text("deep/state/cursors/up.cursor"), "cursor");
  EXPECT_EQ(at.text("deep/state/letters/1.ndjson"), "letter");
  EXPECT_EQ(at.text("deep/state/learnt/up"), "schemas");
  EXPECT_EQ(at.text("deep/state/databases"), "databases");
  EXPECT_EQ(at.text("log/refused/up.lp"), "refused");
  EXPECT_EQ(at.text("log/segments/00000000000000000001.log"), "segment");
  EXPECT_FALSE(at.has("log/types"));
  EXPECT_TRUE(state_directory::open(options).ok());
}

TEST(state_directory, has_one_user_at_a_time) {
  temporary_directory at;
  const state_directory_options options{.directory = at.file("state"), .log_directory = {}};
  auto first = state_directory::open(options);
  ASSERT_TRUE(first.ok());
  const auto second = state_directory::open(options);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find(at.file("state") + "/lock is held by process"),
            std::string::npos)
      << second.error().message;
  directory_lock of_state;
  directory_lock of_log;
  EXPECT_NE(lock_state(options.directory, at.file("log"), of_state, of_log), "");
}

}  // namespace
}  // namespace weir
