// SPDX-License-Identifier: Apache-2.0
//
// The file of field types: what was registered is there after a restart, a crash in the middle of a
// write, and a failed write; and the write path keeps it before it acknowledges.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "config/settings.hpp"
#include "ingest/types_file_posix.hpp"
#include "ingest/write_path.hpp"
#include "log/open_log.hpp"
#include "unit/gate/types_map.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

class types_file_test : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "weir-types-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = pattern + "/types";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static std::unique_ptr<gate_memory> memory(std::size_t types_bytes = std::size_t{64} << 20) {
    return std::make_unique<gate_memory>(gate_memory_options{
        .types_bytes = types_bytes, .keeps_types = true, .seed = 1, .start_ns = now});
  }
  std::unique_ptr<types_file> open(gate_memory& into, types_file_options options = {}) {
    auto opened = types_file::open(path_, into, options);
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    return std::move(opened).value();
  }
  std::string content() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// What the file says now.
  types_map types() {
    types_map found;
    const auto reading =
        read_types_file(path_, [&](const types_record& each) { put(found, each); });
    EXPECT_TRUE(reading);
    return found;
  }
  void overwrite(const std::string& text) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(types_file_test, a_restart_knows_what_was_kept) {
  for (const bool sync : {false, true}) {
    const auto before = memory();
    const auto file = open(*before, {.kept = sync ? durability::power : durability::process});
    before->learn("db", "m", sync ? "a" : "b", field_type::int64);
    before->learn("d b", "m\n", "f", field_type::boolean);
    EXPECT_TRUE(file->keep().ok());
    EXPECT_TRUE(file->keep().ok());
  }
  const auto after = memory();
  const auto file = open(*after);
  EXPECT_EQ(file->damaged(), 0U);
  EXPECT_EQ(after->learn("db", "m", "a", field_type::string).type, field_type::int64);
  EXPECT_EQ(after->learn("db", "m", "b", field_type::string).type, field_type::int64);
  EXPECT_EQ(after->learn("d b", "m\n", "f", field_type::string).type, field_type::boolean);
  EXPECT_EQ(after->registrations(), 0U);  // nothing is new
}

TEST_F(types_file_test, a_record_cut_off_by_a_crash_costs_itself_alone) {
  {
    const auto before = memory();
    const auto file = open(*before);
    before->learn("db", "m", "a", field_type::int64);
    before->learn("db", "m", "b", field_type::int64);
    EXPECT_TRUE(file->keep().ok());
  }
  const std::string whole = content();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    overwrite(whole.substr(0, cut));
    {
      const auto between = memory();
      const auto file = open(*between);
      between->learn("db", "m", "c", field_type::string);
      EXPECT_TRUE(file->keep().ok());
    }
    const auto after = memory();
    const auto file = open(*after);
    EXPECT_EQ(file->damaged(), 0U) << cut;  // the one before made it anew
    EXPECT_EQ(after->learn("db", "m", "c", field_type::int64).type, field_type::string) << cut;
    EXPECT_GE(types().size(), 1U);
  }
}

TEST_F(types_file_test, is_made_anew_when_something_in_it_stands_for_nothing) {
  std::string text(types_text_head);
  append_registration({"db", "m", "f"}, field_type::int64, text);
  append_registration({"db", "m", "f"}, field_type::string, text);
  overwrite(text + "nonsense\n");
  const auto after = memory();
  const auto file = open(*after);
  EXPECT_EQ(file->damaged(), 1U);
  EXPECT_EQ(content(), types_text({{{"db", "m", "f"}, field_type::string}}));
}

TEST_F(types_file_test, another_version_is_left_alone) {
  overwrite("weir types 2\nsomething\n");
  const auto into = memory();
  const auto opened = types_file::open(path_, *into, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("move it away"), std::string::npos);
  EXPECT_EQ(content(), "weir types 2\nsomething\n");
}

TEST_F(types_file_test, forgets_by_database_measurement_and_field) {
  const types_map all{{{"a", "m", "f"}, field_type::int64},
                      {{"a", "m", "g"}, field_type::int64},
                      {{"a", "n", "f"}, field_type::int64},
                      {{"b", "m", "f"}, field_type::int64}};
  const auto left = [&](const char* database, const char* measurement, const char* field) {
    overwrite(types_text(all));
    const auto forgotten = forget_types(path_, {database, measurement, field});
    EXPECT_TRUE(forgotten.ok());
    EXPECT_EQ(types().size() + forgotten.value(), all.size());
    return types().size();
  };
  EXPECT_EQ(left("a", "m", "f"), 3U);
  EXPECT_EQ(left("a", "m", ""), 2U);
  EXPECT_EQ(left("a", "", ""), 1U);
  EXPECT_EQ(left("c", "", ""), 4U);
}

std::string three_fields() {
  return types_text({{{"db", "m", "a"}, field_type::int64},
                     {{"db", "m", "b"}, field_type::int64},
                     {{"db", "m", "c"}, field_type::int64}});
}

/// A file of an earlier version, without a bound: `count` fields with names of `name_bytes`, of
/// which every other one stands there twice, first with another type.
std::string oversized(int count, std::size_t name_bytes) {
  std::string text(types_text_head);
  const std::string tail(name_bytes, 'x');
  for (int i = 0; i < count; ++i) {
    const std::string field = std::to_string(i) + tail;
    if (i % 2 == 0) {
      append_registration({"db", "m", field}, field_type::string, text);
    }
    append_registration({"db", "m", field}, field_type::int64, text);
  }
  return text;
}

TEST_F(types_file_test, an_oversized_file_is_made_anew_within_the_limit) {
  overwrite(oversized(2'000, 500));
  const std::size_t limit = std::size_t{64} << 10;
  const auto into = memory(limit);
  const auto file = open(*into);
  EXPECT_GT(file->beyond(), 1'000U);
  EXPECT_FALSE(file->compacting());
  EXPECT_LE(content().size(), types_text_head.size() + types_file_factor * limit);
  const types_map left = types();
  EXPECT_EQ(left.size(), into->count().front().types);
  for (const auto& [name, type] : left) {
    EXPECT_EQ(type, field_type::int64);
  }
  // The file is used up: what is new has no type and is not written.
  const std::string tail(500, 'y');
  EXPECT_EQ(into->learn("db", "m", tail, field_type::int64).found, field_types::status::full);
  EXPECT_TRUE(file->keep());
  EXPECT_EQ(types(), left);
}

TEST_F(types_file_test, records_appended_while_a_new_file_is_made_are_in_it) {
  for (const bool sync : {false, true}) {
    overwrite(oversized(20'000, 50));
    types_map expected;
    {
      const auto into = memory();
      const auto file = open(*into, {.kept = sync ? durability::power : durability::process,
                                     .compact_at_once_bytes = 0});
      std::atomic<int> kept{0};
      std::vector<std::thread> threads;
      for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
          // Some before and some after the new file takes its place.
          for (int i = 0; i < 100 || (file->compacting() && i < 100'000); ++i) {
            into->learn("db", "new" + std::to_string(t), std::to_string(i), field_type::boolean);
            if (file->keep()) {
              kept.fetch_add(1);
            }
          }
        });
      }
      for (std::thread& each : threads) {
        each.join();
      }
      expected = types();
      EXPECT_EQ(expected.size(), 20'000U + static_cast<std::size_t>(kept.load()));
    }
    const auto again = memory();
    const auto file = open(*again);
    EXPECT_EQ(file->damaged(), 0U);
    EXPECT_EQ(types(), expected);
    EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
  }
}

TEST_F(types_file_test, an_end_while_a_new_file_is_made_leaves_the_old_one) {
  const std::string before = oversized(20'000, 50);
  overwrite(before);
  {
    const auto into = memory();
    const auto file = open(*into, {.compact_at_once_bytes = 0});
  }
  EXPECT_EQ(types().size(), 20'000U);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(types_file_test, what_a_killed_process_left_of_a_new_file_is_removed) {
  overwrite(three_fields());
  std::ofstream(path_ + ".new") << "weir types 1\n+\tdb\tm";
  const auto into = memory();
  const auto file = open(*into);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
  EXPECT_EQ(types().size(), 3U);
}

TEST_F(types_file_test, a_new_file_that_cannot_be_made_costs_nothing_but_room) {
  const std::string before = oversized(10, 5);
  overwrite(before);
  std::filesystem::create_directory(path_ + ".new");
  std::ofstream(path_ + ".new/in_the_way") << "x";
  const auto into = memory();
  const auto file = open(*into);
  EXPECT_EQ(into->learn("db", "m", "f", field_type::string).found, field_types::status::added);
  EXPECT_TRUE(file->keep());
  EXPECT_EQ(types().size(), 11U);
}

TEST_F(types_file_test, a_damaged_file_of_any_kind_does_not_keep_weir_from_starting) {
  const std::string good = three_fields();
  const std::string zeros(600'000, '\0');
  for (const std::string& text :
       {zeros, zeros + "\n" + good, good + zeros, "x" + good, good + good, good.substr(20),
        good.substr(0, good.size() - 1), std::string("\n\n\n"), std::string("nonsense")}) {
    overwrite(text);
    {
      const auto into = memory();
      const auto file = open(*into);
      static_cast<void>(into->learn("db", "m", "new", field_type::boolean));
      EXPECT_TRUE(file->keep());
    }
    const auto again = memory();
    const auto file = open(*again);
    EXPECT_EQ(file->damaged(), 0U);
    EXPECT_EQ(types().count({"db", "m", "new"}), 1U);
    EXPECT_TRUE(content().starts_with(types_text_head));
  }
}

TEST_F(types_file_test, a_file_of_something_else_is_set_aside) {
  const std::string records = three_fields().substr(types_text_head.size());
  std::string sums_wrong = std::string(types_text_head) + records;
  for (std::size_t at = 0; (at = sums_wrong.find('\n', at + 1)) != std::string::npos;) {
    sums_wrong[at - 1] = 'x';
  }
  sums_wrong.replace(0, types_text_head.size(), types_text_head);
  for (const std::string& text :
       {std::string("nonsense"), std::string("nonsense\n"), std::string(600'000, '\0'),
        std::string(600'000, '\n'), std::string("key = 1\nother = 2\n"), sums_wrong}) {
    std::filesystem::remove(path_ + ".damaged");
    overwrite(text);
    const auto into = memory();
    const auto file = open(*into);
    EXPECT_EQ(file->set_aside(), path_ + ".damaged");
    EXPECT_GT(file->damaged(), 0U);
    EXPECT_EQ(std::filesystem::file_size(path_ + ".damaged"), text.size());
    EXPECT_EQ(content(), types_text_head);
    EXPECT_EQ(into->learn("db", "m", "f", field_type::string).found, field_types::status::added);
    EXPECT_TRUE(file->keep());
    EXPECT_EQ(types().size(), 1U);
  }
}

TEST_F(types_file_test, what_a_crash_leaves_of_a_file_is_not_set_aside) {
  const std::string good = three_fields();
  for (std::size_t cut = 0; cut <= good.size(); ++cut) {
    overwrite(good.substr(0, cut));
    const auto into = memory();
    EXPECT_EQ(open(*into)->set_aside(), "") << cut;
  }
  overwrite("nonsense\n" + good);
  const auto into = memory();
  EXPECT_EQ(open(*into)->set_aside(), "");
  EXPECT_EQ(types().size(), 3U);
}

/// Requests through the write path, with a gate that remembers.
class remembering_write_path : public types_file_test {
 protected:
  struct answered {
    write_end end = write_end::answered;
    write_verdict verdict;
    std::string detail;
  };
  void SetUp() override {
    types_file_test::SetUp();
    log_ = make_memory_log({frames_, full_policy::reject, wall_clock_ns});
    subscriber_ =
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
    path_of_writes_.emplace(write_services{.terms = terms_,
                                           .log = *log_,
                                           .databases = databases_,
                                           .memory = requests_,
                                           .remembered = remembered_.get(),
                                           .keep_types = [this] { return keep_(); }});
  }
  answered write(const std::string& body) {
    answered result;
    std::string refusal;
    write_job* job = path_of_writes_->begin(
        {"db", "", 1}, now, refusal,
        [&result](write_end end, const write_verdict& verdict, const std::string& detail) {
          result = {end, verdict, detail};
        });
    job->body(body);
    job->complete();
    path_of_writes_->end_of_turn();
    path_of_writes_->release(*job);
    return result;
  }
  double metric(const std::string& line_begin) {
    metrics_text text;
    databases_.collect(text);
    const std::string all = text.text();
    const std::size_t at = all.find("\n" + line_begin + " ");
    return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{3};
  memory_budget frames_{std::size_t{64} << 20};
  memory_budget requests_{std::size_t{64} << 20};
  std::unique_ptr<gate_memory> remembered_ = memory();
  std::function<outcome()> keep_ = [] { return outcome(nothing{}); };
  std::unique_ptr<frame_log> log_;
  std::size_t subscriber_ = 0;
  std::optional<write_path> path_of_writes_;
};

TEST_F(remembering_write_path, types_are_in_the_file_before_the_log_has_the_line) {
  const auto file = open(*remembered_);
  bool kept_before = false;
  keep_ = [&] {
    kept_before = log_->end().number() == 1;
    return file->keep();
  };
  EXPECT_EQ(write("m f=1i 1\n").verdict.accepted, 1U);
  EXPECT_TRUE(kept_before);
  EXPECT_EQ(types().size(), 1U);
}

TEST_F(remembering_write_path, a_file_that_cannot_be_written_refuses_the_request) {
  keep_ = [] { return outcome(failure{"no space"}); };
  const answered refused = write("m f=1i 1\n");
  EXPECT_EQ(refused.end, write_end::log_failed);
  EXPECT_EQ(refused.detail, "no space");
  EXPECT_EQ(log_->end().number(), 1U);
  keep_ = [] { return outcome(nothing{}); };
  EXPECT_EQ(write("m f=1i 1\n").verdict.accepted, 1U);
}

TEST_F(remembering_write_path, a_conflict_costs_its_line_and_is_told_as_influxdb_does) {
  EXPECT_EQ(write("m f=1i 1\n").verdict.accepted, 1U);
  const answered result = write("m f=1 2\nm f=2i 3\nbad\n");
  EXPECT_EQ(result.verdict.accepted, 1U);
  EXPECT_EQ(result.verdict.rejected, 1U);
  EXPECT_EQ(result.verdict.dropped(), 1U);
  ASSERT_EQ(result.verdict.storage.size(), 1U);
  EXPECT_EQ(result.verdict.storage[0].reason,
            "field type conflict: input field \"f\" on measurement \"m\" is type float, already "
            "exists as type integer");
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"field_type_conflict\"}"), 1);
}

TEST_F(remembering_write_path, duplicates_are_counted_and_a_request_that_failed_left_none) {
  settings_.database["*"].duplicates = duplicates_mode::reject;
  keep_ = [] { return outcome(failure{"no space"}); };
  EXPECT_EQ(write("m f=1 1\n").end, write_end::log_failed);
  keep_ = [] { return outcome(nothing{}); };
  EXPECT_EQ(write("m f=2 1\n").verdict.accepted, 1U);
  EXPECT_EQ(write("m f=2 1\n").verdict.accepted, 1U);
  const answered refused = write("m f=3 1\n");
  EXPECT_EQ(refused.verdict.rejected, 1U);
  EXPECT_EQ(refused.verdict.dropped(), 0U);
  EXPECT_EQ(refused.verdict.refusals.at(0).message,
            "point 'm f=3 1' was refused: a point of the same series and time has other values "
            "already (key: duplicates)");
  EXPECT_EQ(metric("weir_lines_noted_total{database=\"db\",reason=\"duplicate_retry\"}"), 1);
}

TEST_F(remembering_write_path, a_flink_report_loses_its_bad_gauges_alone) {
  settings_.database["*"].flink_gauges = true;
  const answered result = write(
      "a value=NaN,count=1i 1\na value=∞ 1\nb value=\"null\" 1\nc value=\"true\" 1\n"
      "d value=1x 1\ne value=\xEF\xBF\xBD,f=\"\xEF\xBF\xBD\",g=2 1\n");
  EXPECT_EQ(result.verdict.lines, 6U);
  EXPECT_EQ(result.verdict.accepted, 3U);
  EXPECT_EQ(result.verdict.rejected, 1U);
  EXPECT_EQ(metric("weir_lines_dropped_total{database=\"db\",reason=\"gauge_dropped\"}"), 2);
  EXPECT_EQ(metric("weir_lines_mended_total{database=\"db\",reason=\"gauge_converted\"}"), 1);
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 6);
  settings_.database["*"].flink_gauges = false;
  EXPECT_EQ(write("a value=NaN,count=1i 1\n").verdict.rejected, 1U);
}

}  // namespace
}  // namespace weir
