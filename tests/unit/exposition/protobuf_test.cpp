// SPDX-License-Identifier: Apache-2.0
#include "exposition/protobuf.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <protozero/pbf_writer.hpp>
#include <string>

#include "unit/exposition/read_samples.hpp"

namespace weir::exposition {
namespace {

using protozero::pbf_writer;

std::string read(std::string_view body) {
  return samples_of(body, read_protobuf);
}

std::string delimited(const std::string& message) {
  std::string out;
  protozero::write_varint(std::back_inserter(out), message.size());
  return out + message;
}

/// A family with one metric that has the label b="c".
std::string family_of(const std::string& name, int type,
                      const std::function<void(pbf_writer&)>& value) {
  std::string message;
  pbf_writer family(message);
  family.add_string(1, name);
  family.add_string(2, "words");
  family.add_enum(3, type);
  pbf_writer metric(family, 4);
  {
    pbf_writer pair(metric, 1);
    pair.add_string(1, "b");
    pair.add_string(2, "c");
  }
  value(metric);
  metric.commit();
  return delimited(message);
}

void add_value(pbf_writer& metric, protozero::pbf_tag_type tag, double value) {
  pbf_writer inner(metric, tag);
  inner.add_double(1, value);
}

TEST(protobuf, reads_families_of_every_type) {
  const std::string body = family_of("a_total", 0, [](pbf_writer& to) { add_value(to, 3, 3); }) +
                           family_of("g", 1,
                                     [](pbf_writer& to) {
                                       add_value(to, 2, -1.5);
                                       to.add_int64(6, -7);
                                     }) +
                           family_of("u", 3, [](pbf_writer& to) { add_value(to, 5, 2); }) +
                           family_of("s", 2,
                                     [](pbf_writer& to) {
                                       pbf_writer summary(to, 4);
                                       summary.add_uint64(1, 2);
                                       summary.add_double(2, 4);
                                       pbf_writer part(summary, 3);
                                       part.add_double(1, 0.5);
                                       part.add_double(2, 1);
                                     }) +
                           family_of("h", 4, [](pbf_writer& to) {
                             pbf_writer histogram(to, 7);
                             histogram.add_uint64(1, 2);
                             histogram.add_double(2, 3);
                             pbf_writer part(histogram, 3);
                             part.add_uint64(1, 1);
                             part.add_double(2, 0.25);
                           });
  EXPECT_EQ(read(body),
            "a_total counter | a_total{b=\"c\"} 3\n"
            "g gauge | g{b=\"c\"} -1.5 @-7\n"
            "u untyped | u{b=\"c\"} 2\n"
            "s summary | s{b=\"c\",quantile=\"0.5\"} 1\n"
            "s summary | s_sum{b=\"c\"} 4\n"
            "s summary | s_count{b=\"c\"} 2\n"
            "h histogram | h_bucket{b=\"c\",le=\"0.25\"} 1\n"
            "h histogram | h_bucket{b=\"c\",le=\"+Inf\"} 2\n"
            "h histogram | h_sum{b=\"c\"} 3\n"
            "h histogram | h_count{b=\"c\"} 2\n");
  EXPECT_EQ(read(""), "");
}

TEST(protobuf, a_mistake_has_the_offset_of_its_message) {
  const std::string good = family_of("a", 1, [](pbf_writer& to) { add_value(to, 2, 1); });
  const std::string at = "byte " + std::to_string(good.size()) + ": ";
  const auto begins = [&](const std::string& more, const std::string& words) {
    const std::string said = read(good + more);
    EXPECT_TRUE(said.starts_with(at + words)) << said;
  };
  begins(good, "the family \"a\" is there twice");
  begins("\x05", "a message of 5 bytes is announced, and only 0 follow");
  begins("\xff", "the message that begins here is no");
  begins(delimited("\x0a\x05"
                   "b"),
         "the message that begins here is no");
  begins(std::string(1, '\0'), "a family of metrics has no name");
  begins(family_of("b", 9, [](pbf_writer&) {}), "the family \"b\" has the type 9");
  begins(family_of("b", 0, [](pbf_writer& to) { add_value(to, 2, 1); }),
         "a metric of \"b\" is no counter");
  begins(family_of("\xff", 1, [](pbf_writer& to) { add_value(to, 2, 1); }), "the name of a family");
  begins(family_of("b", 1,
                   [](pbf_writer& to) {
                     add_value(to, 2, 1);
                     pbf_writer pair(to, 1);
                     pair.add_string(1, "b");
                   }),
         "the label \"b\" is there twice");
  // A number where a message belongs, and the other way round.
  begins(family_of("b", 1, [](pbf_writer& to) { to.add_uint64(2, 7); }),
         "the message that begins here is no");
  begins(family_of("b", 1,
                   [](pbf_writer& to) {
                     pbf_writer inner(to, 2);
                     inner.add_string(1, "x");
                   }),
         "the message that begins here is no");
}

TEST(protobuf, every_prefix_is_read_or_refused) {
  const std::string body = family_of("h", 4, [](pbf_writer& to) {
    pbf_writer histogram(to, 7);
    histogram.add_uint64(1, 2);
    pbf_writer part(histogram, 3);
    part.add_double(2, 0.25);
  });
  for (std::size_t size = 1; size < body.size(); ++size) {
    EXPECT_TRUE(read(body.substr(0, size)).starts_with("byte 0: ")) << size;
  }
}

TEST(protobuf, bounds_and_quantiles_are_no_labels_of_a_metric) {
  const auto with_label = [](std::string name, int type, protozero::pbf_tag_type value) {
    return read(family_of("a", type, [&](pbf_writer& to) {
      {
        pbf_writer pair(to, 1);
        pair.add_string(1, name);
        pair.add_string(2, "1");
      }
      pbf_writer inner(to, value);
      inner.add_uint64(1, 2);
    }));
  };
  EXPECT_EQ(with_label("le", 4, 7),
            "byte 0: the histogram \"a\" has a label \"le\", which belongs to its parts");
  EXPECT_EQ(with_label("le", 5, 7), with_label("le", 4, 7)) << "of a gauge histogram";
  EXPECT_EQ(with_label("quantile", 2, 4),
            "byte 0: the summary \"a\" has a label \"quantile\", which belongs to its parts");
  EXPECT_FALSE(with_label("quantile", 4, 7).starts_with("byte 0"));
  EXPECT_FALSE(with_label("le", 2, 4).starts_with("byte 0"));
}

TEST(protobuf, a_metric_has_1024_labels_at_most) {
  const auto body_of = [](int labels) {
    return family_of("a", 1, [&](pbf_writer& to) {
      for (int i = 0; i < labels; ++i) {  // beside its "b"
        pbf_writer pair(to, 1);
        pair.add_string(1, "l" + std::to_string(i));
        pair.add_string(2, "v");
      }
      pbf_writer gauge(to, 2);
      gauge.add_double(1, 1);
    });
  };
  document all;
  EXPECT_FALSE(read_protobuf(body_of(1023), all).has_value());
  EXPECT_NE(read(body_of(1024)).find(too_many_labels), std::string::npos);
}

TEST(protobuf, buckets_without_end_end_at_the_documents_bound) {
  const std::string body = family_of("h", 4, [](pbf_writer& to) {
    pbf_writer histogram(to, 7);
    for (int i = 0; i < 10'000; ++i) {
      histogram.add_message(3, std::string{});
    }
  });
  document small(/*bytes_max=*/20'000);
  const auto wrong = read_protobuf(body, small);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->message, too_many_samples);
  EXPECT_LT(small.held_bytes(), 60'000U);
}

}  // namespace
}  // namespace weir::exposition
