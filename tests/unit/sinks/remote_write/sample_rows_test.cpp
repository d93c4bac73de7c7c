// SPDX-License-Identifier: Apache-2.0
//
// Samples of a line as one row: when they are, when they are taken apart, and that what is sent is
// the same.
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

using one_sample = std::tuple<std::uint32_t, std::int64_t, double>;

class sample_rows : public ::testing::Test {
 protected:
  sample_batch& read(const std::string& lines) {
    made_.reset();
    ledger_.begin({"d", ""}, log_position(++sequence_));
    known_.begin("d", "");
    mapper_.begin("d", "");
    made_ = std::make_unique<sample_batch>(lines, known_, &spare_);
    rules_.now_ms = now_ms;
    made_->read(rules_, ledger_, mapper_, reader_);
    return *made_;
  }
  sample_run run_of(const std::string& lines) {
    sample_batch& batch = read(lines);
    return {batch, batch.take_rows()};
  }
  /// "first+count@time" of each row.
  std::string told() const {
    std::string out;
    for (const sample_row& row : made_->rows()) {
      out += std::to_string(row.series) + "+" + std::to_string(row.count) + "@" +
             std::to_string(row.time_ms) + " ";
    }
    return out;
  }
  /// All of it was sent and taken.
  void accept() {
    std::vector<sent_sample> sent;
    made_->for_each_sample([&](const series_key& series, std::int64_t time_ms) {
      sent.push_back({series, time_ms});
    });
    std::sort(sent.begin(), sent.end(), [](const sent_sample& one, const sent_sample& other) {
      return std::tuple(one.series.low, one.time_ms) < std::tuple(other.series.low, other.time_ms);
    });
    ledger_.intend(sent);
    ledger_.accept();
    ledger_.conclude();
    ledger_.saved(log_position(++sequence_));
  }
  bool are_rows(const std::string& lines) { return !read(lines).rows().empty(); }

  sample_rules rules_;
  sent_ledger ledger_{std::size_t{1} << 20};
  series_mapper mapper_{without_database(), book_of_names()};
  line_reader reader_;
  sample_batch::buffers spare_;
  known_series known_;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<sample_batch> made_;
};

TEST_F(sample_rows, have_series_whose_numbers_follow_one_another) {
  read(
      "m a=1,b=2,c=3 1000000\n"
      "m a=4,b=5,c=6 2000000\n"
      "m a=7,c=8 3000000\n"
      "m a=9,d=10,e=11 4000000\n");
  EXPECT_EQ(told(), "0+3@1 0+3@2 0+1@3 2+1@3 0+1@4 3+2@4 ");
  EXPECT_EQ(made_->count(), 11U);
  EXPECT_EQ(made_->span_ms(), 3);
  EXPECT_EQ(made_->value(made_->rows()[1], 2), 6);
  EXPECT_EQ(made_->value(made_->rows()[3], 0), 8);
}

TEST_F(sample_rows, leave_out_what_is_no_sample) {
  read(
      "m a=1,b=2,s=3 1000000\n"
      "m a=1,b=2,s=\"x\" 2000000\n"
      "m a=1,b=\"y\",s=4 3000000\n"
      "m a=1,b=2,s=5 9000000000000000000\n");
  EXPECT_EQ(told(), "0+3@1 0+2@2 0+1@3 2+1@3 ");
  EXPECT_EQ(made_->count(), 7U);
  EXPECT_EQ(made_->counts().discarded.of[static_cast<std::size_t>(discard_reason::string)], 2U);
  EXPECT_EQ(made_->counts().discarded.of[static_cast<std::size_t>(discard_reason::future)], 3U);
}

TEST_F(sample_rows, come_in_order_of_time) {
  read("m a=1,b=2 3000000\nm a=3,b=4 1000000\nn a=5 2000000\n");
  EXPECT_EQ(told(), "0+2@1 2+1@2 0+2@3 ");
}

TEST_F(sample_rows, are_taken_apart_where_a_time_comes_twice) {
  EXPECT_FALSE(are_rows("m a=1,b=2 1000000\nm b=3 1000001\n"));
  EXPECT_EQ(made_->samples().size(), 2U);
  EXPECT_FALSE(are_rows("m a=1,b=2 3000000\nm a=1 2000000\nm a=3,b=4 3000000\n"));
  EXPECT_EQ(made_->samples().size(), 3U);
}

TEST_F(sample_rows, are_taken_apart_where_one_was_sent_before) {
  EXPECT_TRUE(are_rows("m a=1,b=2 1000000\nm a=1,b=2 2000000\n"));
  accept();
  EXPECT_TRUE(are_rows("m a=1,b=2 3000000\n"));
  EXPECT_FALSE(are_rows("m b=3 2000000\n")) << "as old as the last one";
  EXPECT_FALSE(are_rows("m a=3 1500000\n"));
  rules_.older = true;
  EXPECT_TRUE(are_rows("m a=3,b=4 1000000\n")) << "older ones are sent";
  EXPECT_FALSE(are_rows("m a=3 1000000\nm b=3 2000000\n"));
  EXPECT_EQ(made_->samples().size(), 1U);
}

TEST_F(sample_rows, are_taken_apart_where_a_request_has_each_series_once) {
  rules_.several = false;
  EXPECT_FALSE(are_rows("m a=1,b=2 1000000\n"));
}

TEST_F(sample_rows, are_taken_apart_where_some_are_too_old) {
  rules_.least_ms = 2;
  EXPECT_TRUE(are_rows("m a=1,b=2 2000000\n"));
  EXPECT_FALSE(are_rows("m a=1,b=2 2000000\nm a=1,b=2 1000000\n"));
  EXPECT_EQ(made_->samples().size(), 2U);
}

TEST_F(sample_rows, are_taken_apart_where_the_batch_was_begun_before) {
  read("m a=1,b=2 1000000\n");
  ledger_.intend({{made_->sent_of({.time_ms = 1, .series = 0})}});
  ledger_.lose();
  EXPECT_FALSE(are_rows("m a=1,b=2 1000000\n"));
  EXPECT_EQ(made_->samples().size(), 2U);
}

TEST_F(sample_rows, buffers_of_a_batch_say_nothing_in_the_next_one) {
  read("m a=1,b=2,c=3 5000000\nm a=1,b=2,c=3 6000000\n");
  for (const sample_row& row : made_->rows()) {
    made_->deliver(row);
  }
  EXPECT_EQ(made_->counts().delivered, 6U);
  read("n x=1,y=2 1000000\n");
  EXPECT_EQ(told(), "0+2@1 ");
  int stored = 0;
  made_->for_each_stored([&](const auto&...) { ++stored; });
  EXPECT_EQ(stored, 0);
  made_->deliver(made_->rows()[0]);
  made_->for_each_stored([&](const series_key&, const wire_series&, std::int64_t newest_ms,
                             series_places&, const series_places&) {
    ++stored;
    EXPECT_EQ(newest_ms, 1);
  });
  EXPECT_EQ(stored, 2);
  EXPECT_EQ(made_->discarded_points(9).total(), 0U);
}

// ---- requests of rows
// -----------------------------------------------------------------------------

TEST_F(sample_rows, of_one_line_are_together_in_a_request) {
  sample_run run = run_of("m,t=1 a=1,b=1 1000000\nm,t=2 a=2,b=2 2000000\nm,t=1 a=3,b=3 3000000\n");
  EXPECT_EQ(run.make_request_of_rows(0, 100, 1'000'000), 3U);
  EXPECT_EQ(run.rows()[0].series, run.rows()[1].series);
  EXPECT_EQ(run.end_of_line(0, 3), 2U);
  EXPECT_EQ(run.end_of_line(2, 3), 3U);
}

TEST_F(sample_rows, fill_a_request_up_to_its_limits) {
  std::string lines;
  for (int i = 1; i <= 10; ++i) {
    lines += "m,t=" + std::to_string(i) + " a=1,b=2,c=3 " + std::to_string(i) + "000000\n";
  }
  read(lines);
  const std::size_t bytes_a_row = 3 * (made_->label_bytes(0) + wire::sample_bytes_max);
  sample_run run(*made_, made_->take_rows());
  EXPECT_EQ(run.make_request_of_rows(0, 11, 1'000'000), 3U);
  EXPECT_EQ(run.make_request_of_rows(0, 12, 1'000'000), 4U);
  EXPECT_EQ(run.make_request_of_rows(4, 1'000, 2 * bytes_a_row + 5), 6U);
  EXPECT_EQ(run.make_request_of_rows(2, 2, 1'000'000), 2U) << "the first row has too many samples";
  EXPECT_EQ(run.make_request_of_rows(2, 9, bytes_a_row - 10), 2U) << "or too many bytes";
}

TEST_F(sample_rows, that_have_some_series_in_common_are_in_different_requests) {
  std::string lines;
  for (int i = 1; i <= 4; ++i) {
    lines += "m,t=" + std::to_string(i) + " a=1,b=2,c=3 1000000\n";
  }
  sample_run run = run_of(lines + "m,t=1 b=4,c=5 2000000\nm,t=9 a=1 3000000\n");
  EXPECT_EQ(run.make_request_of_rows(0, 40, 1'000'000), 4U);
  EXPECT_EQ(run.make_request_of_rows(4, 40, 1'000'000), 6U);
  EXPECT_EQ(run.make_request_of_rows(0, 400, 1'000'000), 0U) << "that would be a small request";
}

TEST_F(sample_rows, taken_apart_keep_the_order_of_their_request) {
  sample_run run = run_of("m,t=1 a=1,b=2 1000000\nm,t=1 a=3,b=4 2000000\nm,t=2 a=5 3000000\n");
  ASSERT_EQ(run.make_request_of_rows(0, 5, 1'000'000), 3U);
  EXPECT_EQ(run.take_apart(0, 2), 4U);
  EXPECT_FALSE(run.of_rows());
  std::string out;
  for (const sample& one : run.samples()) {
    out += std::to_string(static_cast<int>(one.value)) + " ";
  }
  EXPECT_EQ(out, "1 3 2 4 5 ");
}

// ---- shares
// ---------------------------------------------------------------------------------------

TEST_F(sample_rows, whole_lines_are_shared_out_where_labels_tell_them_apart) {
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += "m,t=" + std::to_string(i) + " a=1,b=2,c=3 1000000\n";
  }
  read(lines);
  const std::vector<std::uint32_t> shares = made_->shares(3);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    EXPECT_EQ(shares[i], shares[i - i % 3]);
  }
  EXPECT_EQ(std::set<std::uint32_t>(shares.begin(), shares.end()).size(), 3U);
  std::size_t rows = 0;
  for (const sample_run& run : split_in_runs(*made_, 3)) {
    EXPECT_TRUE(run.of_rows());
    rows += run.rows().size();
  }
  EXPECT_EQ(rows, 100U);
}

TEST_F(sample_rows, of_few_labels_are_shared_out_by_series) {
  std::string line = "m f0=1";
  for (int i = 1; i < 200; ++i) {
    line += ",f" + std::to_string(i) + "=1";
  }
  read(line + " 1000000\n");
  const std::vector<std::uint32_t> shares = made_->shares(4);
  EXPECT_EQ(std::set<std::uint32_t>(shares.begin(), shares.end()).size(), 4U);
  std::size_t samples = 0;
  for (const sample_run& run : split_in_runs(*made_, 4)) {
    EXPECT_FALSE(run.of_rows());
    samples += run.samples().size();
  }
  EXPECT_EQ(samples, 200U);
}

// ---- the whole way
// --------------------------------------------------------------------------------

/// Lines of some hosts with any of their fields, and what a server has once all of it is stored.
struct any_lines {
  any_lines(std::mt19937& random, int count, std::int64_t& time_ms) {
    for (int i = 0; i < count; ++i) {
      time_ms += static_cast<std::int64_t>(random() % 3) + 1;
      const std::string host = std::to_string(random() % 20);
      const auto which = random() % 3 == 0 ? random() % 63 + 1 : 63;
      std::string fields;
      for (std::size_t field = 0; field < 6; ++field) {
        if ((which & (std::size_t{1} << field)) != 0) {
          const auto value = static_cast<double>(random() % 1'000);
          fields += (fields.empty() ? "f" : ",f") + std::to_string(field) + "=" +
                    std::to_string(static_cast<int>(value));
          stored["m_f" + std::to_string(field) + "{h=\"" + host + "\"}"][time_ms] = value;
        }
      }
      text += "m,h=" + host + " " + fields + " " + std::to_string(time_ms * 1'000'000) + "\n";
    }
  }
  std::string text;
  std::map<std::string, fake_prometheus::samples> stored;
};

class rows_on_their_way : public remote_writes, public ::testing::WithParamInterface<int> {
 protected:
  /// Until it is dealt with.
  attempt_result deliver_all(const batch& what) {
    attempt_result got = deliver(what);
    for (int attempts = 0; got.verdict != attempt_verdict::delivered; ++attempts) {
      clock_ms_ += 60'000;
      if (attempts == 200) {
        ADD_FAILURE() << "it is never delivered";
        break;
      }
      got = deliver(what);
    }
    target_->saved(log_position(sequence_ + 1));
    return got;
  }
};

TEST_P(rows_on_their_way, arrive_whatever_happens_to_requests) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  settings_.version = GetParam() % 2 == 0 ? 2U : 1U;
  settings_.connections_most = GetParam() % 3 == 0 ? 4 : 1;
  settings_.connections_least = settings_.connections_most;
  server_.status_for_v2 = 0;
  limits_.samples = random() % 60 + 4;
  restart();
  std::size_t tries = 0;
  server_.behave = [&](std::size_t) -> std::optional<http_reply> {
    return random() % 5 == 0 && ++tries < 100 ? std::optional(http_reply::failed("reset"))
                                              : std::nullopt;
  };
  server_.take_and_lose = [&](std::size_t) { return random() % 7 == 0 && ++tries < 100; };
  std::int64_t time_ms = base_ms;
  std::map<std::string, fake_prometheus::samples> all;
  for (int batches = 0; batches < 5; ++batches) {
    const any_lines lines(random, 60, time_ms);
    const attempt_result got = deliver_all(make(lines.text));
    EXPECT_EQ(got.discarded.total(), 0U);
    for (const auto& [series, samples] : lines.stored) {
      all[series].insert(samples.begin(), samples.end());
    }
  }
  EXPECT_EQ(server_.stored, all);
}

TEST_P(rows_on_their_way, lose_only_what_is_refused) {
  std::mt19937 random(static_cast<unsigned>(GetParam()) + 1'000);
  settings_.version = GetParam() % 2 == 0 ? 2U : 1U;
  server_.status_for_v2 = 0;
  limits_.samples = random() % 60 + 4;
  restart();
  const auto refused = [](const std::string& series) {
    return series.starts_with("m_f3{h=\"1") || series == "m_f0{h=\"7\"}";
  };
  server_.extra = [&](const received_sample& one) {
    return refused(one.series()) ? std::string("label value too long") : std::string();
  };
  std::int64_t time_ms = base_ms;
  std::map<std::string, fake_prometheus::samples> all;
  for (int batches = 0; batches < 4; ++batches) {
    const any_lines lines(random, 40, time_ms);
    static_cast<void>(deliver_all(make(lines.text)));
    for (const auto& [series, samples] : lines.stored) {
      if (!refused(series)) {
        all[series].insert(samples.begin(), samples.end());
      }
    }
  }
  EXPECT_EQ(server_.stored, all);
}

INSTANTIATE_TEST_SUITE_P(seeds, rows_on_their_way, ::testing::Range(1, 31));

}  // namespace
}  // namespace weir
