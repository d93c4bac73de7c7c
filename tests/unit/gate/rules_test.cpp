// SPDX-License-Identifier: Apache-2.0
//
// The operator's rules: what each does to a line, in which order, and what it costs nobody else.
#include "gate/rules/rules.hpp"

#include <optional>

#include "gate/rules/compiled_rule.hpp"
#include "unit/gate/pass_line.hpp"

namespace weir {
namespace {

using rules = std::vector<rule_settings>;

class rules_test : public ::testing::Test {
 protected:
  void use(const rules& given) {
    engine_.reset();
    auto compiled = rule_set::compile(given);
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    set_ = std::move(compiled).value();
    engine_.emplace(*set_);
  }

  passed pass(const std::string& line, const std::string& database = "db") {
    line_reader reader{parse_options{}};
    reader.feed(line);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point) << line;
    gate_.begin(
        {.policy = &policy_, .now_ns = now, .unit_ns = 1, .rules = engine_->rules_for(database)});
    staged_lines staged;
    const gate_answer answer = gate_.pass(reader.point(), staged);
    return {answer, std::string(staged.text()), gate_.repaired(),
            gate_.detail(answer, reader.point())};
  }

  /// The line that comes out; the code's name where none does.
  std::string line(const std::string& given, const std::string& database = "db") {
    const passed p = pass(given + " 1", database);
    if (p.line.empty()) {
      return std::string(name_of(p.answer.code));
    }
    return p.line.substr(0, p.line.size() - 3);
  }

  std::uint64_t hits(std::size_t index) {
    engine_->flush();
    return set_->hits(index);
  }

  database_settings policy_{.precision_mistake = precision_mistake_mode::trust};
  std::shared_ptr<rule_set> set_;
  std::optional<rule_engine> engine_;
  gate gate_;
};

TEST_F(rules_test, drop_by_measurement) {
  use({{.name = "no-debug", .action = rule_action::drop, .measurement = "debug_.*"}});
  const passed p = pass("debug_x f=1 1");
  EXPECT_EQ(p.answer.action, gate_action::drop);
  EXPECT_EQ(p.answer.code, gate_code::dropped_by_rule);
  EXPECT_EQ(p.words, "dropped by rule \"no-debug\"");
  EXPECT_EQ(line("debug_y f=1"), "dropped_by_rule");
  EXPECT_EQ(line("my_debug_x f=1"), "my_debug_x f=1") << "the whole name must match";
  EXPECT_EQ(hits(0), 2U);
}

TEST_F(rules_test, what_no_rule_touches_is_copied_as_it_lies) {
  use({{.name = "a", .action = rule_action::drop, .measurement = "x"},
       {.name = "b", .action = rule_action::drop_tag, .key = "nothing"}});
  const passed p = pass("m,b=1,a=2 f=1 1");
  EXPECT_EQ(p.answer.action, gate_action::keep);
  EXPECT_EQ(p.line, "m,a=2,b=1 f=1 1\n");
  EXPECT_EQ(p.repaired, gate_tally{});
}

TEST_F(rules_test, databases_are_patterns) {
  use({{.name = "a", .action = rule_action::drop, .databases = {"flink*", "ops"}}});
  EXPECT_EQ(line("m f=1", "flink_prod"), "dropped_by_rule");
  EXPECT_EQ(line("m f=1", "ops"), "dropped_by_rule");
  EXPECT_EQ(line("m f=1", "ops2"), "m f=1");
  EXPECT_EQ(engine_->rules_for("db"), nullptr) << "a database without rules costs nothing";
  EXPECT_EQ(engine_->rules_for("flink_a"), engine_->rules_for("flink_b"));
}

TEST_F(rules_test, keep_drops_the_others) {
  use({{.name = "k", .action = rule_action::keep, .measurement = "cpu|mem"}});
  EXPECT_EQ(line("cpu f=1"), "cpu f=1");
  EXPECT_EQ(line("disk f=1"), "dropped_by_rule");
  use({{.name = "k",
        .action = rule_action::keep,
        .measurement = "cpu|mem",
        .tag = "env",
        .tag_value = "prod"}});
  EXPECT_EQ(line("cpu,env=prod f=1"), "cpu,env=prod f=1");
  EXPECT_EQ(line("cpu,env=test f=1"), "dropped_by_rule");
  EXPECT_EQ(line("cpu f=1"), "dropped_by_rule");
}

TEST_F(rules_test, conditions_are_on_a_tag_s_value) {
  use({{.name = "a", .action = rule_action::drop, .tag = "the host", .tag_value = "test, .*"}});
  EXPECT_EQ(line("m,the\\ host=test\\,\\ 1 f=1"), "dropped_by_rule");
  EXPECT_EQ(line("m,the\\ host=prod f=1"), "m,the\\ host=prod f=1");
  EXPECT_EQ(line("m f=1"), "m f=1");
  use({{.name = "a", .action = rule_action::drop, .tag = "host"}});
  EXPECT_EQ(line("m,host=x f=1"), "dropped_by_rule") << "by default: whoever has the tag";
  EXPECT_EQ(line("m f=1"), "m f=1");
  use({{.name = "a", .action = rule_action::drop, .tag = "host", .tag_value = ""}});
  EXPECT_EQ(line("m f=1"), "dropped_by_rule") << "an empty pattern matches every value";
}

TEST_F(rules_test, rename_measurement_with_groups) {
  use({{.name = "r",
        .action = rule_action::rename,
        .measurement = "taskmanager_(.*)",
        .to = "tm \\1"}});
  const passed p = pass("taskmanager_job\\ x,b=1,a=2 f=.5,s=\"q\" 1");
  EXPECT_EQ(p.line, "tm\\ job\\ x,a=2,b=1 f=0.5,s=\"q\" 1\n");
  EXPECT_EQ(p.answer.code, gate_code::changed_by_rule);
  EXPECT_EQ(count(p, gate_code::changed_by_rule), 1U);
  EXPECT_EQ(line("jobmanager f=1"), "jobmanager f=1");
}

TEST_F(rules_test, rename_tags_and_fields) {
  use({{.name = "t",
        .action = rule_action::rename,
        .what = rule_subject::tag,
        .key = "host_?name",
        .to = "host"},
       {.name = "f",
        .action = rule_action::rename,
        .what = rule_subject::field,
        .key = "(.*)-percentile",
        .to = "p\\1"}});
  EXPECT_EQ(line("m,hostname=a,z=1 99-percentile=1,x=2"), "m,host=a,z=1 p99=1,x=2");
  EXPECT_EQ(line("m,host_name=a x=2"), "m,host=a x=2");
  EXPECT_EQ(line("m,host=a x=2"), "m,host=a x=2");
  EXPECT_EQ(hits(0), 2U);
  EXPECT_EQ(hits(1), 1U);
}

TEST_F(rules_test, renaming_onto_a_name_that_is_there_is_refused) {
  use({{.name = "t",
        .action = rule_action::rename,
        .what = rule_subject::tag,
        .key = "hostname",
        .to = "host"},
       {.name = "f",
        .action = rule_action::rename,
        .what = rule_subject::field,
        .key = "a",
        .to = "b"}});
  const passed p = pass("m,host=a,hostname=b f=1 1");
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::rule_conflict);
  EXPECT_EQ(p.words, "rule \"t\" would give it two tags of one name");
  EXPECT_EQ(pass("m a=1,b=2 1").words, "rule \"f\" would give it two fields of one name");
  std::string many = "m a=1,b=2";
  for (int i = 0; i < 40; ++i) {
    many += ",x" + std::to_string(i) + "=1";
  }
  EXPECT_EQ(line(many), "rule_conflict");
}

TEST_F(rules_test, names_that_line_protocol_cannot_hold_are_refused) {
  use({{.name = "r", .action = rule_action::rename, .measurement = "(.*)x", .to = "\\1"}});
  EXPECT_EQ(pass("x f=1 1").words,
            "rule \"r\" would give it a name that line protocol cannot hold");
  EXPECT_EQ(line("a#x f=1"), "a# f=1");
  EXPECT_EQ(line("a\\bx f=1"), "a\\b f=1");
  EXPECT_EQ(line("a\\x f=1"), "rule_conflict") << "a name cannot end in a backslash";
}

TEST_F(rules_test, names_are_escaped_so_that_they_read_back) {
  for (const rule_subject what :
       {rule_subject::measurement, rule_subject::tag, rule_subject::field}) {
    const std::string name = "a b,c=d\\e\"f";
    std::string written;
    ASSERT_TRUE(append_name(what, name, written));
    std::string line = what == rule_subject::measurement ? written + " f=1"
                       : what == rule_subject::tag       ? "m," + written + "=v f=1"
                                                         : "m " + written + "=1";
    line_reader reader{parse_options{}};
    reader.feed(line);
    reader.finish();
    ASSERT_EQ(reader.next(), line_event::point) << line;
    std::string read;
    const point_view& point = reader.point();
    if (what == rule_subject::measurement) {
      unescape_measurement(point.measurement, read);
    } else if (what == rule_subject::tag) {
      unescape_tag(point.tags[0].key, read);
    } else {
      unescape_field_key(point.fields[0].key, read);
    }
    EXPECT_EQ(read, name);
  }
}

TEST_F(rules_test, add_tag_where_there_is_none) {
  use({{.name = "a", .action = rule_action::add_tag, .key = "data center", .to = "a=b"}});
  EXPECT_EQ(line("m,z=1 f=1"), "m,data\\ center=a\\=b,z=1 f=1");
  EXPECT_EQ(line("m f=1"), "m,data\\ center=a\\=b f=1");
  EXPECT_EQ(line("m,data\\ center=own f=1"), "m,data\\ center=own f=1");
  EXPECT_EQ(hits(0), 2U);
}

TEST_F(rules_test, drop_tags_and_fields) {
  use({{.name = "t", .action = rule_action::drop_tag, .key = "id|tm_.*"},
       {.name = "f", .action = rule_action::drop_field, .measurement = "m", .key = "x.*"}});
  EXPECT_EQ(line("m,b=1,id=7,tm_id=9 a=1,x1=2"), "m,b=1 a=1");
  EXPECT_EQ(line("m2,id=7 x=1"), "m2 x=1");
  EXPECT_EQ(line("m x1=1,x2=2"), "dropped_by_rule") << "nothing is left of it";
}

TEST_F(rules_test, the_order_counts) {
  const rule_settings rename{
      .name = "r", .action = rule_action::rename, .measurement = "a", .to = "b"};
  const rule_settings drop{.name = "d", .action = rule_action::drop, .measurement = "b"};
  use({rename, drop});
  EXPECT_EQ(line("a f=1"), "dropped_by_rule");
  use({drop, rename});
  EXPECT_EQ(line("a f=1"), "b f=1");
  EXPECT_EQ(line("b f=1"), "dropped_by_rule");
}

TEST_F(rules_test, a_rename_under_a_condition_changes_what_the_next_rules_see) {
  use({{.name = "r",
        .action = rule_action::rename,
        .measurement = "a",
        .tag = "env",
        .tag_value = "test",
        .to = "b"},
       {.name = "d", .action = rule_action::drop, .measurement = "b"},
       {.name = "t", .action = rule_action::add_tag, .key = "seen", .to = "1"}});
  EXPECT_EQ(line("a,env=test f=1"), "dropped_by_rule");
  EXPECT_EQ(line("a,env=prod f=1"), "a,env=prod,seen=1 f=1");
  EXPECT_EQ(line("a,env=test f=1"), "dropped_by_rule");
}

TEST_F(rules_test, later_rules_see_the_tags_of_earlier_ones) {
  use({{.name = "a", .action = rule_action::add_tag, .key = "env", .to = "prod"},
       {.name = "d", .action = rule_action::drop, .tag = "env", .tag_value = "prod"}});
  EXPECT_EQ(line("m f=1"), "dropped_by_rule");
  EXPECT_EQ(line("m,env=test f=1"), "m,env=test f=1");
}

TEST_F(rules_test, come_before_the_other_checks) {
  policy_ = {};
  use({{.name = "d", .action = rule_action::drop_field, .key = "time"},
       {.name = "old", .action = rule_action::drop, .measurement = "old"}});
  EXPECT_EQ(pass("m f=1,time=2 1").line, "m f=1 1\n");
  EXPECT_EQ(pass("old f=1 1586844081").answer.code, gate_code::dropped_by_rule);
  EXPECT_EQ(pass("m f=1 1586844081").answer.code, gate_code::precision_mistaken);
  EXPECT_EQ(pass("m,time=a f=1,u=5u 1").answer.code, gate_code::time_as_tag);
  EXPECT_EQ(pass("m time=1,u=5u 1").line, "m u=5i 1\n");
}

TEST_F(rules_test, a_key_that_becomes_too_long_is_refused) {
  use({{.name = "a", .action = rule_action::add_tag, .key = "k", .to = std::string(1000, 'v')}});
  const std::string just("m,t=" + std::string(65535 - 4 - 4 - 1003 - 1, 'x'));
  EXPECT_NE(line(just + " f=1"), "rule_conflict");
  EXPECT_EQ(line(just + "xx f=1"), "rule_conflict");
}

TEST_F(rules_test, no_line_gets_a_number_of_tags_that_influxdb_fails_on) {
  use({{.name = "a", .action = rule_action::add_tag, .key = "k", .to = "v"},
       {.name = "d", .action = rule_action::drop_tag, .key = "t[12]"}});
  const auto tags = [](int count) {
    std::string line = "m";
    for (int i = 0; i < count; ++i) {
      line += ",x" + std::to_string(i) + "=1";
    }
    return line;
  };
  EXPECT_EQ(pass(tags(99) + " f=1 1").words,
            "rule \"d\" and those before it would give it a number of tags that InfluxDB fails on");
  EXPECT_EQ(line(tags(199) + ",t1=1,t2=1 f=1"), "rule_conflict");
  EXPECT_NE(line(tags(299) + " f=1"), "rule_conflict");
  EXPECT_NE(line(tags(98) + " f=1"), "rule_conflict");
}

TEST_F(rules_test, tags_keep_their_order_when_the_reader_knew_it) {
  use({{.name = "a", .action = rule_action::add_tag, .key = "b", .to = "v"},
       {.name = "d", .action = rule_action::drop_tag, .key = "z.*"}});
  // Lines of one shape: a reader remembers the order of their unsorted tags.
  line_reader reader{parse_options{}};
  std::string body;
  for (int i = 0; i < 10; ++i) {
    body += "m,zz=1,host=a" + std::to_string(i) + ",area=b,zy=2,dc=c f=1 1\n";
  }
  reader.feed(body);
  gate_.begin({.policy = &policy_, .now_ns = now, .unit_ns = 1, .rules = engine_->rules_for("db")});
  staged_lines staged;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(reader.next(), line_event::point);
    static_cast<void>(gate_.pass(reader.point(), staged));
    expected += "m,area=b,b=v,dc=c,host=a" + std::to_string(i) + " f=1 1\n";
  }
  EXPECT_EQ(staged.text(), expected);
}

TEST_F(rules_test, what_is_remembered_is_bounded_and_found_out_again) {
  use({{.name = "r", .action = rule_action::rename, .measurement = "m(.*)", .to = "n\\1"},
       {.name = "t",
        .action = rule_action::rename,
        .what = rule_subject::tag,
        .key = "t(.*)",
        .to = "u\\1"}});
  engine_->rules_for("db")->limit(10'000);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string n = std::to_string(i);
      ASSERT_EQ(line("m" + n + ",t" + n + "=1 f=1"), "n" + n + ",u" + n + "=1 f=1");
    }
  }
  EXPECT_EQ(hits(0), 600U);
}

TEST_F(rules_test, twenty_rules) {
  rules all;
  for (int i = 0; i < 10; ++i) {
    all.push_back({.name = "drop" + std::to_string(i),
                   .action = rule_action::drop,
                   .measurement = "noise" + std::to_string(i) + "_.*"});
  }
  all.push_back({.name = "flink",
                 .action = rule_action::rename,
                 .databases = {"flink*"},
                 .measurement = "taskmanager_job_task_(.*)",
                 .to = "task_\\1"});
  all.push_back({.name = "flink-keep",
                 .action = rule_action::keep,
                 .databases = {"flink*"},
                 .measurement = "task_.*|jobmanager_.*"});
  for (const char* key : {"tm_id", "task_attempt_id", "job_id", "task_id"}) {
    all.push_back({.name = std::string("no-") + key,
                   .action = rule_action::drop_tag,
                   .databases = {"flink*"},
                   .key = key});
  }
  all.push_back({.name = "dc", .action = rule_action::add_tag, .key = "dc", .to = "prg"});
  all.push_back({.name = "percentiles",
                 .action = rule_action::rename,
                 .what = rule_subject::field,
                 .key = "(\\d+)-percentile",
                 .to = "p\\1"});
  all.push_back(
      {.name = "test-hosts", .action = rule_action::drop, .tag = "host", .tag_value = "test-.*"});
  all.push_back({.name = "stddev",
                 .action = rule_action::drop_field,
                 .measurement = "task_.*",
                 .key = "stddev"});
  ASSERT_EQ(all.size(), 20U);
  use(all);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(line("noise7_x f=1", "a"), "dropped_by_rule");
    EXPECT_EQ(line("cpu,host=a f=1", "a"), "cpu,dc=prg,host=a f=1");
    EXPECT_EQ(line("cpu,host=test-1 f=1", "a"), "dropped_by_rule");
    EXPECT_EQ(line("cpu,host=a f=1", "flink"), "dropped_by_rule");
    EXPECT_EQ(line("taskmanager_job_task_latency,host=a,tm_id=1,job_id=2,task_name=x "
                   "99-percentile=1,stddev=2",
                   "flink"),
              "task_latency,dc=prg,host=a,task_name=x p99=1");
  }
}

TEST(rule_set, bad_patterns_are_told) {
  const auto compiled = rule_set::compile({{.name = "a", .measurement = "("}});
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.error().message,
            "rule \"a\": \"(\" is not a regular expression: missing ): (");
}

}  // namespace
}  // namespace weir
