// SPDX-License-Identifier: Apache-2.0
//
// Types, duplicates and numbers of series, as the gate applies them to lines.
#include "gate/series/series_check.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "gate/gate.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t hour = 3'600'000'000'000;

struct passed {
  gate_answer answer;
  std::string text;
  gate_tally repaired{};
  gate_tally noted{};
  std::string detail;
};

class series_check_test : public ::testing::Test {
 protected:
  void remember(gate_memory_options options) {
    options.seed = 11;
    options.start_ns = now;
    memory_ = std::make_unique<gate_memory>(options);
  }
  void begin() {
    chain_.begin({.policy = &policy_,
                  .now_ns = now_,
                  .memory = memory_.get(),
                  .database = database_,
                  .retention_policy = retention_policy_});
  }
  /// One request of one line.
  passed write(const std::string& line) {
    begin();
    staged_lines staged;
    passed result;
    result.answer = pass(line, staged);
    result.text = staged.text();
    result.repaired = chain_.repaired();
    result.noted = chain_.noted();
    result.detail = detail_;
    chain_.commit();
    return result;
  }
  gate_answer pass(const std::string& line, staged_lines& staged) {
    line_reader reader;
    reader.feed(line);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point) << line;
    const gate_answer answer = chain_.pass(reader.point(), staged);
    detail_ = chain_.detail(answer, reader.point());
    return answer;
  }
  /// All of them in one request; what is staged.
  std::string write_all(const std::vector<std::string>& lines, bool committed = true) {
    begin();
    staged_lines staged;
    for (const std::string& line : lines) {
      static_cast<void>(pass(line, staged));
    }
    if (committed) {
      chain_.commit();
    } else {
      chain_.rollback();
    }
    return std::string(staged.text());
  }
  static std::uint64_t count(const gate_tally& tally, gate_code code) {
    return tally[static_cast<std::size_t>(code)];
  }

  database_settings policy_;
  std::string database_ = "db";
  std::string retention_policy_;
  std::string detail_;
  std::int64_t now_ = now;
  std::unique_ptr<gate_memory> memory_ =
      std::make_unique<gate_memory>(gate_memory_options{.seed = 5, .start_ns = now});
  gate chain_;
};

TEST_F(series_check_test, a_conflict_is_refused_in_influxdb_s_words) {
  EXPECT_EQ(write("cpu,h=a value=1i 1").answer.action, gate_action::keep);
  const passed p = write("cpu,h=a value=1 2");
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(p.detail,
            "field type conflict: input field \"value\" on measurement \"cpu\" is type float, "
            "already exists as type integer");
  EXPECT_EQ(p.text, "");
  EXPECT_EQ(p.repaired, gate_tally{});
  EXPECT_EQ(write("cpu,h=b value=t 2").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu,h=b value=2i 2").answer.action, gate_action::keep);
  EXPECT_EQ(write("mem,h=b value=2 2").answer.action, gate_action::keep);  // another measurement
  database_ = "other";
  EXPECT_EQ(write("cpu,h=a value=1 2").answer.action, gate_action::keep);
}

TEST_F(series_check_test, names_are_compared_as_they_are_meant) {
  static_cast<void>(write("a\\=b x\\ y=1i 1"));
  EXPECT_EQ(write("a=b x\\ y=1 2").detail,
            "field type conflict: input field \"x y\" on measurement \"a=b\" is type float, "
            "already exists as type integer");
}

TEST_F(series_check_test, a_refused_line_registers_nothing) {
  static_cast<void>(write("cpu value=1i 1"));
  EXPECT_EQ(write("cpu new=1,value=1 2").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu new=\"text\" 3").answer.action, gate_action::keep);
}

TEST_F(series_check_test, a_field_given_twice_with_two_types_is_a_conflict) {
  EXPECT_EQ(write("cpu f=1,f=1i 1").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, every_retention_policy_has_the_same_types) {
  static_cast<void>(write("cpu value=1i 1"));
  retention_policy_ = "week";
  EXPECT_EQ(write("cpu value=1 1").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, off_looks_at_no_type_and_vouches_for_none) {
  policy_.types = types_mode::off;
  static_cast<void>(write("cpu value=1i 1"));
  EXPECT_EQ(write("cpu value=1 2").answer.action, gate_action::keep);
  policy_.types = types_mode::reject;
  EXPECT_EQ(write("cpu value=\"now it counts\" 3").answer.action, gate_action::keep);
  EXPECT_EQ(write("cpu value=1 4").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, numbers_are_alike_where_every_server_has_one_type_of_them) {
  policy_.one_number_type = true;
  policy_.unsigned_values = unsigned_mode::native;  // as in front of a Prometheus
  for (const char* line :
       {"cpu value=1i 1", "cpu value=2.5 2", "cpu value=3u 3", "cpu value=t 4"}) {
    EXPECT_EQ(write(line).text, std::string(line) + "\n");
    EXPECT_EQ(write(line).answer.code, gate_code::none) << "its shape is known by now: " << line;
  }
  EXPECT_EQ(write("cpu value=\"text\" 5").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu new=1,new=2i 6").answer.code, gate_code::none);
  // An InfluxDB is added: what passed before does not pass for that.
  policy_.one_number_type = false;
  EXPECT_EQ(write("cpu value=2.5 7").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu value=7i 8").answer.code, gate_code::none);
}

TEST_F(series_check_test, coerce_converts_what_is_exact_and_refuses_the_rest) {
  policy_.types = types_mode::coerce;
  static_cast<void>(write("cpu,b=1,a=2 i=1i,f=1,s=\"x\" 1"));
  const passed p = write("cpu,b=1,a=2 s=t,i=2.0,f=3i 2");
  EXPECT_EQ(p.text, "cpu,a=2,b=1 s=\"true\",i=2i,f=3 2\n");
  EXPECT_EQ(p.answer.action, gate_action::repair);
  EXPECT_EQ(count(p.repaired, gate_code::type_coerced), 1U);
  EXPECT_EQ(write("cpu,b=1,a=2 i=2.5 3").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu,b=1,a=2 f=\"2\" 3").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, rename_gives_a_field_of_another_type_a_name_of_its_own) {
  policy_.types = types_mode::rename;
  static_cast<void>(write("cpu value=1i 1"));
  const passed p = write("cpu value=\"x\",g=1 2");
  EXPECT_EQ(p.text, "cpu value_str=\"x\",g=1 2\n");
  EXPECT_EQ(count(p.repaired, gate_code::field_renamed), 1U);
  EXPECT_EQ(write("cpu value=1.5 3").text, "cpu value_float=1.5 3\n");
  EXPECT_EQ(write("cpu value=t 4").text, "cpu value_bool=t 4\n");
  EXPECT_EQ(write("cpu value_int=1 5").answer.action, gate_action::keep);
  // The new name is a field like others.
  EXPECT_EQ(write("cpu value_str=1 5").text, "cpu value_str_float=1 5\n");
  EXPECT_EQ(write("cpu value=\"y\",value_str=\"z\" 6").answer.code, gate_code::field_type_conflict);
  const std::string tag(65'535 - 4 - 15, 'x');
  EXPECT_EQ(write("cpu,t=" + tag + " value=t 7").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, drop_field_costs_the_line_only_when_it_was_the_last) {
  policy_.types = types_mode::drop_field;
  static_cast<void>(write("cpu value=1i,g=1 1"));
  const passed p = write("cpu value=\"x\",g=2,h=3 2");
  EXPECT_EQ(p.text, "cpu g=2,h=3 2\n");
  EXPECT_EQ(count(p.repaired, gate_code::field_dropped), 1U);
  const passed lost = write("cpu value=\"x\" 3");
  EXPECT_EQ(lost.answer.action, gate_action::reject);
  EXPECT_EQ(lost.answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(lost.text, "");
}

TEST_F(series_check_test, beyond_the_limit_fields_pass_unchecked_and_are_counted) {
  remember({.types_bytes = std::size_t{64} << 10});
  std::uint64_t unchecked = 0;
  for (int i = 0; i < 5'000; ++i) {
    const passed p = write("cpu f" + std::to_string(i) + "=1i " + std::to_string(i));
    EXPECT_EQ(p.answer.action, gate_action::keep);
    unchecked += count(p.noted, gate_code::type_unchecked);
  }
  EXPECT_GT(unchecked, 1'000U);
  EXPECT_LE(memory_->types_budget().used(), std::size_t{64} << 10);
  EXPECT_EQ(write("cpu f0=1 1").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu f4999=1 1").answer.action, gate_action::keep);
}

TEST_F(series_check_test, types_known_from_elsewhere_count) {
  EXPECT_EQ(memory_->learn("db", "cpu load", "value", field_type::boolean).found,
            field_types::status::added);
  EXPECT_EQ(write("cpu\\ load value=1 1").answer.code, gate_code::field_type_conflict);
  EXPECT_EQ(write("cpu\\ load value=t 1").answer.action, gate_action::keep);
}

TEST_F(series_check_test, unsigned_values_that_became_integers_are_integers) {
  static_cast<void>(write("cpu value=1i 1"));
  EXPECT_EQ(write("cpu value=2u 2").text, "cpu value=2i 2\n");
  EXPECT_EQ(write("cpu f=2u 2").answer.code, gate_code::unsigned_as_integer);
  EXPECT_EQ(write("cpu f=2 3").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, flink_gauges_become_what_they_were) {
  policy_.flink_gauges = true;
  const passed p = write("g,b=1,a=2 value=\"true\",other=\"null\" 1");
  EXPECT_EQ(p.text, "g,a=2,b=1 value=true 1\n");
  EXPECT_EQ(count(p.repaired, gate_code::gauge_converted), 1U);
  EXPECT_EQ(count(p.repaired, gate_code::gauge_dropped), 1U);
  const passed none = write("g value=\"null\" 2");
  EXPECT_EQ(none.answer.action, gate_action::drop);
  EXPECT_EQ(none.answer.code, gate_code::gauge_dropped);
  static_cast<void>(write("g num=1.5 1"));
  EXPECT_EQ(write("g num=\"2.5\" 2").text, "g num=2.5 2\n");
  static_cast<void>(write("g version=\"1.14\" 1"));
  EXPECT_EQ(write("g version=\"true\" 2").text, "g version=\"true\" 2\n");
  EXPECT_EQ(write("g num=\"x\" 3").answer.code, gate_code::field_type_conflict);
}

TEST_F(series_check_test, a_retry_passes_as_one_whatever_the_policy) {
  for (const duplicates_mode mode :
       {duplicates_mode::last, duplicates_mode::reject, duplicates_mode::spread}) {
    policy_.duplicates = mode;
    database_ += "x";
    const std::vector<std::string> lines{"m,a=1,b=2 f=1,g=2i 5", "m,a=1,b=2 f=2,g=2i 6", "n f=1 5"};
    const std::string staged = write_all(lines);
    EXPECT_EQ(write_all(lines), staged);
    const passed p = write("m,b=2,a=1 g=2i,f=1.0 5");  // spelt otherwise
    EXPECT_EQ(p.answer.action, gate_action::keep);
    EXPECT_EQ(count(p.noted, gate_code::duplicate_retry), 1U);
  }
  EXPECT_FALSE(memory_->duplicates.take(now));
}

TEST_F(series_check_test, another_value_in_the_same_place_is_noted_by_default) {
  EXPECT_EQ(write_all({"m,a=1 f=1 5", "m,a=1 f=2 5"}), "m,a=1 f=1 5\nm,a=1 f=2 5\n");
  const passed p = write("m,a=1 f=3 5");
  EXPECT_EQ(p.answer.action, gate_action::keep);
  EXPECT_EQ(count(p.noted, gate_code::duplicate_point), 1U);
  EXPECT_EQ(count(write("m,a=1 f=3 5").noted, gate_code::duplicate_retry), 1U);
  const auto sample = memory_->duplicates.take(now);
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->place, "m,a=1");
  EXPECT_EQ(sample->time, 5);
  EXPECT_EQ(sample->count, 2U);
  static_cast<void>(write("m,a=1 f=4 5"));
  EXPECT_FALSE(memory_->duplicates.take(now + 59'000'000'000));  // once a minute
  EXPECT_TRUE(memory_->duplicates.take(now + 60'000'000'000));
}

TEST_F(series_check_test, of_a_field_twice_the_last_value_goes_on_and_is_noted) {
  // As InfluxDB 1.x stores them. Whether the shape was seen before makes no difference.
  for (const char* time : {"1", "2", "3"}) {
    const std::string end = std::string(" ") + time;
    const passed p = write("m v=1,v=2" + end);
    EXPECT_EQ(p.text, "m v=2" + end + "\n");
    EXPECT_EQ(p.answer.action, gate_action::keep);
    EXPECT_EQ(count(p.noted, gate_code::duplicate_field), 1U);
    EXPECT_EQ(write("m,t=a w=1i,v=1,w=2i,x=t,v=2,v=3" + end).text,
              "m,t=a w=2i,x=t,v=3" + end + "\n");
  }
  const auto sample = memory_->repeated_fields.take(now);
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->place + "." + sample->field, "m.v");
  EXPECT_EQ(sample->count, 6U);
  // What went on is the point: the same again is a retry, another value a duplicate.
  EXPECT_EQ(count(write("m v=2 1").noted, gate_code::duplicate_retry), 1U);
  EXPECT_EQ(count(write("m v=7,v=2 1").noted, gate_code::duplicate_retry), 1U);
  EXPECT_EQ(count(write("m v=1 1").noted, gate_code::duplicate_point), 1U);
  // Lines of good shapes that follow in one run are untouched, and those between found.
  const std::vector<std::string> lines{"m v=1 10", "m v=1 11",     "m v=1,v=2 12",
                                       "m v=1 13", "m v=3,v=4 14", "m v=3,v=4 15"};
  const std::string expected = "m v=1 10\nm v=1 11\nm v=2 12\nm v=1 13\nm v=4 14\nm v=4 15\n";
  EXPECT_EQ(write_all(lines), expected);
}

TEST_F(series_check_test, a_line_with_a_field_twice_is_refused_where_duplicates_are) {
  for (const duplicates_mode mode : {duplicates_mode::reject, duplicates_mode::spread}) {
    policy_.duplicates = mode;
    for (const char* line : {"m v=1,v=2 1", "m v=1,v=2 1", "m v=1,v=2i 1", "m a=1,v=1,b=2,v=1 1"}) {
      const passed p = write(line);
      EXPECT_EQ(p.answer.action, gate_action::reject) << line;
      EXPECT_EQ(p.answer.code, gate_code::duplicate_field) << line;
      EXPECT_EQ(p.text, "") << line;
      EXPECT_NE(p.detail.find("\"v\" stands twice"), std::string::npos) << p.detail;
    }
    // It left nothing behind: no type, no point.
    EXPECT_EQ(write("m v=\"text\" 1").answer.action, gate_action::keep);
    database_ += "x";
  }
}

TEST_F(series_check_test, a_field_twice_with_two_types_is_a_conflict_of_types) {
  // InfluxDB refuses the line whole, also where the field is new.
  EXPECT_EQ(write("m v=1,v=2i 1").answer.code, gate_code::field_type_conflict);
  static_cast<void>(write("n v=1 1"));
  EXPECT_EQ(write("n v=2,v=\"x\" 2").answer.code, gate_code::field_type_conflict);
  policy_.types = types_mode::coerce;
  EXPECT_EQ(write("n v=2,v=3i 3").text, "n v=3 3\n");
  EXPECT_EQ(write("n v=2i,v=3 4").text, "n v=3 4\n");
  EXPECT_EQ(write("n v=1,v=2i,v=3 5").text, "n v=3 5\n");
  policy_.types = types_mode::rename;
  EXPECT_EQ(write("n v=2,v=\"x\",v=\"y\" 6").text, "n v=2,v_str=\"y\" 6\n");
  policy_.types = types_mode::drop_field;
  EXPECT_EQ(write("n v=2,v=\"x\" 7").text, "n v=2 7\n");
  // Unchecked it is InfluxDB's to refuse; each time it is noted.
  policy_.types = types_mode::off;
  for (const char* line : {"o v=1,v=2i 8", "o v=1,v=2i 9"}) {
    const passed p = write(line);
    EXPECT_EQ(p.text, std::string(line) + "\n");
    EXPECT_EQ(count(p.noted, gate_code::duplicate_field), 1U);
  }
}

TEST_F(series_check_test, very_many_values_of_one_field_take_no_time) {
  std::string line = "m v=0";
  for (int i = 0; i < 30'000; ++i) {
    line += ",v=" + std::to_string(i) + ",w" + std::to_string(i) + "=1";
  }
  const passed p = write(line + " 1");
  EXPECT_EQ(count(p.noted, gate_code::duplicate_field), 1U);
  EXPECT_NE(p.text.find(",v=29999,"), std::string::npos);
  EXPECT_EQ(p.text.find("v=29998,"), std::string::npos);
}

TEST_F(series_check_test, halves_of_one_point_do_not_contradict_each_other) {
  policy_.duplicates = duplicates_mode::reject;
  EXPECT_EQ(write("m f=1 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m g=1 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m h=1,i=2 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m g=1 5").answer.action, gate_action::keep);  // a retry
  EXPECT_EQ(write("m g=2 5").answer.code, gate_code::duplicate_point);
  EXPECT_EQ(write("m f=2 5").answer.code, gate_code::duplicate_point);
  EXPECT_EQ(write("m i=2,j=1 5").answer.code, gate_code::duplicate_point);  // i is there
  EXPECT_EQ(write("m j=1 5").answer.action, gate_action::keep);
}

TEST_F(series_check_test, reject_refuses_other_values_also_of_older_points) {
  policy_.duplicates = duplicates_mode::reject;
  std::vector<std::string> lines;
  for (int i = 1; i <= 100; ++i) {
    lines.push_back("m f=" + std::to_string(i) + " " + std::to_string(i));
  }
  static_cast<void>(write_all(lines));
  const passed p = write("m f=0 50");
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::duplicate_point);
  EXPECT_EQ(write("m f=50 50").answer.action, gate_action::keep);
  EXPECT_EQ(write("m f=0 100").answer.code, gate_code::duplicate_point);
  EXPECT_EQ(write("m f=0 101").answer.action, gate_action::keep);
  EXPECT_EQ(write("m,other=series f=0 50").answer.action, gate_action::keep);
}

TEST_F(series_check_test, retention_policies_are_different_places) {
  policy_.duplicates = duplicates_mode::reject;
  EXPECT_EQ(write("m f=1 5").answer.action, gate_action::keep);
  retention_policy_ = "week";
  EXPECT_EQ(write("m f=2 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m f=3 5").answer.code, gate_code::duplicate_point);
  retention_policy_ = "";
  EXPECT_EQ(write("m f=1 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m f=2 5").answer.code, gate_code::duplicate_point);
}

TEST_F(series_check_test, spread_moves_to_the_next_free_nanosecond_and_a_retry_moves_alike) {
  policy_.duplicates = duplicates_mode::spread;
  const std::vector<std::string> lines{"m f=1 5", "m f=2 5", "m f=3 5", "m f=4 6"};
  const std::string expected = "m f=1 5\nm f=2 6\nm f=3 7\nm f=4 8\n";
  EXPECT_EQ(write_all(lines), expected);
  EXPECT_EQ(write_all(lines), expected);
  const passed p = write("m f=5 5");
  EXPECT_EQ(p.text, "m f=5 9\n");
  EXPECT_EQ(count(p.repaired, gate_code::duplicate_spread), 1U);
}

TEST_F(series_check_test, spread_has_an_end) {
  policy_.duplicates = duplicates_mode::spread;
  int kept = 0;
  for (int i = 0; i < 1'100; ++i) {
    kept += write("m f=" + std::to_string(i) + " 5").text.empty() ? 0 : 1;
  }
  EXPECT_EQ(kept, 1'001);
  EXPECT_EQ(write("m,e=1 f=1 9223372036854775806").answer.action, gate_action::keep);
  EXPECT_EQ(write("m,e=1 f=2 9223372036854775806").answer.code, gate_code::duplicate_point);
}

TEST_F(series_check_test, points_that_were_rolled_back_contradict_none) {
  policy_.duplicates = duplicates_mode::reject;
  static_cast<void>(write_all({"m f=1 5", "m f=1 6", "n f=1 5"}, /*committed=*/false));
  EXPECT_EQ(write("m f=2 5").answer.action, gate_action::keep);
  EXPECT_EQ(write("m f=2 6").answer.action, gate_action::keep);
  EXPECT_EQ(write("n f=2 5").answer.action, gate_action::keep);
}

TEST_F(series_check_test, a_series_beyond_the_limit_is_refused_and_its_tag_named) {
  policy_.series_total = 100;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(write("cpu,h=a,id=" + std::to_string(i) + " f=1 1").answer.action, gate_action::keep);
  }
  const passed p = write("cpu,h=a,id=100 f=1,new=2 1");
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::series_limit);
  EXPECT_EQ(p.text, "");
  EXPECT_TRUE(
      p.detail.starts_with("max-series-per-database limit exceeded: (100): in measurement "
                           "\"cpu\" tag \"id\" has about "))
      << p.detail;
  EXPECT_TRUE(p.detail.ends_with(", such as \"100\"")) << p.detail;
  EXPECT_EQ(write("cpu,h=a,id=7 f=1 2").answer.action, gate_action::keep);    // known
  EXPECT_EQ(write("cpu,h=a,id=7 new=t 3").answer.action, gate_action::keep);  // was not registered
}

TEST_F(series_check_test, new_series_of_an_hour) {
  policy_.measurement_series_per_hour = 2;
  now_ = now + 2 * hour;
  EXPECT_EQ(write("cpu,h=1 f=1 1").answer.action, gate_action::keep);
  EXPECT_EQ(write("cpu,h=2 f=1 1").answer.action, gate_action::keep);
  EXPECT_EQ(write("cpu,h=3 f=1 1").answer.code, gate_code::series_limit);
  EXPECT_EQ(write("mem,h=3 f=1 1").answer.action, gate_action::keep);
  now_ += hour;
  EXPECT_EQ(write("cpu,h=3 f=1 1").answer.action, gate_action::keep);
}

TEST_F(series_check_test, gates_of_many_threads_share_one_memory) {
  policy_.duplicates = duplicates_mode::reject;
  constexpr int threads = 4;
  constexpr int lines = 3'000;
  std::atomic<int> kept{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([this, t, &kept] {
      gate own;
      line_reader reader;
      for (int i = 0; i < lines; ++i) {
        own.begin({.policy = &policy_, .now_ns = now, .memory = memory_.get(), .database = "db"});
        const std::string line = "m" + std::to_string(i % 7) + ",h=" + std::to_string(i) +
                                 " f=" + std::to_string(t) + " 5";
        reader.reset({});
        reader.feed(line);
        reader.finish();
        staged_lines staged;
        static_cast<void>(reader.next());
        kept += own.pass(reader.point(), staged).action == gate_action::keep ? 1 : 0;
        own.commit();
      }
    });
  }
  for (std::thread& each : running) {
    each.join();
  }
  EXPECT_EQ(kept.load(), lines);  // of each series and time the first point, of any thread
  EXPECT_EQ(memory_->series.count().series, static_cast<std::uint64_t>(lines));
  EXPECT_EQ(memory_->count().front().series, static_cast<std::uint64_t>(lines));
  EXPECT_EQ(memory_->count().front().types, 7U);
}

}  // namespace
}  // namespace weir
