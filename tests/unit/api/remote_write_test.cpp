// SPDX-License-Identifier: Apache-2.0
//
// What remote write brings, as lines: both versions of the message, what no line can hold, what is
// no message, and how each is answered.
#include "api/remote_write/remote_write.hpp"

#include <gtest/gtest.h>
#include <snappy.h>

#include <bit>
#include <limits>
#include <protozero/pbf_writer.hpp>

#include "api/remote_write/read_request.hpp"
#include "http/message.hpp"

namespace weir::api {
namespace {

constexpr std::size_t much = std::size_t{1} << 20;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

using labels = std::vector<std::pair<std::string, std::string>>;
struct one_sample {
  double value = 0;
  std::int64_t time_ms = 0;
};

std::string sample_message(const one_sample& each) {
  std::string text;
  protozero::pbf_writer to(text);
  to.add_double(1, each.value);
  to.add_int64(2, each.time_ms);
  return text;
}

std::string histogram_message(std::int64_t time_ms) {
  std::string text;
  protozero::pbf_writer to(text);
  to.add_uint64(1, 3);
  to.add_double(3, 1.5);
  to.add_int64(15, time_ms);
  return text;
}

std::string series_1(const labels& named, const std::vector<one_sample>& samples) {
  std::string text;
  protozero::pbf_writer to(text);
  for (const auto& [name, value] : named) {
    std::string pair;
    protozero::pbf_writer label(pair);
    label.add_string(1, name);
    label.add_string(2, value);
    to.add_message(1, pair);
  }
  for (const one_sample& each : samples) {
    to.add_message(2, sample_message(each));
  }
  return text;
}

std::string request_1(const std::vector<std::string>& series) {
  std::string text;
  protozero::pbf_writer to(text);
  for (const std::string& each : series) {
    to.add_message(1, each);
  }
  return text;
}

std::string series_2(const std::vector<std::uint32_t>& references,
                     const std::vector<one_sample>& samples, int histograms = 0) {
  std::string text;
  protozero::pbf_writer to(text);
  to.add_packed_uint32(1, references.begin(), references.end());
  for (const one_sample& each : samples) {
    to.add_message(2, sample_message(each));
  }
  for (int i = 0; i < histograms; ++i) {
    to.add_message(3, histogram_message(i));
  }
  return text;
}

std::string request_2(const std::vector<std::string>& symbols,
                      const std::vector<std::string>& series) {
  std::string text;
  protozero::pbf_writer to(text);
  for (const std::string& each : symbols) {
    to.add_string(4, each);
  }
  for (const std::string& each : series) {
    to.add_message(5, each);
  }
  return text;
}

std::string block(const std::string& message) {
  std::string out;
  snappy::Compress(message.data(), message.size(), &out);
  return out;
}

class received final : public translated_lines {
 public:
  void lines(std::string_view given) override { text += given; }
  void series_ended(std::string_view line) override { ended += line; }
  void leave_out(left_out why, std::string_view given) override { left.emplace_back(why, given); }
  bool has_room(std::size_t bytes) override { return bytes <= room; }

  std::string text;
  std::string ended;
  std::vector<std::pair<left_out, std::string>> left;
  std::size_t room = much;
};

constexpr std::string_view version_2 =
    "application/x-protobuf;proto=io.prometheus.write.v2.Request";

class remote_writes : public ::testing::Test {
 protected:
  /// The answer where the body cannot be read.
  std::optional<http::response> write(const std::string& body, std::string_view content_type = "",
                                      const write_dialect& dialect = prometheus_write()) {
    http::request_head head;
    head.headers.push_back({"Content-Type", content_type});
    auto how = dialect.translation(head);
    EXPECT_TRUE(how.ok());
    how_ = std::move(how).value();
    return how_->translate(body, much, got_);
  }
  http::response amended(const write_verdict& verdict, bool quiet = false) {
    http::response answer = quiet ? http::response{} : prometheus_write().answer(verdict);
    how_->amend(verdict, quiet, answer);
    return answer;
  }
  static std::string written(const http::response& answer) {
    return std::string(answer.header("X-Prometheus-Remote-Write-Samples-Written").value_or("none"));
  }

  received got_;
  std::unique_ptr<body_translation> how_;
};

TEST_F(remote_writes, samples_of_version_1_are_lines) {
  const std::string message =
      request_1({series_1({{"__name__", "up"}, {"job", "a b"}, {"x=y", "1,2"}, {"empty", ""}},
                          {{1, 1000}, {0.25, 2000}}),
                 series_1({{"job", "x"}}, {{-1e300, -5}}), series_1({{"__name__", "none"}}, {})});
  EXPECT_EQ(write(block(message)), std::nullopt);
  EXPECT_EQ(got_.text,
            "up,job=a\\ b,x\\=y=1\\,2 value=1 1000\nup,job=a\\ b,x\\=y=1\\,2 value=0.25 2000\n"
            "prom_metric_not_specified,job=x value=-1e+300 -5\n");
  EXPECT_TRUE(got_.left.empty());
  const http::response answer = amended({});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(written(answer), "none") << "version 1 knows no such header";
}

TEST_F(remote_writes, labels_may_come_behind_samples) {
  std::string series = series_1({}, {{7, 1}});
  series += series_1({{"__name__", "m"}}, {});
  EXPECT_EQ(write(block(request_1({series}))), std::nullopt);
  EXPECT_EQ(got_.text, "m value=7 1\n");
}

TEST_F(remote_writes, samples_of_version_2_are_lines) {
  const std::string message = request_2({"", "__name__", "up", "job", "a"},
                                        {series_2({1, 2, 3, 4}, {{1, 1}}), series_2({}, {{2, 2}})});
  EXPECT_EQ(write(block(message), version_2), std::nullopt);
  EXPECT_EQ(got_.text, "up,job=a value=1 1\nprom_metric_not_specified value=2 2\n");
  const http::response answer = amended({});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(written(answer), "2");
  EXPECT_EQ(answer.header("X-Prometheus-Remote-Write-Histograms-Written"), "0");
  EXPECT_EQ(answer.header("X-Prometheus-Remote-Write-Exemplars-Written"), "0");
}

TEST_F(remote_writes, what_no_line_can_hold_is_left_out) {
  std::string histogram = series_1({{"__name__", "h"}}, {});
  protozero::pbf_writer(histogram).add_message(4, histogram_message(9));
  const std::string message =
      request_1({series_1({{"__name__", "m"}}, {{1, 1},
                                                {std::bit_cast<double>(stale_marker_bits), 2},
                                                {not_a_number, 3},
                                                {infinite, 4},
                                                {-infinite, 5},
                                                {6, 6}}),
                 series_1({{"__name__", "p"}, {"path", "C:\\"}}, {{1, 7}}),
                 series_1({{"__name__", "#c"}}, {{1, 8}}), histogram,
                 series_1({{"__name__", "two\nlines"}}, {{1, 10}})});
  EXPECT_EQ(write(block(message)), std::nullopt);
  EXPECT_EQ(got_.text, "m value=1 1\nm value=6 6\n");
  EXPECT_EQ(got_.left, (std::vector<std::pair<left_out, std::string>>{
                           {left_out::not_finite, "m value=NaN 3"},
                           {left_out::not_finite, "m value=+Inf 4"},
                           {left_out::not_finite, "m value=-Inf 5"},
                           {left_out::unwritable, "p,path=C:\\ value=1 7"},
                           {left_out::unwritable, "#c value=1 8"},
                           {left_out::native_histogram, "h value=histogram 9"},
                           {left_out::unwritable, "two\nlines value=1 10"}}));
  EXPECT_EQ(amended({}).status, 204) << "a sender of version 1 could do nothing with a 400";
}

TEST_F(remote_writes, a_stale_marker_names_the_series_that_ended) {
  const double stale = std::bit_cast<double>(stale_marker_bits);
  const std::int64_t last = std::numeric_limits<std::int64_t>::max();
  const std::string message = request_1(
      {series_1({{"__name__", "up"}, {"job", "a b"}, {"empty", ""}}, {{1, 1}, {stale, 2}}),
       series_1({{"__name__", "b"}}, {{stale, -3}}),
       series_1({{"__name__", "late"}}, {{stale, last}}),
       series_1({{"__name__", "p"}, {"path", "C:\\"}}, {{stale, 7}})});
  EXPECT_EQ(write(block(message)), std::nullopt);
  EXPECT_EQ(got_.text, "up,job=a\\ b value=1 1\n");
  EXPECT_EQ(got_.ended, "up,job=a\\ b value=0 2000000\nb value=0 -3000000\n");
  EXPECT_EQ(got_.left, (std::vector<std::pair<left_out, std::string>>{
                           {left_out::stale_marker, "late value=NaN " + std::to_string(last)},
                           {left_out::stale_marker, "p,path=C:\\ value=NaN 7"}}));
}

TEST_F(remote_writes, a_stale_marker_names_the_series_as_the_log_does) {
  const double stale = std::bit_cast<double>(stale_marker_bits);
  const std::string message = request_1(
      {series_1({{"z", "1"}, {"__name__", "up"}, {"a", "2"}}, {{1, 1}, {stale, 2}, {3, 3}})});
  EXPECT_EQ(write(block(message)), std::nullopt);
  EXPECT_EQ(got_.ended, "up,a=2,z=1 value=0 2000000\n") << "tags in the order of their keys";
  EXPECT_EQ(got_.text, "up,z=1,a=2 value=1 1\nup,a=2,z=1 value=3 3\n");
}

TEST_F(remote_writes, version_2_tells_what_was_written) {
  const std::string message = request_2(
      {"", "__name__", "m", "bad"},
      {series_2({1, 2}, {{1, 1}, {std::bit_cast<double>(stale_marker_bits), 2}, {infinite, 3}}, 2),
       series_2({1, 2, 3}, {{1, 1}}), series_2({1, 9}, {{1, 1}, {2, 2}}),
       series_2({0, 2}, {{1, 1}}), series_2({1, 2}, {{4, 4}})});
  EXPECT_EQ(write(block(message), version_2), std::nullopt);
  EXPECT_EQ(got_.text, "m value=1 1\nm value=4 4\n");
  const http::response answer = amended({});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(written(answer), "4") << "what says that nothing is there is dealt with";
  for (const char* words :
       {"2 native histograms", "4 samples were not written: their labels are wrong",
        "invalid labelRefs length 3",
        "labelRefs 1 (name) = 9 (value) outside of symbols table (size 4)",
        "a label has no name"}) {
    EXPECT_NE(answer.body.find(words), std::string::npos) << words << " in " << answer.body;
  }
  const http::response quiet = amended({}, true);
  EXPECT_EQ(quiet.status, 204);
  EXPECT_EQ(written(quiet), "4");
}

TEST_F(remote_writes, refused_lines_are_not_written) {
  EXPECT_EQ(write(block(request_2({"", "__name__", "m"}, {series_2({1, 2}, {{1, 1}, {2, 2}})})),
                  version_2),
            std::nullopt);
  write_verdict verdict;
  verdict.reject("unable to parse 'm value=2 2': no");
  const http::response answer = amended(verdict);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(written(answer), "1");
  EXPECT_NE(answer.body.find("unable to parse 'm value=2 2': no"), std::string::npos);
  verdict.nothing_kept = true;
  EXPECT_EQ(written(amended(verdict)), "0");
}

TEST_F(remote_writes, unpacked_references_are_references) {
  std::string series;
  protozero::pbf_writer to(series);
  for (const std::uint32_t each : {1U, 2U}) {
    to.add_uint32(1, each);
  }
  to.add_message(2, sample_message({3, 4}));
  EXPECT_EQ(write(block(request_2({"", "__name__", "m"}, {series})), version_2), std::nullopt);
  EXPECT_EQ(got_.text, "m value=3 4\n");
}

TEST_F(remote_writes, an_empty_message_writes_nothing) {
  EXPECT_EQ(write(block("")), std::nullopt);
  EXPECT_EQ(write(block(""), version_2), std::nullopt);
  EXPECT_EQ(got_.text, "");
  EXPECT_EQ(written(amended({})), "0");
}

TEST_F(remote_writes, what_is_no_message_is_refused_whole) {
  const std::string good = request_1({series_1({{"__name__", "m"}}, {{1, 1}})});
  EXPECT_EQ(write("")->status, 400);
  EXPECT_EQ(write(good)->status, 400) << "not compressed";
  EXPECT_EQ(write(block(good).substr(0, 5))->status, 400);
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    const auto answer = write(block(good.substr(0, cut)));
    ASSERT_TRUE(answer) << cut;
    EXPECT_EQ(answer->status, 400);
    EXPECT_NE(answer->body.find("prometheus.WriteRequest"), std::string::npos);
  }
  const auto answer = write(block("\x0f"), version_2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(written(*answer), "0");
  EXPECT_NE(write(block(request_1({series_1({{"", "x"}}, {{1, 1}})})))->body.find("no name"),
            std::string::npos);
  // A value that is no double.
  std::string odd;
  protozero::pbf_writer(odd).add_uint64(1, 5);
  std::string series = series_1({{"__name__", "m"}}, {});
  protozero::pbf_writer(series).add_message(2, odd);
  EXPECT_EQ(write(block(request_1({series})))->status, 400);
}

TEST_F(remote_writes, memory_is_asked_for_before_it_is_taken) {
  const std::string large(much, 'x');
  EXPECT_EQ(write(block(large + "x"))->status, 413);
  // A length that is a lie.
  EXPECT_EQ(write(std::string("\xff\xff\xff\xff\x0f", 5))->status, 413);
  EXPECT_EQ(write(std::string("\xff\xff\x3f\x00", 4))->status, 400);
  got_.room = 10;
  EXPECT_TRUE(write(block(large)));
  got_.room = 40;
  EXPECT_TRUE(write(block(request_2({"", "a", "b"}, {})), version_2)) << "symbols";
  got_.room = 48;
  EXPECT_EQ(write(block(request_2({"", "a", "b"}, {})), version_2), std::nullopt);
}

TEST_F(remote_writes, so_many_labels_are_no_series) {
  labels many;
  for (std::size_t i = 0; i <= series_lines::labels_max; ++i) {
    many.emplace_back("l" + std::to_string(i), "x");
  }
  EXPECT_EQ(write(block(request_1({series_1(many, {{1, 1}})})))->status, 400);
  many.pop_back();
  EXPECT_EQ(write(block(request_1({series_1(many, {{1, 1}})}))), std::nullopt);
}

TEST(remote_write, the_content_type_names_the_version) {
  for (const char* one : {"", "application/x-protobuf", "Application/X-Protobuf",
                          "application/x-protobuf;proto=prometheus.WriteRequest",
                          "application/x-protobuf; charset=utf-8"}) {
    EXPECT_EQ(remote_write_version(one), 1) << one;
  }
  for (const char* two : {"application/x-protobuf;proto=io.prometheus.write.v2.Request",
                          "application/x-protobuf; proto=io.prometheus.write.v2.Request",
                          "application/x-protobuf;charset=utf-8;Proto=\"io.prometheus.write.v2."
                          "Request\""}) {
    EXPECT_EQ(remote_write_version(two), 2) << two;
  }
  for (const char* other : {"application/json", "text/plain", "application/x-protobuf;proto=x",
                            "application/x-protobuf;proto=io.prometheus.write.v3.Request"}) {
    EXPECT_EQ(remote_write_version(other), std::nullopt) << other;
    http::request_head head;
    head.headers.push_back({"Content-Type", other});
    for (const write_dialect* each : {&prometheus_write(), &influx_prometheus_write()}) {
      const auto how = each->translation(head);
      ASSERT_FALSE(how.ok());
      EXPECT_EQ(how.error().status, 415);
    }
  }
}

TEST(remote_write, targets_are_in_milliseconds) {
  const auto plain = prometheus_write().parse_target("");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain.value().database, "");
  EXPECT_TRUE(prometheus_write().may_name_none);
  EXPECT_EQ(plain.value().unit_ns, 1'000'000);
  EXPECT_TRUE(plain.value().precision_stated);
  const auto named = influx_prometheus_write().parse_target("db=a&rp=b");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named.value().database, "a");
  EXPECT_EQ(named.value().retention_policy, "b");
  const auto none = influx_prometheus_write().parse_target("");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().status, 400);
  EXPECT_NE(none.error().body.find("database is required"), std::string::npos);
}

}  // namespace
}  // namespace weir::api
