// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/sample_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "unit/sinks/mapping/mapped_lines.hpp"

namespace weir {
namespace {

constexpr std::int64_t now_ms = 1'700'000'000'000;

class sample_batches : public ::testing::Test {
 protected:
  sample_batch& read(const std::string& lines) {
    ledger_.begin({"d", ""}, log_position(++sequence_));
    made_.reset();
    known_.begin("d", "");
    made_ = std::make_unique<sample_batch>(lines, known_);
    sample_rules rules;
    rules.now_ms = now_ms;
    rules.several = several_;
    mapper_.begin("d", "");
    made_->read(rules, ledger_, mapper_, reader_);
    made_->take_apart();
    return *made_;
  }
  /// "name@time=value" of each sample, a bar between rounds.
  std::string told() const {
    std::string out;
    std::uint32_t round = 0;
    for (const sample& one : made_->samples()) {
      out += one.round != round ? "| " : "";
      round = one.round;
      out += std::string(made_->series_of(one).wire.name) + "@" + std::to_string(one.time_ms) +
             "=" + std::to_string(static_cast<int>(one.value)) + " ";
    }
    return out;
  }
  std::uint64_t discarded(discard_reason reason) const {
    return made_->counts().discarded.of[static_cast<std::size_t>(reason)];
  }
  void accept_all() {
    std::vector<sent_sample> sent;
    for (const sample& one : made_->samples()) {
      sent.push_back(made_->sent_of(one));
    }
    ledger_.intend(sent);
    ledger_.accept();
  }

  bool several_ = false;
  sent_ledger ledger_{std::size_t{1} << 20};
  series_mapper mapper_{without_database(), book_of_names()};
  line_reader reader_;
  known_series known_;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<sample_batch> made_;
};

TEST_F(sample_batches, have_each_series_once_a_round_in_order_of_time) {
  read(
      "m a=3 3000000\n"
      "m a=1,b=1 1000000\n"
      "n a=1 2000000\n"
      "m a=2 2000000\n");
  EXPECT_EQ(told(), "m_a@1=1 m_b@1=1 n_a@2=1 | m_a@2=2 | m_a@3=3 ");
}

TEST_F(sample_batches, keep_the_value_written_last_of_a_millisecond) {
  read(
      "m a=1 1000001\n"
      "m a=2 1999999\n"
      "m a=3 2000000\n"
      "m a=4 1000000\n");
  EXPECT_EQ(told(), "m_a@1=4 | m_a@2=3 ");
  EXPECT_EQ(discarded(discard_reason::duplicate), 2U);
  made_->deliver(made_->samples()[0]);
  made_->deliver(made_->samples()[1]);
  EXPECT_EQ(made_->discarded_points(4).total(), 2U);
}

TEST_F(sample_batches, names_that_are_written_alike_are_series_of_their_own) {
  read(
      "m_a,t=1 b=1 1000000\n"
      "m,t=1 a_b=2 1000000\n"
      "m,t=1 a-b=3 2000000\n"
      "m_a,t=1 b=4 2000000\n");
  ASSERT_EQ(made_->samples().size(), 4U);
  EXPECT_EQ(std::count_if(
                made_->samples().begin(), made_->samples().end(),
                [this](const sample& one) { return made_->series_of(one).wire.name == "m_a_b"; }),
            2);
}

// The gate may let pass what it knows to be harmful to an InfluxDB.
TEST_F(sample_batches, lines_of_any_number_of_tags_are_sent) {
  for (const int tags : {99, 100, 101, 200, 400}) {
    std::string line = "m";
    for (int i = 0; i < tags; ++i) {
      line += ",t" + std::to_string(1000 + i) + "=x";
    }
    read(line + " a=1 " + std::to_string(tags) + "000000\n");
    EXPECT_EQ(made_->samples().size(), 1U) << tags;
  }
}

TEST_F(sample_batches, a_line_that_is_none_is_refused_and_moves_no_other) {
  const std::string broken = "m,t=1 a=1x 2000000\n";
  read("m,t=1 a=1 1000000\n" + broken + "m,t=2 a=1 1000000\n");
  ASSERT_EQ(made_->samples().size(), 2U);
  EXPECT_EQ(discarded(discard_reason::refused), 1U);
  made_->deliver(made_->samples()[0]);
  EXPECT_EQ(made_->refused_lines(), broken);
  made_->refuse(made_->samples()[1], discard_reason::future);
  EXPECT_EQ(made_->refused_lines(), broken + "m,t=2 a=1 1000000\n");
  const discard_counts points = made_->discarded_points(3);
  EXPECT_EQ(points.total(), 2U);
  EXPECT_EQ(points.of[static_cast<std::size_t>(discard_reason::refused)], 1U);
}

TEST_F(sample_batches, quantiles_are_labels_where_they_belong) {
  mapping_settings flink = without_database();
  flink.mode = mapping_mode::flink;
  series_mapper mapper(flink, book_of_names());
  mapper.begin("d", "");
  ledger_.begin({"d", ""}, log_position(1));
  known_series known;
  known.begin("d", "");
  sample_batch batch("h,a=1,z=2 count=1i,p50=2,p99=3 1000000\nh,z=2 p50=4 1000000\n", known);
  sample_rules rules;
  rules.now_ms = now_ms;
  line_reader reader;
  batch.read(rules, ledger_, mapper, reader);
  batch.take_apart();
  std::set<std::string> seen;
  for (const sample& one : batch.samples()) {
    const wire_series wire = batch.series_of(one).wire;
    seen.insert(std::string(wire.before) + std::string(wire.name) + std::string(wire.after));
  }
  const auto encoded = [](std::initializer_list<std::pair<const char*, const char*>> labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
      append_label(name, value, out);
    }
    return out;
  };
  EXPECT_EQ(seen, (std::set<std::string>{
                      "flink_h_count" + encoded({{"a", "1"}, {"z", "2"}}),
                      "flink_h" + encoded({{"a", "1"}, {"quantile", "0.5"}, {"z", "2"}}),
                      "flink_h" + encoded({{"a", "1"}, {"quantile", "0.99"}, {"z", "2"}}),
                      "flink_h" + encoded({{"quantile", "0.5"}, {"z", "2"}})}));
}

TEST_F(sample_batches, strings_are_no_samples) {
  read(
      "m s=\"x\",a=1 1000000\n"
      "m s=\"y\" 2000000\n");
  EXPECT_EQ(told(), "m_a@1=1 ");
  EXPECT_EQ(discarded(discard_reason::string), 2U);
  made_->deliver(made_->samples()[0]);
  EXPECT_EQ(made_->discarded_points(2).of[static_cast<std::size_t>(discard_reason::string)], 1U)
      << "a point of which something is stored is delivered";
}

TEST_F(sample_batches, nothing_is_further_ahead_than_ten_minutes) {
  const auto line = [](std::int64_t ms) {
    return "m,t=" + std::to_string(ms) + " a=1 " + std::to_string((now_ms + ms) * 1'000'000) + "\n";
  };
  read(line(600'000) + line(600'001) + line(-86'400'000));
  EXPECT_EQ(made_->samples().size(), 2U);
  EXPECT_EQ(discarded(discard_reason::future), 1U);
}

TEST_F(sample_batches, what_was_sent_before_is_not_sent_again) {
  read("m a=1 5000000\n");
  accept_all();
  ledger_.conclude();
  read(
      "m a=1 4000000\n"
      "m a=2 5000000\n"
      "m a=3 6000000\n"
      "m b=1 1000000\n");
  EXPECT_EQ(told(), "m_b@1=1 m_a@6=3 ");
  EXPECT_EQ(discarded(discard_reason::out_of_order), 1U);
  EXPECT_EQ(discarded(discard_reason::duplicate), 1U);
}

TEST_F(sample_batches, of_a_batch_begun_before_only_the_rest_is_left) {
  read("m a=1 1000000\nm b=1 1000000\n");
  accept_all();
  // The batch was not done; what follows it in the log has come.
  read("m a=1 1000000\nm b=1 1000000\nm a=2 2000000\nm a=9 500000\n");
  EXPECT_EQ(told(), "m_a@2=2 ");
  EXPECT_EQ(made_->counts().delivered, 2U);
  EXPECT_EQ(discarded(discard_reason::out_of_order), 1U);
  EXPECT_EQ(discarded(discard_reason::duplicate), 0U);
}

TEST_F(sample_batches, a_sample_without_an_answer_is_sent_again_but_nothing_before_it) {
  read("m a=2 2000000\n");
  const sent_sample one = made_->sent_of(made_->samples()[0]);
  ledger_.intend({one});
  read("m a=2 2000000\nm a=1 1000000\n");
  EXPECT_EQ(told(), "m_a@2=2 ");
  EXPECT_EQ(discarded(discard_reason::out_of_order), 1U);
}

TEST_F(sample_batches, know_the_lines_that_were_refused) {
  read(
      "m a=1,b=1 1000000\n"
      "m,t=x\\ y a=1,s=\"two\nlines\" 1000000\n"
      "n a=1 2000000\n");
  ASSERT_EQ(made_->samples().size(), 4U);
  for (const sample& one : made_->samples()) {
    if (one.point == 1) {
      made_->refuse(one, discard_reason::too_old);
    } else {
      made_->deliver(one);
    }
  }
  EXPECT_EQ(made_->refused_lines(), "m,t=x\\ y a=1,s=\"two\nlines\" 1000000\n");
  const discard_counts points = made_->discarded_points(3);
  EXPECT_EQ(points.of[static_cast<std::size_t>(discard_reason::too_old)], 1U);
  EXPECT_EQ(points.total(), 1U);
}

}  // namespace
}  // namespace weir
