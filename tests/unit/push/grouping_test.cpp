// SPDX-License-Identifier: Apache-2.0
#include "push/grouping.hpp"

#include <gtest/gtest.h>

namespace weir::push {
namespace {

std::string read(std::string_view path) {
  const auto labels = read_grouping(path);
  return labels ? key_of(labels.value()) : labels.error().message;
}

TEST(push_grouping, labels_come_from_the_path) {
  EXPECT_EQ(read("/job/a"), "{job=\"a\"}");
  EXPECT_EQ(read("/job/a/"), "{job=\"a\"}");
  EXPECT_EQ(read("/job/a/instance/b/zone/c"), "{instance=\"b\",job=\"a\",zone=\"c\"}");
  EXPECT_EQ(read("/job/a%20b/x/%2Fc+d"), "{job=\"a b\",x=\"/c+d\"}") << "a plus sign stays one";
  EXPECT_EQ(read("/job/a/instance/"), "{instance=\"\",job=\"a\"}");
  EXPECT_EQ(read("/job/a/job/b"), "{job=\"a\"}") << "the job is what stands first";
  EXPECT_EQ(read("/job/a/x/1/x/2"), "{job=\"a\",x=\"2\"}");
}

TEST(push_grouping, values_in_base64) {
  EXPECT_EQ(read("/job@base64/Lw"), "{job=\"/\"}");
  EXPECT_EQ(read("/job@base64/Lw=="), "{job=\"/\"}");
  EXPECT_EQ(read("/job/a/x@base64/="), "{job=\"a\",x=\"\"}");
  EXPECT_EQ(read("/job/a/x@base64/Pz8_"), "{job=\"a\",x=\"\?\?\?\"}") << "the alphabet of URLs";
  EXPECT_EQ(read("/job%40base64/Lw"), "{job=\"/\"}");
  EXPECT_TRUE(read("/job/a/x@base64/Pz8%2F").starts_with("invalid base64 encoding"));
  EXPECT_TRUE(read("/job/a/x@base64/A").starts_with("invalid base64 encoding"));
  EXPECT_TRUE(read("/job/a/x@base64/_w").ends_with("is not valid UTF-8"));
}

TEST(push_grouping, what_is_no_group_is_told) {
  EXPECT_EQ(read("/job@base64/="), "job name is required");
  EXPECT_EQ(read("/job/"), "job name is required");
  EXPECT_TRUE(read("/job/a/instance").starts_with("odd number of components in label string"));
  EXPECT_TRUE(read("/job/a/bad-l/b").starts_with("improper label name \"bad-l\""));
  EXPECT_TRUE(read("/job/a/__x/b").starts_with("improper label name \"__x\""));
  EXPECT_TRUE(read("/job/a//b").starts_with("improper label name \"\""));
  std::string many = "/job/a";
  for (int i = 0; i < 64; ++i) {
    many += "/l" + std::to_string(i) + "/v";
  }
  EXPECT_EQ(read(many), "a group has 64 labels at most");
}

TEST(push_grouping, keys_differ_where_groups_do) {
  EXPECT_NE(key_of({{"job", "a"}, {"x", "b\",y=\"c"}}),
            key_of({{"job", "a"}, {"x", "b"}, {"y", "c"}}));
}

TEST(push_grouping, flinks_random_suffix_is_known) {
  const std::string suffix = "0123456789abcdef0123456789ABCDEF";
  EXPECT_TRUE(has_random_suffix("myJob" + suffix));
  EXPECT_FALSE(has_random_suffix(suffix)) << "nothing would be left";
  EXPECT_FALSE(has_random_suffix("myJob" + suffix.substr(0, 31) + "g"));
  EXPECT_FALSE(has_random_suffix("myJob"));
}

}  // namespace
}  // namespace weir::push
