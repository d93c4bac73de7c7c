// SPDX-License-Identifier: Apache-2.0
//
// Names that databases refuse or drop: refused by name, taken out, or passed.
#include "gate/checks/names.hpp"

#include "unit/gate/pass_line.hpp"

namespace weir {
namespace {

TEST(names, time_as_a_tag_is_refused_in_influxdb_s_words) {
  const passed p = pass_line("m\\ n,time=a f=1 1", {});
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::time_as_tag);
  EXPECT_EQ(p.words, "invalid tag key: input tag \"time\" on measurement \"m n\" is invalid");
  EXPECT_EQ(p.line, "");
}

TEST(names, time_as_a_field_is_taken_out_beside_others_as_influxdb_does) {
  for (const char* line :
       {"m,t=a f=1,time=1 1", "m,t=a time=1,f=1 1", "m,t=a time=1,f=1,time=t 1"}) {
    const passed p = pass_line(line, {});
    EXPECT_EQ(p.answer.code, gate_code::name_dropped) << line;
    EXPECT_EQ(p.line, "m,t=a f=1 1\n") << line;
    EXPECT_EQ(count(p, gate_code::name_dropped), 1U);
  }
  for (const char* line : {"m time=1 1", "m time=1,time=2 1"}) {
    const passed p = pass_line(line, {});
    EXPECT_EQ(p.answer.code, gate_code::time_as_field) << line;
    EXPECT_EQ(p.words, "invalid field name: input field \"time\" on measurement \"m\" is invalid");
  }
  EXPECT_EQ(pass_line("m,time=a f=1,time=1 1", {}).answer.code, gate_code::time_as_tag);
}

// White space before the fields is no part of the first key: another field must come first.
TEST(names, what_is_left_keeps_its_names) {
  using namespace std::string_literals;
  EXPECT_EQ(pass_line("m time=1,\tf=2,g=3,\th=4 1", {}).line, "m g=3,\tf=2,\th=4 1\n");
  EXPECT_EQ(pass_line("m time=1,\0=2,g=3 1"s, {}).line, "m g=3,\0=2 1\n"s);
  EXPECT_EQ(pass_line("m time=1,\0=2 1"s, {}).answer.code, gate_code::time_as_field);
  EXPECT_EQ(pass_line("m time=1,\tf=2 1", {}).answer.code, gate_code::time_as_field);
  EXPECT_EQ(pass_line("m g=1,\tf=2 1", {}).line, "m g=1,\tf=2 1\n");
}

TEST(names, time_as_a_field_can_be_refused_beside_others) {
  const database_settings rejects{.time_key = name_mode::reject};
  for (const char* line : {"m time=1 1", "m f=1,time=1 1", "m time=1,f=1 1"}) {
    const passed p = pass_line(line, rejects);
    EXPECT_EQ(p.answer.code, gate_code::time_as_field) << line;
    EXPECT_EQ(p.words, "invalid field name: input field \"time\" on measurement \"m\" is invalid");
  }
}

TEST(names, time_can_be_taken_out) {
  const database_settings drops{.time_key = name_mode::drop};
  const passed p = pass_line("m,z=1,time=a,b=2 f=.5,time=1,g=2i 1", drops);
  EXPECT_EQ(p.answer.code, gate_code::name_dropped);
  EXPECT_EQ(p.line, "m,b=2,z=1 f=0.5,g=2i 1\n");
  EXPECT_EQ(count(p, gate_code::name_dropped), 1U);
  // Nothing would be left of this one.
  EXPECT_EQ(pass_line("m,a=1 time=1 1", drops).answer.code, gate_code::time_as_field);
}

TEST(names, time_can_pass) {
  const database_settings passes{.time_key = name_mode::pass};
  EXPECT_EQ(pass_line("m,time=a time=1 1", passes).line, "m,time=a time=1 1\n");
}

TEST(names, names_that_only_look_like_it_pass) {
  const std::string line = "time,Time=a,times=b,tim=c TIME=1,t=2,fime=3 1";
  EXPECT_EQ(pass_line(line, {}).answer.action, gate_action::keep);
}

TEST(names, reserved_tags_of_influxdb_2) {
  const database_settings rejects{.reserved_tags = name_mode::reject};
  for (const char* key : {"_field", "_measurement", "_time", "_value", "_start", "_stop"}) {
    const std::string line = "m," + std::string(key) + "=a f=1 1";
    EXPECT_EQ(pass_line(line, {}).answer.action, gate_action::keep) << "1.x takes it";
    const passed p = pass_line(line, rejects);
    EXPECT_EQ(p.answer.code, gate_code::reserved_tag);
    EXPECT_EQ(p.words, "cannot use reserved tag key \"" + std::string(key) + "\"");
    const database_settings drops{.reserved_tags = name_mode::drop};
    EXPECT_EQ(pass_line(line, drops).line, "m f=1 1\n");
  }
  EXPECT_EQ(pass_line("m,_tag=a,_times=b _field=1,_measurement=2,_time=3 1", rejects).answer.action,
            gate_action::keep);
  const std::string nul("m,\0=a f=1 1", 11);
  EXPECT_EQ(pass_line(nul, rejects).words, "cannot use reserved tag key \"\\x00\"");
}

TEST(names, a_tag_and_a_field_of_one_name) {
  const std::string line = "m,a=1,b=2 b=3,c=4 1";
  EXPECT_EQ(pass_line(line, {}).answer.action, gate_action::keep);
  const database_settings rejects{.tag_and_field = name_mode::reject};
  const passed p = pass_line(line, rejects);
  EXPECT_EQ(p.answer.code, gate_code::tag_and_field);
  EXPECT_EQ(p.words, "\"b\" is both a tag and a field of measurement \"m\"");
  const database_settings drops{.tag_and_field = name_mode::drop};
  EXPECT_EQ(pass_line(line, drops).line, "m,a=1,b=2 c=4 1\n");
  EXPECT_EQ(pass_line("m,b=2 b=3 1", drops).answer.code, gate_code::tag_and_field);
}

TEST(names, a_field_called_as_a_tag_gets_another_name) {
  const database_settings renames{.tag_and_field = name_mode::rename};
  const passed p = pass_line("m,a=1,b=2 b=3,c=4 1", renames);
  EXPECT_EQ(p.answer.code, gate_code::field_renamed);
  EXPECT_EQ(p.line, "m,a=1,b=2 b_field=3,c=4 1\n");
  EXPECT_EQ(count(p, gate_code::field_renamed), 1U);
  EXPECT_EQ(pass_line("m,b=2 b=3 1", renames).line, "m,b=2 b_field=3 1\n");
  // As many as there are, whatever else is called so already.
  EXPECT_EQ(pass_line("m,a=1,b=2 a=1i,b=\"x\" 1", renames).line,
            "m,a=1,b=2 a_field=1i,b_field=\"x\" 1\n");
  EXPECT_EQ(pass_line("m,b=2 b=3,b_field=4 1", renames).line,
            "m,b=2 b_field_field=3,b_field=4 1\n");
  EXPECT_EQ(pass_line("m,b=2,b_field=x b=3 1", renames).line,
            "m,b=2,b_field=x b_field_field=3 1\n");
  EXPECT_EQ(pass_line("m,b\\ c=2 b\\ c=3 1", renames).line, "m,b\\ c=2 b\\ c_field=3 1\n");
  EXPECT_EQ(pass_line("m,a=1 b=3 1", renames).answer.action, gate_action::keep);
  // Beside what is taken out.
  const passed both = pass_line("m,b=2 b=3,time=4 1", renames);
  EXPECT_EQ(both.line, "m,b=2 b_field=3 1\n");
  EXPECT_EQ(count(both, gate_code::name_dropped), 1U);
  EXPECT_EQ(count(both, gate_code::field_renamed), 1U);
}

TEST(names, stripped_points_have_their_unsigned_values_converted) {
  const database_settings drops{.time_key = name_mode::drop};
  EXPECT_EQ(pass_line("m time=1,u=5u 1", drops).line, "m u=5i 1\n");
}

TEST(names, no_line_gets_a_number_of_tags_that_influxdb_fails_on) {
  const database_settings drops{.time_key = name_mode::drop};
  std::string line = "m,time=1";
  for (int i = 0; i < 100; ++i) {
    line += ",x" + std::to_string(i) + "=1";
  }
  EXPECT_EQ(pass_line(line + " f=1 1", drops).answer.code, gate_code::time_as_tag);
  EXPECT_EQ(pass_line(line + ",y=1 f=1 1", drops).answer.code, gate_code::name_dropped);
  const database_settings passes{.time_key = name_mode::drop, .tag_count = shield_mode::pass};
  EXPECT_EQ(pass_line(line + " f=1 1", passes).answer.code, gate_code::name_dropped);
}

TEST(long_strings, are_refused_by_what_they_stand_for) {
  const std::size_t most = long_strings_check::string_bytes_max;
  const database_settings rejects{.long_strings = shield_mode::reject};
  const auto line = [](const std::string& text) { return "m\\ n v\\,w=\"" + text + "\" 1"; };
  const auto pass = [](const std::string& text, const database_settings& policy) {
    line_reader reader{{.line_bytes_max = std::size_t{8} << 20}};
    reader.feed(text);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point);
    gate chain;
    chain.begin({.policy = &policy, .now_ns = now});
    staged_lines staged;
    const gate_answer answer = chain.pass(reader.point(), staged);
    return std::pair{answer.code, chain.detail(answer, reader.point())};
  };
  EXPECT_EQ(pass(line(std::string(most, 'x')), rejects).first, gate_code::none);
  const auto refused = pass(line(std::string(most + 1, 'x')), rejects);
  EXPECT_EQ(refused.first, gate_code::string_too_long);
  EXPECT_EQ(refused.second,
            "input field \"v,w\" on measurement \"m n\" is too long, 1048577 > 1048576");
  EXPECT_EQ(pass(line(std::string(most + 1, 'x')), {}).first, gate_code::none);
  std::string quotes;
  for (std::size_t i = 0; i < most; ++i) {
    quotes += "\\\"";
  }
  EXPECT_EQ(pass(line(quotes), rejects).first, gate_code::none);
  EXPECT_EQ(pass(line(quotes + "x"), rejects).first, gate_code::string_too_long);
}

}  // namespace
}  // namespace weir
