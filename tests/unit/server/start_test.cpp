// SPDX-License-Identifier: Apache-2.0
//
// What weir says of itself: the line that it begins with, the process' numbers, the limit of open
// files, and what is said about directories that cannot be used.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "files/directory_remedy_posix.hpp"
#include "server/open_files_posix.hpp"
#include "server/process_metrics_posix.hpp"
#include "server/start_summary.hpp"
#include "unit/metric_values.hpp"

namespace weir {
namespace {

TEST(start_summary, names_the_log_and_the_sinks) {
  start_numbers numbers;
  numbers.gauge_value("weir_log_first_sequence", "", 3, {});
  numbers.gauge_value("weir_log_end_sequence", "", 10, {});
  numbers.gauge_value("weir_log_bytes", "", 5 << 20, {});
  numbers.gauge_value("weir_sink_pending_points", "", 1'234'567, {{"sink", "influx"}});
  numbers.counter_value("weir_sink_pending_points_total", "", 9, {{"sink", "influx"}});
  log_settings log;
  log.directory = "/srv/data";
  log.acknowledge = acknowledge_mode::synced;
  EXPECT_EQ(numbers.log_summary(log, "/"), "log /srv/data (synced): 7 frames, 5 MiB, at most 4GiB");
  sink_settings influx;
  influx.name = "influx";
  influx.kind.emplace<influxdb_settings>().url = "http://me:pw@host:8086/?token=x";
  sink_settings file;
  file.name = "lines";
  file.kind.emplace<file_settings>().directory = "there";
  settings configured;
  configured.sinks = {influx, file};
  EXPECT_EQ(numbers.sink_summary(configured),
            "sinks: influx (influxdb http://***@host:8086/?token=***, 1234567 points pending), "
            "lines (file there, 0 points pending)");
  EXPECT_EQ(numbers.sink_summary({}), "no sinks");
  configured.service.roles = {"intake"};
  EXPECT_EQ(numbers.sink_summary(configured), "delivers nothing (service.roles)");
}

TEST(start_summary, of_a_log_in_kafka) {
  start_numbers numbers;
  numbers.gauge_value("weir_log_topic_partitions", "", 12, {{"topic", "weir"}});
  log_settings log;
  log.type = log_type::kafka;
  log.kafka.brokers = {"a:9092", "b:9092"};
  EXPECT_EQ(numbers.log_summary(log, "/"),
            "log in Kafka (written): topic weir at a:9092, b:9092, 12 partitions");
  numbers.gauge_value("weir_log_topic_leaderless", "", 2, {{"topic", "weir"}});
  EXPECT_EQ(numbers.log_summary(log, "/"),
            "log in Kafka (written): topic weir at a:9092, b:9092, 12 partitions, 2 of them "
            "without a leader");
}

TEST(start_summary, of_a_log_without_anything_in_it) {
  start_numbers numbers;
  log_settings log;
  log.directory = "/srv/data";
  numbers.gauge_value("weir_log_first_sequence", "", 1, {});
  numbers.gauge_value("weir_log_end_sequence", "", 1, {});
  EXPECT_NE(numbers.log_summary(log, "/").find(": new, "), std::string::npos);
  log.directory = "../data";
  EXPECT_TRUE(numbers.log_summary(log, "/srv/work").starts_with("log /srv/data ("));
  log.type = log_type::memory;
  EXPECT_NE(numbers.log_summary(log, "/").find("memory"), std::string::npos);
}

TEST(process_metrics, stat_is_read_whatever_the_process_is_called) {
  const auto stat = parse_process_stat(
      "17 (we) ir 1 2) S 1 17 17 0 -1 4194560 500 0 0 0 31 12 0 0 20 0 9 0 4711 1000000 321 "
      "18446744073709551615 1 1 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->cpu_ticks, 43U);
  EXPECT_EQ(stat->threads, 9U);
  EXPECT_EQ(stat->start_ticks, 4711U);
  EXPECT_EQ(stat->virtual_bytes, 1'000'000U);
  EXPECT_EQ(stat->resident_pages, 321U);
  for (const char* none : {"", "17", "17 (weir)", "17 (weir) S 1 2 3", ")"}) {
    EXPECT_FALSE(parse_process_stat(none)) << none;
  }
}

TEST(process_metrics, of_this_process) {
  metric_values met;
  collect_process(met);
  EXPECT_GT(met.values.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(met.values.at("process_open_fds"), 3);
  EXPECT_GE(met.values.at("process_threads"), 1);
  EXPECT_GT(met.values.at("process_start_time_seconds"), 1.6e9);
}

TEST(open_files, grow_with_what_is_configured) {
  settings configured;
  const std::uint64_t plain = open_files_least(configured, 2);
  configured.sinks.emplace_back();
  EXPECT_GT(open_files_least(configured, 2), plain);
  EXPECT_GT(open_files_least(configured, 64), open_files_least(configured, 2));
}

TEST(open_files, a_limit_that_does_not_do_names_the_keys_that_want_more) {
  settings configured;
  configured.http.connections = 900;
  EXPECT_EQ(open_files_warning(configured, 1'000, 100), "");
  EXPECT_EQ(open_files_warning(configured, 999, 100),
            "the limit of open files is 999, which does not do for http.connections = 900: beyond "
            "about 899 connections further ones wait; raise it with ulimit -n, or LimitNOFILE of "
            "the unit (systemctl edit weir) to 1000, or lower http.connections");
  configured.tcp.emplace_back();
  configured.tcp.back().listen = "0.0.0.0:8094";
  configured.tcp.back().connections = 5'000;
  EXPECT_EQ(open_files_warning(configured, 6'000, 100), "");
  const std::string told = open_files_warning(configured, 1'000, 100);
  EXPECT_NE(told.find("http.connections = 900 and tcp.connections = 5000 of 0.0.0.0:8094: beyond"),
            std::string::npos)
      << told;
  EXPECT_TRUE(told.ends_with(" to 6000, or lower these")) << told;
}

class directory_remedy_test : public ::testing::Test {
 protected:
  directory_remedy_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-start-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~directory_remedy_test() override { std::filesystem::remove_all(path_); }

  std::string path_;
};

TEST_F(directory_remedy_test, says_what_to_change) {
  const std::string file = path_ + "/file";
  std::ofstream(file) << "x";
  EXPECT_EQ(directory_remedy("log.directory", path_), "") << "nothing is wrong with it";
  EXPECT_EQ(directory_remedy("log.directory", file),
            file + " is a file; set log.directory to another directory");
  EXPECT_EQ(
      directory_remedy("a.key", file + "/x/y"),
      file + " is a file, and no directory can be made in it; set a.key to another directory");
  EXPECT_EQ(directory_remedy("a.key", "/proc/nope/there"),
            "it cannot be made in /proc; set a.key to another directory");
  EXPECT_EQ(with_remedy(failure{"it failed"}, "a.key", file).message,
            "a.key = \"" + file + "\": it failed; " + file +
                " is a file; set a.key to another directory");
}

TEST(status_page, is_where_a_person_can_open_it) {
  const auto words = [](const http_settings& configured, const std::vector<std::string>& taken) {
    std::vector<listen_address> addresses;
    for (const std::string& each : taken) {
      addresses.push_back(parse_listen_address(each).value());
    }
    return status_page_words(configured, addresses);
  };
  http_settings http;
  http.listen = {"127.0.0.1:0"};
  EXPECT_EQ(words(http, {"127.0.0.1:4711"}), "the status page is at http://127.0.0.1:4711/");
  EXPECT_EQ(words(http, {"0.0.0.0:8086"}), "the status page is at http://127.0.0.1:8086/");
  EXPECT_EQ(words(http, {"[::1]:8086"}), "the status page is at http://[::1]:8086/");
  EXPECT_EQ(words(http, {"unix:/run/weir", "10.0.0.1:1"}),
            "the status page is at http://10.0.0.1:1/");
  EXPECT_EQ(words(http, {"unix:/run/weir"}), "");
  http.quiet_listen = {"127.0.0.1:0"};
  http.admin_listen = {"127.0.0.1:0"};
  EXPECT_EQ(words(http, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}),
            "the status page is at http://127.0.0.1:3/");
  http.tls.certificate = "/etc/weir/cert.pem";
  EXPECT_EQ(words(http, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}),
            "the status page is at https://127.0.0.1:3/");
}

}  // namespace
}  // namespace weir
