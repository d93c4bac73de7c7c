// SPDX-License-Identifier: Apache-2.0
//
// The reader allocates nothing per line: global operator new is counted while lines are read.
#include <gtest/gtest.h>

#include <string>

#include "counting_new.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::string_view lines[] = {
    "cpu,host=a,region=b usage=1.5,idle=2i,on=t,name=\"x\" 1586844081000000000\n",
    "cpu,region=b,host=a  usage=.5,idle=007i 1\r\n",
    "m\\,x,t\\ k=a\\\\b f=\"a\nb\" 2\n",
    "bad line\n",
    "m f=\"a\"b 1\n",
    "# comment\n\n",
    "m f=123456789012345678901234567890,g=1e300,h=18446744073709551615u\n",
    "m,c=1,b=2,a=3,c=4 f=1\n",
    "m\xff f=1\n",
};

TEST(Allocation, NoneForTenThousandLines) {
  std::string body;
  for (int i = 0; i < 10'000; ++i) {
    body += lines[static_cast<std::size_t>(i) % std::size(lines)];
  }
  line_reader reader;
  std::string out;
  out.reserve(4096);
  std::size_t during = 0;
  for (int pass = 0; pass < 2; ++pass) {  // the first warms up
    reader.reset({});
    const std::size_t before = test::allocation_count();
    for (std::size_t at = 0; at < body.size(); at += 1000) {
      reader.feed(std::string_view{body}.substr(at, 1000));
      for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
        if (event == line_event::point) {
          out.clear();
          append_canonical(reader.point(), out);
        }
      }
    }
    during = test::allocation_count() - before;
  }
  EXPECT_GT(reader.counts().points, 4'000U);
  EXPECT_GT(reader.counts().errors, 4'000U);
  EXPECT_EQ(during, 0U);
}

}  // namespace
}  // namespace weir
