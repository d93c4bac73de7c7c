// SPDX-License-Identifier: Apache-2.0
#include "sinks/mapping/series_mapper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "unit/sinks/mapping/mapped_lines.hpp"

namespace weir {
namespace {

using texts = std::vector<std::string>;

TEST(series_mapper, measurement_and_field_make_the_name_and_tags_the_labels) {
  mapped_lines map;
  EXPECT_EQ(map.of("cpu,host=a,dc=eu usage=1,idle=2i 1"),
            (texts{"cpu_usage{db=d,dc=eu,host=a}", "cpu_idle{db=d,dc=eu,host=a}"}));
  EXPECT_EQ(map.one("cpu value=1 1"), "cpu_value{db=d}");
  EXPECT_EQ(map.one("cpu value=1 1", "d", "hour"), "cpu_value{db=d,rp=hour}");
  EXPECT_EQ(map.one("cpu value=1 1"), "cpu_value{db=d}");
  EXPECT_EQ(map.one("cpu value=1 1", "other"), "cpu_value{db=other}");
}

TEST(series_mapper, escapes_of_line_protocol_are_undone) {
  mapped_lines map(without_database());
  EXPECT_EQ(map.one("my-cpu\\ x,a\\,b=c\\=d f\\=1=2 1"), "my_cpu_x_f_1{a_b=c=d}");
  EXPECT_EQ(map.one("m,t=two\\\\ words f=1 1"), "m_f{t=two\\ words}");
  EXPECT_EQ(map.one("m,t=\xC3( v=1 1"), "m_v{t=\xEF\xBF\xBD(}");
}

TEST(series_mapper, labels_are_sorted_by_name_not_by_key) {
  mapped_lines map(without_database());
  EXPECT_EQ(map.one("m,a-z=1,aZ=2,ab=3 v=1 1"), "m_v{aZ=2,a_z=1,ab=3}");
}

TEST(series_mapper, tags_that_are_written_alike_have_labels_of_their_own) {
  mapped_lines map(without_database());
  const std::string first = map.one("m,a-b=1,a.b=2,a_b=3 v=1 1");
  EXPECT_NE(first.find("a_b=1,"), std::string::npos) << first;
  EXPECT_EQ(std::count(first.begin(), first.end(), ','), 2) << first;
  // In another order, alone, and in another measurement.
  EXPECT_EQ(map.one("m,a.b=2,a_b=3,a-b=1 v=1 1"), first);
  const std::string dotted = map.one("n,a.b=2 v=1 1");
  EXPECT_EQ(dotted.size(), std::string_view("n_v{a_b_12345678=2}").size()) << dotted;
  EXPECT_NE(first.find(dotted.substr(4, 12)), std::string::npos) << first << " " << dotted;
}

TEST(series_mapper, names_that_are_not_ours_to_give_are_not_given_to_tags) {
  mapping_settings settings;
  settings.external_labels = {"region=eu"};
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m,db=x,region=us,rp=y v=1 1"),
            "m_v{db=d,region=eu,tag_db=x,tag_region=us,tag_rp=y}");
  EXPECT_EQ(map.one("m,__name__=x,--x=1 v=1 1"), "m_v{db=d,region=eu,tag___name__=x,tag___x=1}");
  const std::string both = map.one("m,db=x,tag_db=y v=1 1");
  EXPECT_TRUE(both.starts_with("m_v{db=d,region=eu,tag_db=x,tag_db_")) << both;
}

TEST(series_mapper, a_name_made_for_a_reserved_one_may_be_reserved_too) {
  mapping_settings settings;
  settings.external_labels = {"tag_db=x", "tag_tag_db=y"};
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m,db=1 v=1"), "m_v{db=d,tag_db=x,tag_tag_db=y,tag_tag_tag_db=1}");
  // A suffixed name that the operator happens to have taken.
  mapped_lines plain;
  const std::string suffixed = plain.one("m,a-b=1,a.b=2 v=1");
  const std::string taken = suffixed.substr(suffixed.find("a_b_"), 12);
  settings.external_labels = {taken + "=x"};
  mapped_lines other(settings);
  const std::string made = other.one("m,a-b=1,a.b=2 v=1");
  EXPECT_NE(made.find("," + taken + "=x"), std::string::npos) << made;
  EXPECT_NE(made.find(",tag_a_b=2"), std::string::npos) << made;
}

TEST(series_mapper, no_label_is_there_twice_whatever_a_line_has) {
  mapping_settings settings = without_database();
  settings.string_labels = {"s"};
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m v=1,s=\"a\",s=\"b\""), "m_v{s=a}");
  EXPECT_EQ(map.mapper().cut_labels(), 1U);
}

TEST(series_mapper, a_label_that_is_reserved_later_moves_the_tag) {
  const auto names = book_of_names();
  mapped_lines before({}, names);
  EXPECT_EQ(before.one("m,region=us v=1 1"), "m_v{db=d,region=us}");
  mapping_settings settings;
  settings.external_labels = {"region=eu"};
  mapped_lines after(settings, names);
  EXPECT_EQ(after.one("m,region=us v=1 1"), "m_v{db=d,region=eu,tag_region=us}");
}

TEST(series_mapper, the_database_may_have_another_label_or_none) {
  mapping_settings settings;
  settings.database_label = "database";
  EXPECT_EQ(mapped_lines(settings).one("m,db=x v=1 1"), "m_v{database=d,db=x}");
  settings.database_label.clear();
  mapped_lines none(settings);
  EXPECT_EQ(none.one("m,db=x v=1 1"), "m_v{db=x}");
  // Then all databases have one set of names: only the same names are one series.
  EXPECT_EQ(none.one("m,db=x a.b=1 1"), "m_a_b{db=x}");
  EXPECT_EQ(none.one("m,db=x a.b=1 1", "e"), "m_a_b{db=x}");
  EXPECT_NE(none.one("m,db=x a-b=1 1", "e"), "m_a_b{db=x}");
}

TEST(series_mapper, one_series_for_one_series_whatever_the_order) {
  // Each pair is written alike by some rule.
  const texts lines{"m a.b=1",
                    "m a_b=1",
                    "m a-b=1",
                    "m_a b=1",
                    "m.a b=1",
                    "\xE6\xB8\xA9\xE5\xBA\xA6 v=1",
                    "\xE6\xB9\xBF\xE5\xBA\xA6 v=1",
                    "U__\xE6\xB8\xA9 v=1",
                    "U___6e29__5ea6___v v=1",
                    "U_ _6e29__5ea6___v=1",
                    "m \xF0\x9F\x98\x80=1",
                    "m \xF0\x9F\x98\x81=1",
                    "m __=1",
                    "m \xFF\xFE=1",
                    "m \xFF\xFF=1",
                    "1m v=1",
                    "_1m v=1",
                    "m,a.b=1 v=1",
                    "m,a_b=1 v=1",
                    "m,tag_db=1 v=1",
                    "m,db=1 v=1"};
  for (const mapping_mode mode : {mapping_mode::standard, mapping_mode::telegraf,
                                  mapping_mode::vmagent, mapping_mode::flink}) {
    for (const name_style names : {name_style::automatic, name_style::escape, name_style::utf8}) {
      mapping_settings settings;
      settings.mode = mode;
      settings.names = names;
      const auto book = book_of_names();
      std::set<std::string> first;
      for (const char* database : {"one", "two"}) {
        mapped_lines map(settings, book);
        for (const std::string& line : lines) {
          EXPECT_TRUE(first.insert(map.one(line, database)).second) << line;
        }
      }
      // Mappers that come later find the same in any order.
      texts shuffled = lines;
      std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(7));
      std::set<std::string> again;
      for (const char* database : {"two", "one"}) {
        mapped_lines map(settings, book);
        for (const std::string& line : shuffled) {
          again.insert(map.one(line, database));
        }
      }
      EXPECT_EQ(again, first);
    }
  }
}

TEST(series_mapper, what_is_at_hand_is_that_of_the_line) {
  mapped_lines map;
  // Fields and tags change places, come and go between lines of one measurement.
  EXPECT_EQ(map.of("m,a=1,b=2 x=1,y=2\nm,b=2,a=1 y=2,x=1\nm,b=3 y=1\nm z=1\nm,a=1,b=2 x=1\n"),
            (texts{"m_x{a=1,b=2,db=d}", "m_y{a=1,b=2,db=d}", "m_y{a=1,b=2,db=d}",
                   "m_x{a=1,b=2,db=d}", "m_y{b=3,db=d}", "m_z{db=d}", "m_x{a=1,b=2,db=d}"}));
  EXPECT_EQ(map.of("n,a=1 x=1\nm,a=1 x=1\nn,c=1 x=1\n", "e", "r"),
            (texts{"n_x{a=1,db=e,rp=r}", "m_x{a=1,db=e,rp=r}", "n_x{c=1,db=e,rp=r}"}));
}

TEST(series_mapper, strings_may_be_labels) {
  mapping_settings settings = without_database();
  settings.string_labels = {"ver*"};
  mapped_lines map(settings);
  EXPECT_EQ(
      map.of("m,a=1 version=\"1.2 \\\"x\\\"\",note=\"n\",v=1\nm,a=1 v=2\nm,a=1 v=3,vers=\"\"\n"),
      (texts{"m_v{a=1,version=1.2 \"x\"}", "m_v{a=1}", "m_v{a=1}"}));
  // A tag and a field of one name are two labels.
  const std::string both = map.one("m,version=t version=\"f\",v=1");
  EXPECT_TRUE(both.starts_with("m_v{version=f,version_")) << both;
}

TEST(series_mapper, tags_may_be_left_out) {
  mapping_settings settings = without_database();
  settings.drop_labels = {"task_attempt_*", "x y"};
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m,task_attempt_id=1,task_id=2,x\\ y=3 v=1"), "m_v{task_id=2}");
}

TEST(series_mapper, what_is_beyond_a_limit_is_cut_and_stays_apart) {
  mapping_settings settings;
  settings.labels = 5;
  settings.label_value_bytes = 40;
  settings.label_name_bytes = 32;
  mapped_lines map(settings);
  const std::string value(50, 'v');
  const std::string one = map.one("m,a=" + value + "1 v=1");
  EXPECT_NE(one, map.one("m,a=" + value + "2 v=1"));
  EXPECT_EQ(one.size(), std::string_view("m_v{a=,db=d}").size() + 40) << one;
  EXPECT_EQ(map.mapper().cut_labels(), 2U);
  EXPECT_EQ(map.one("m,a=1,b=2,c=3 v=1"), "m_v{a=1,b=2,c=3,db=d}");
  const std::string many = map.one("m,a=1,b=2,c=3,d=4,e=5 v=1");
  EXPECT_TRUE(many.starts_with("m_v{a=1,b=2,db=d,weir_labels_cut=")) << many;
  EXPECT_NE(many, map.one("m,a=1,b=2,c=3,d=4,e=6 v=1"));
  EXPECT_EQ(map.mapper().cut_labels(), 2U + 6U);
  const std::string named = map.one("m," + std::string(40, 'n') + "=1 v=1");
  EXPECT_EQ(named.size(), std::string_view("m_v{db=d,=1}").size() + 32) << named;
  const std::string field(60, 'f');
  EXPECT_EQ(map.one("m " + field + "=1").size(), std::string_view("{db=d}").size() + 40);
  EXPECT_NE(map.one("m " + field + "=1"), map.one("m " + field + "2=1"));
}

TEST(series_mapper, no_limit_of_labels_is_none) {
  mapping_settings settings = without_database();
  settings.labels = 0;
  mapped_lines map(settings);
  std::string line = "m";
  for (int i = 0; i < 99; ++i) {
    line += ",t" + std::to_string(i) + "=1";
  }
  const std::string made = map.one(line + " v=1");
  EXPECT_EQ(std::count(made.begin(), made.end(), '='), 99);
}

TEST(series_mapper, points_that_were_series_get_their_names_back) {
  mapping_settings settings;
  settings.exact_names = {"pushed", "prom*"};
  for (const mapping_mode mode : {mapping_mode::standard, mapping_mode::telegraf,
                                  mapping_mode::vmagent, mapping_mode::flink}) {
    settings.mode = mode;
    mapped_lines map(settings);
    EXPECT_EQ(map.one("http_requests_total,job=a,db=x value=1", "pushed"),
              "http_requests_total{db=x,job=a}");
    EXPECT_EQ(map.one("job:rate value=1", "prom-1"), "job:rate{}");
    EXPECT_NE(map.one("up value=1", "other"), "up{}");
    // A field that no such point has, and a measurement that comes to a name that is there.
    EXPECT_NE(map.one("up other=1", "pushed"), "up{}");
    EXPECT_EQ(map.one("up_other value=1", "prom"), "up_other{}");
    EXPECT_NE(map.one("up-other value=1", "prom"), "up_other{}");
  }
  EXPECT_EQ(mapped_lines().one("up,job=j value=1", "pushgateway"), "up{job=j}");
}

TEST(series_mapper, labels_of_points_that_were_series_are_not_filtered_as_those_of_flink) {
  mapping_settings settings;
  settings.mode = mapping_mode::flink;
  settings.exact_names = {"pushed"};
  mapped_lines map(settings);
  EXPECT_EQ(map.one("took,quantile=0.5,instance=10.0.0.1:80 value=1", "pushed"),
            "took{instance=10.0.0.1:80,quantile=0.5}");
  EXPECT_EQ(map.one("took_bucket,le=0.25 value=1", "pushed"), "took_bucket{le=0.25}");
  // No series gets a label twice.
  EXPECT_EQ(map.one("took,quantile=0.5 p50=1", "pushed"), "flink_took_p50{quantile=0.5}");
  EXPECT_EQ(map.one("took,quantile=0.5 value=1", "other"), "flink_took{db=other,tag_quantile=0_5}");
  settings.label_values = value_style::filter;
  EXPECT_EQ(mapped_lines(settings).one("took_bucket,le=0.25 value=1", "pushed"),
            "took_bucket{le=0_25}");
}

TEST(series_mapper, names_of_any_kind_stay_apart_and_are_the_same_after_a_restart) {
  std::mt19937 random(20);
  const texts letters{"a",        "A",
                      "_",        "__",
                      "-",        ".",
                      ":",        "1",
                      "U__",      "\\ ",
                      "\\,",      "\xC3\xA9",
                      "\xD0\xBF", "\xE6\xB8\xA9",
                      "\xD8\xAD", "\xF0\x9F\x98\x80",
                      "\xFF",     "6e29"};
  const auto word = [&] {
    std::string out;
    for (int i = 0; i < 3; ++i) {
      out += letters[random() % letters.size()];
    }
    return out;
  };
  std::set<std::string> lines;
  while (lines.size() < 3'000) {
    const std::string measurement = word();
    lines.insert(measurement.substr(0, measurement.find("\\,")) + "x " + word() + "=1");
    lines.insert("m," + word() + "=1 v=1");
  }
  texts order(lines.begin(), lines.end());
  std::shuffle(order.begin(), order.end(), random);
  const auto names = std::make_shared<name_book>(std::uint64_t{1} << 26, nullptr);
  mapped_lines map({}, names);
  std::map<std::string, std::string> made;
  std::set<std::string> series;
  for (const std::string& line : order) {
    made[line] = map.one(line);
    EXPECT_TRUE(series.insert(made[line]).second) << line << " is " << made[line];
  }
  mapped_lines again({}, names);
  for (const auto& [line, name] : made) {
    EXPECT_EQ(again.one(line), name);
  }
}

TEST(series_mapper, names_at_hand_have_a_bound) {
  const auto names = std::make_shared<name_book>(std::uint64_t{1} << 26, nullptr);
  mapped_lines map({}, names);
  std::string lines;
  for (int i = 0; i < 100'000; ++i) {
    lines += "m" + std::to_string(i) + " v=1\n";
  }
  EXPECT_EQ(map.of(lines).size(), 100'000U);
  EXPECT_GT(map.mapper().cached_bytes(), series_mapper::cache_bytes_max);
  EXPECT_EQ(map.one("m7 v=1"), "m7_v{db=d}");
  EXPECT_LT(map.mapper().cached_bytes(), series_mapper::cache_bytes_max);
  // Lines of several numbers of tags and fields do not count again and again.
  static_cast<void>(map.of("m,a=1 v=1\nm,a=1,b=2 v=1,w=2\n"));
  const std::size_t before = map.mapper().cached_bytes();
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(map.of("m,a=1 v=1\nm,a=1,b=2 v=1,w=2\n"));
  }
  EXPECT_EQ(map.mapper().cached_bytes(), before);
}

TEST(series_mapper, a_full_book_keeps_series_apart) {
  mapped_lines map({}, std::make_shared<name_book>(64, nullptr));
  std::set<std::string> seen;
  for (const char* line : {"m a.b=1", "m a_b=1", "m_a b=1", "m,a.b=1 v=1", "m,a_b=1 v=1"}) {
    EXPECT_TRUE(seen.insert(map.one(line)).second) << line;
  }
}

// ---- presets ----

TEST(mapping_presets, telegraf_trims_and_knows_the_measurement_prometheus) {
  mapping_settings settings = without_database();
  settings.mode = mapping_mode::telegraf;
  mapped_lines map(settings);
  EXPECT_EQ(map.one("cpu,host=a usage_idle=1"), "cpu_usage_idle{host=a}");
  EXPECT_EQ(map.one("prometheus,le=1 http_requests=1"), "http_requests{le=1}");
  EXPECT_EQ(map.one("-disk- used.percent=1"), "disk__used_percent{}");
  EXPECT_EQ(map.one("1m v=1"), "m_v{}");
}

TEST(mapping_presets, flink_gives_the_names_of_its_prometheus_reporter) {
  mapping_settings settings;
  settings.mode = mapping_mode::flink;
  mapped_lines map(settings);
  EXPECT_EQ(map.one("jobmanager_job_uptime,job_name=weir\\ test value=5i"),
            "flink_jobmanager_job_uptime{db=d,job_name=weir_test}");
  EXPECT_EQ(map.one("taskmanager_job_task_numRecordsIn,host=10.0.0.1 count=3i"),
            "flink_taskmanager_job_task_numRecordsIn{db=d,host=10_0_0_1}");
  EXPECT_EQ(map.of("taskmanager_job_task_numRecordsInPerSecond count=3i,rate=0.5"),
            (texts{"flink_taskmanager_job_task_numRecordsInPerSecond_count{db=d}",
                   "flink_taskmanager_job_task_numRecordsInPerSecond{db=d}"}));
  EXPECT_EQ(map.one("taskmanager_KafkaConsumer_records-lag-max value=1"),
            "flink_taskmanager_KafkaConsumer_records_lag_max{db=d}");
  EXPECT_EQ(map.of("j_isBackPressured value=\"true\"\nj_path value=\"null\"\nj_x value=\"text\""),
            (texts{"flink_j_isBackPressured{db=d}"}));
  EXPECT_EQ(map.one("other usage=1"), "flink_other_usage{db=d}");
}

TEST(mapping_presets, flink_histograms_are_summaries) {
  mapping_settings settings = without_database();
  settings.mode = mapping_mode::flink;
  mapped_lines map(settings);
  EXPECT_EQ(map.of("h,r=1,quantile=x,A=2 count=9i,max=5i,p50=1,p75=2,p95=3,p98=4,p99=5,p999=6"),
            (texts{"flink_h_count{A=2,r=1,tag_quantile=x}", "flink_h_max{A=2,r=1,tag_quantile=x}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.5}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.75}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.95}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.98}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.99}",
                   "flink_h{A=2,r=1,tag_quantile=x,quantile=0.999}"}));
  // A metric that is a meter here and a counter there: two fields, two series.
  EXPECT_EQ(map.one("k count=1i"), "flink_k{}");
  const texts meter = map.of("k count=1i,rate=1");
  EXPECT_EQ(meter[0], "flink_k_count{}");
  EXPECT_TRUE(meter[1].starts_with("flink_k_") && meter[1] != meter[0]) << meter[1];
}

TEST(mapping_presets, types_follow_the_preset_and_metadata_comes_first) {
  const auto type_of = [](const mapping_settings& settings, std::string_view line) {
    mapped_lines map(settings);
    static_cast<void>(map.of(line));
    line_reader reader;
    reader.feed(line);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point);
    map.mapper().begin("d", "");
    map.mapper().take(reader.point());
    return map.mapper().field(0).type;
  };
  mapping_settings settings;
  EXPECT_EQ(type_of(settings, "m v=1"), metric_type::unknown);
  settings.metadata = {"m_*=gauge", "*_total=counter"};
  EXPECT_EQ(type_of(settings, "m v=1"), metric_type::gauge);
  EXPECT_EQ(type_of(settings, "http requests_total=1"), metric_type::counter);
  settings.metadata.clear();
  settings.mode = mapping_mode::flink;
  EXPECT_EQ(type_of(settings, "m count=1"), metric_type::gauge);
  EXPECT_EQ(type_of(settings, "m p50=1,count=1"), metric_type::summary);
}

TEST(mapping_presets, vmagent_keeps_names_and_a_tag_called_db) {
  mapping_settings settings;
  settings.mode = mapping_mode::vmagent;
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m-3.x,ta-g=x,a\\ b=c f-1.x=2"), "m-3.x_f-1.x{a b=c,db=d,ta-g=x}");
  EXPECT_EQ(map.one("pg,db=postgres v=1"), "pg_v{db=postgres,weir_database=d}");
  EXPECT_EQ(map.one("pg,x=1 v=\"12.5\""), "pg_v{db=d,x=1}");
  EXPECT_EQ(map.of("pg v=\"text\",w=\"inf\",x=\"1e400\",y=\"\""), texts{});
  settings.names = name_style::escape;
  EXPECT_EQ(mapped_lines(settings).one("m-3.x f-1.x=2"), "m_3_x_f_1_x{db=d}");
  // A string that makes a label does not have the database's name.
  settings.string_labels = {"db"};
  mapped_lines strings(settings);
  EXPECT_EQ(strings.one("m db=\"x\",v=1"), "m_v{db=d,tag_db=x}");
  EXPECT_EQ(strings.one("m,db=y db=\"x\",v=1"), "m_v{db=y,tag_db=x,weir_database=d}");
  EXPECT_EQ(strings.mapper().cut_labels(), 0U);
}

TEST(mapping_presets, a_template_says_it_all) {
  mapping_settings settings;
  settings.mode = mapping_mode::pattern;
  settings.series_name = "{database}:{field}";
  settings.database_label.clear();
  mapped_lines map(settings);
  EXPECT_EQ(map.one("m v=1"), "d:v{}");
  EXPECT_NE(map.one("n v=1"), "d:v{}") << "another measurement is another series";
  EXPECT_EQ(map.one("m v=1", "e"), "e:v{}");
}

struct value_case {
  std::string_view text;
  double expected;
  bool exact;
};

TEST(mapping_values, numbers_and_booleans_become_doubles) {
  const mapping_rules rules({});
  for (const value_case& one :
       {value_case{"1.5", 1.5, true}, value_case{"-0.0", -0.0, true}, value_case{"true", 1, true},
        value_case{"F", 0, true}, value_case{"7i", 7, true}, value_case{"7u", 7, true},
        value_case{"\"true\"", 1, true}, value_case{"\"FALSE\"", 0, true},
        value_case{"9007199254740992i", 9007199254740992.0, true},
        value_case{"-9007199254740992i", -9007199254740992.0, true},
        value_case{"9007199254740993i", 9007199254740992.0, false},
        value_case{"-9223372036854775808i", -9223372036854775808.0, false},
        value_case{"18446744073709551615u", 18446744073709551616.0, false}}) {
    const std::string line = "m v=" + std::string(one.text) + " 1";
    line_reader reader;
    reader.feed(line);
    reader.finish();
    ASSERT_EQ(reader.next(), line_event::point) << line;
    bool exact = true;
    EXPECT_EQ(rules.value_of(reader.point().fields[0], exact), one.expected) << line;
    EXPECT_EQ(exact, one.exact) << line;
  }
}

}  // namespace
}  // namespace weir
