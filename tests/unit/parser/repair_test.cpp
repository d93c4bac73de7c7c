// SPDX-License-Identifier: Apache-2.0
//
// What is offered instead of a wrong line: that it is read, and that its points are the ones that
// were meant.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <random>

#include "parser/mistakes/mistake.hpp"
#include "weir/line_protocol.hpp"

namespace weir::test {
namespace {

using namespace std::string_view_literals;

// The points of a body in one spelling, with their times; "refused: ..." for a line that is not
// read.
std::string points_of(std::string_view body, std::int64_t unit_ns = 1) {
  parse_options options;
  options.unit_ns = unit_ns;
  line_reader reader(options);
  reader.feed(body);
  reader.finish();
  std::string out;
  for (;;) {
    switch (reader.next()) {
      case line_event::point:
        append_canonical(reader.point(), out);
        out += reader.point().time ? " " + std::to_string(*reader.point().time) + "\n" : "\n";
        break;
      case line_event::error:
        out.append("refused: ").append(reader.error().text) += '\n';
        break;
      case line_event::more:
        return out;
    }
  }
}

// What is offered for the only line of a body; for an accepted one, of its first warning.
std::vector<repaired_line> repaired(std::string_view body, std::int64_t unit_ns = 1) {
  parse_options options;
  options.unit_ns = unit_ns;
  line_reader reader(options);
  reader.feed(body);
  reader.finish();
  const line_event event = reader.next();
  if (event == line_event::error) {
    return repair(reader.error(), unit_ns);
  }
  return event == line_event::point ? repair(reader.point(), {unit_ns, false}, 0)
                                    : std::vector<repaired_line>{};
}

struct repair_case {
  std::string_view wrong;
  std::string_view meant;
};

// Nothing else can be meant: one line without a condition.
constexpr repair_case certain[] = {
    // Fields joined to tags, commas and timestamps.
    {"cpu,host=a,value=1 1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a,value=1", "cpu,host=a value=1"},
    {"cpu,host=a,value=1,1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a,s=\"x y\",v=1 1586844081000000000",
     "cpu,host=a s=\"x y\",v=1 1586844081000000000"},
    {"cpu,host=a value=1, 1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=1,1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=1 1586844081000000000,", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=1,", "cpu,host=a value=1"},
    {"cpu, host=a value=1", "cpu,host=a value=1"},
    {"cpu,host=a, dc=eu value=1", "cpu,host=a,dc=eu value=1"},
    {"cpu,host=a, value=1", "cpu,host=a value=1"},
    {"cpu ,host=a value=1", "cpu,host=a value=1"},
    {"cpu,,host=a value=1,,w=2", "cpu,host=a value=1,w=2"},
    // Spaces.
    {"w,city=Berlin, Germany temp=3", "w,city=Berlin\\,\\ Germany temp=3"},
    {"w,city=New York,state=NY temp=3 1586844081000000000",
     "w,city=New\\ York,state=NY temp=3 1586844081000000000"},
    {"w,city=New York,state=South Dakota temp=3", "w,city=New\\ York,state=South\\ Dakota temp=3"},
    {"cpu,host name=a value=1", "cpu,host\\ name=a value=1"},
    {"my cpu,host=a value=1", "my\\ cpu,host=a value=1"},
    {"the big disk,host=a v=1", "the\\ big\\ disk,host=a v=1"},
    {"cpu,host = a value = 1", "cpu,host=a value=1"},
    {"cpu,host=a value 1 1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host a value=1", "cpu,host=a value=1"},
    // What surrounds a line.
    {"\"cpu,host=a value=1\"", "cpu,host=a value=1"},
    {"'cpu,host=a s=\"x\" 1586844081000000000'", "cpu,host=a s=\"x\" 1586844081000000000"},
    {"`cpu,host=a value=1`", "cpu,host=a value=1"},
    {"b'cpu,host=a value=1'", "cpu,host=a value=1"},
    {"\"cpu,host=a s=\\\"x y\\\" 1\",", "cpu,host=a s=\"x y\" 1"},
    {"(cpu,host=a value=1)", "cpu,host=a value=1"},
    {"\xE2\x80\x9C"
     "cpu,host=a value=1\xE2\x80\x9D",
     "cpu,host=a value=1"},
    {"> cpu,host=a value=1", "cpu,host=a value=1"},
    {"$ cpu,host=a value=1", "cpu,host=a value=1"},
    {"me@host:~$ cpu,host=a value=1", "cpu,host=a value=1"},
    {"INSERT cpu,host=a value=1", "cpu,host=a value=1"},
    {"insert into autogen cpu,host=a value=1", "cpu,host=a value=1"},
    {"curl -XPOST 'http://h:8086/write?db=x' --data-binary 'cpu,host=a value=1'",
     "cpu,host=a value=1"},
    {"echo \"cpu,host=a value=1\" | nc localhost 8094", "cpu,host=a value=1"},
    {"1586844081000000000 cpu,host=a value=1", "cpu,host=a value=1 1586844081000000000"},
    {"2020-04-14T06:01:21Z cpu,host=a value=1", "cpu,host=a value=1 1586844081000000000"},
    // Characters.
    {"cpu,host=a\xC2\xA0value=1", "cpu,host=a value=1"},
    {"cpu,host=a\xE2\x80\x8B value=1,", "cpu,host=a value=1"},
    {"cp\xE2\x80\x8Bu,host=a value=1", "cpu,host=a value=1"},
    {"cpu,host=a value=1\xEF\xBB\xBF", "cpu,host=a value=1"},
    {"cpu\xEF\xBC\x8Chost\xEF\xBC\x9D"
     "a value=1,",
     "cpu,host=a value=1"},
    {"cpu,host=a\tvalue=1\t1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu\tvalue=1", "cpu value=1"},
    // Signs for equals signs.
    {"cpu,host:a value:1", "cpu,host=a value=1"},
    {"cpu,host=>a value=>1", "cpu,host=a value=1"},
    {"cpu,host==a value==1", "cpu,host=a value=1"},
    {"cpu,host==a value=1", "cpu,host=a value=1"},
    {"cpu,url=http://x?a=b v=1", "cpu,url=http://x?a\\=b v=1"},
    // Several points.
    {"cpu v=1 1586844081000000000mem v=2 1586844081000000001",
     "cpu v=1 1586844081000000000\nmem v=2 1586844081000000001"},
    {"cpu v=1 5 mem,host=a v=2 6", "cpu v=1 5\nmem,host=a v=2 6"},
    {"cpu v=1 mem v=2", "cpu v=1\nmem v=2"},
    {"cpu v=1;mem v=2", "cpu v=1\nmem v=2"},
    {"cpu v=1; mem v=2;", "cpu v=1\nmem v=2"},
    {"cpu s=\"a;b\";", "cpu s=\"a;b\""},
    {"cpu v=1\\nmem v=2\\n", "cpu v=1\nmem v=2"},
    {"\"cpu v=1\\nmem v=2\"", "cpu v=1\nmem v=2"},
    // Numbers.
    {"cpu v=71%,w=3ms,x=5GB,y=12.5C", "cpu v=71,w=3,x=5,y=12.5"},
    {"cpu v=$5,w=-$5,x=\xE2\x82\xAC"
     "5",
     "cpu v=5,w=-5,x=5"},
    {"cpu v=5 ms 1586844081000000000", "cpu v=5 1586844081000000000"},
    {"cpu v=1,5 1586844081000000000", "cpu v=1.5 1586844081000000000"},
    {"cpu v=1,5,w=2,75", "cpu v=1.5,w=2.75"},
    {"cpu v=1,234,567", "cpu v=1234567"},
    {"cpu v=1,234.5", "cpu v=1234.5"},
    {"cpu v=1.234,5", "cpu v=1234.5"},
    {"cpu v=1,000i", "cpu v=1000i"},
    {"cpu v=1_000", "cpu v=1000"},
    {"cpu v=0x1F,w=-0xff,x=0b101", "cpu v=31i,w=-255i,x=5i"},
    {"cpu v=5.0i,w=1e3i,x=5.5i", "cpu v=5i,w=1000i,x=5.5"},
    {"cpu v=5U,w=1.5f,x=42L,y=7n", "cpu v=5u,w=1.5,x=42i,y=7i"},
    {"cpu v=-1u,w=+2", "cpu v=-1i,w=2"},
    {"cpu v=\xE2\x88\x92"
     "5",
     "cpu v=-5"},
    {"cpu v=NaN,w=1,x=None", "cpu w=1"},
    {"cpu v=,w=1", "cpu w=1"},
    {"cpu,host=,dc=eu v=1", "cpu,dc=eu v=1"},
    // Text.
    {"cpu,host=a s='up'", "cpu,host=a s=\"up\""},
    {"cpu s='it is up',v=1 1586844081000000000", "cpu s=\"it is up\",v=1 1586844081000000000"},
    {"cpu s=up 1586844081000000000", "cpu s=\"up\" 1586844081000000000"},
    {"cpu s=hello big world,v=1", "cpu s=\"hello big world\",v=1"},
    {"cpu s=\"say \"hi\" now\"", "cpu s=\"say \\\"hi\\\" now\""},
    {"cpu s=\"C:\\dir\\\"", "cpu s=\"C:\\dir\\\\\""},
    {"cpu s=\\\"abc def\\\"", "cpu s=\"abc def\""},
    {"cpu s=\xE2\x80\x9Chello world\xE2\x80\x9D", "cpu s=\"hello world\""},
    {"cpu s={\"a\": 1}", "cpu s=\"{\\\"a\\\": 1}\""},
    {"cpu,host=\"web 01\" v=1", "cpu,host=web\\ 01 v=1"},
    {"\"my cpu\",host='a' \"v\"=1", "my\\ cpu,host=a v=1"},
    {"cpu v=tRUE", "cpu v=true"},
    // Timestamps.
    {"cpu v=1 2020-04-14T06:01:21Z", "cpu v=1 1586844081000000000"},
    {"cpu v=1 2020-04-14T08:01:21.5+02:00", "cpu v=1 1586844081500000000"},
    {"cpu v=1 1586844081.123", "cpu v=1 1586844081123000000"},
    {"cpu v=1 1586844081s", "cpu v=1 1586844081000000000"},
    {"cpu v=1 1586844081000ms", "cpu v=1 1586844081000000000"},
    {"cpu v=1 1586844081000000000i", "cpu v=1 1586844081000000000"},
    {"cpu v=1 \"1586844081000000000\"", "cpu v=1 1586844081000000000"},
    {"cpu v=1 \"-5\"", "cpu v=1 -5"},
    {"cpu v=1 +1586844081000000000", "cpu v=1 1586844081000000000"},
    {"cpu v=1 null", "cpu v=1"},
    {"cpu v=1 1 # why", "cpu v=1 1"},
    // Other formats.
    {"put sys.cpu 1586844081 42.5 host=web01 cpu=0",
     "sys.cpu,host=web01,cpu=0 value=42.5 1586844081000000000"},
    {"servers.web.cpu 42 1586844081", "servers.web.cpu value=42 1586844081000000000"},
    {"disk.used;dc=eu 42 1586844081", "disk.used,dc=eu value=42 1586844081000000000"},
    {"requests{code=\"200\",path=\"/a b\"} 3 1586844081000",
     "requests,code=200,path=/a\\ b value=3 1586844081000000000"},
    // A space that is not seen: before a timestamp, and between groups of digits.
    {"cpu,host=a value=1\xC2\xA0"
     "1586844081000000000",
     "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=71i\xE2\x80\xAF"
     "1586844081",
     "cpu,host=a value=71i 1586844081"},
    {"cpu v=1\xC2\xA0"
     "000\xC2\xA0"
     "000",
     "cpu v=1000000"},
    // Other signs for commas and spaces.
    {"cpu;host=a;value=1", "cpu,host=a value=1"},
    {"cpu,host=a value=1; 1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=1;idle=2;", "cpu,host=a value=1,idle=2"},
    {"cpu,host:a,dc:b load:5 1586844081000000000", "cpu,host=a,dc=b load=5 1586844081000000000"},
    {"cpu\\tvalue=1\\t1586844081000000000", "cpu value=1 1586844081000000000"},
    {"cpu; host=a; value=1", "cpu,host=a value=1"},
    {"cpu|host=a|value=1 1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu,host=a value=1;idle=2 1586844081000000000",
     "cpu,host=a value=1,idle=2 1586844081000000000"},
    {"cpu s=\"a;b=1\";v=2", "cpu s=\"a;b=1\",v=2"},
    {"cpu,host=a\\tvalue=1\\t1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"cpu, host: a, value: 1", "cpu,host=a value=1"},
    {"cpu,host=a,host=a value=1", "cpu,host=a value=1"},
    // Times.
    {"cpu,host=a value=1\xC2\xA0"
     "2020-04-14T06:01:21Z",
     "cpu,host=a value=1 1586844081000000000"},
    {"time=1586844081000000000 cpu,host=a v=1", "cpu,host=a v=1 1586844081000000000"},
    {"cpu,host=a v=1 [1586844081000000000]", "cpu,host=a v=1 1586844081000000000"},
    {"cpu,host=a v=1 time:1586844081000000000", "cpu,host=a v=1 1586844081000000000"},
    {"cpu v=\xE2\x88\x92"
     "5%,w=\xE2\x88\x92"
     "1,5",
     "cpu v=-5,w=-1.5"},
    {"cpu,host=\xE2\x80\x9C"
     "a\xE2\x80\x9D v=1",
     "cpu,host=a v=1"},
    {"cpu,host=a v=1 time=1586844081000000000", "cpu,host=a v=1 1586844081000000000"},
    {"cpu v=1 \"2020-04-14T06:01:21Z\"", "cpu v=1 1586844081000000000"},
    {"cpu v=12.5 \xC2\xB0"
     "C,h=40 % 1586844081000000000",
     "cpu v=12.5,h=40 1586844081000000000"},
    {"cpu v=5 EUR", "cpu v=5"},
    {"cpu v=5 \xC2\xB0"
     "F,w=3 kWh 1586844081000000000",
     "cpu v=5,w=3 1586844081000000000"},
    // Lists and numbers of lines.
    {"['cpu,host=a value=1', 'mem v=2']", "cpu,host=a value=1\nmem v=2"},
    {"\"cpu v=1\",\"mem v=2\"", "cpu v=1\nmem v=2"},
    {"'''cpu,host=a value=1'''", "cpu,host=a value=1"},
    {"12: cpu,host=a value=1", "cpu,host=a value=1"},
    {"[2020-04-14T06:01:21Z] cpu,host=a value=1", "cpu,host=a value=1 1586844081000000000"},
    // JSON as clients have it.
    {R"({"measurement":"cpu","tags":{"host":"a b"},"fields":{"v":1.5,"s":"x y","ok":true}})",
     R"(cpu,host=a\ b v=1.5,s="x y",ok=true)"},
    {R"([{"measurement": "cpu", "fields": {"v": 1}, "time": 1586844081},)"
     R"( {"measurement": "mem", "fields": {"v": 2}, "time": "2020-04-14T06:01:21Z"}])",
     "cpu v=1 1586844081000000000\nmem v=2 1586844081000000000"},
    {"{'measurement': 'cpu', 'tags': {'n': 1, 'x': None}, 'fields': {'ok': True, 'z': None}}",
     "cpu,n=1 ok=True"},
    // OpenTSDB without its word, Graphite without a time, StatsD with tags.
    {"sys.cpu 1586844081 42.5 host=web01", "sys.cpu,host=web01 value=42.5 1586844081000000000"},
    {"PUT sys.cpu 1586844081 42.5", "sys.cpu value=42.5 1586844081000000000"},
    {"servers.web.cpu 42 -1", "servers.web.cpu value=42"},
    // Several mistakes on one line.
    {"> cpu,host=a,value=1,1586844081000000000", "cpu,host=a value=1 1586844081000000000"},
    {"\"cpu, host=a value=71%,s='x' 2020-04-14T06:01:21Z\"",
     "cpu,host=a value=71,s=\"x\" 1586844081000000000"},
    {"caf\xC3\xA9,stra\xC3\x9F"
     "e=M\xC3\xBCnchner Platz,nr=5 wert=1,5",
     "caf\xC3\xA9,stra\xC3\x9F"
     "e=M\xC3\xBCnchner\\ Platz,nr=5 wert=1.5"},
};

// Something else can be meant, too: the likeliest line comes first, under a condition.
constexpr repair_case likely[] = {
    {"cpu,host=a,user=1,system=2 1586844081000000000",
     "cpu,host=a user=1,system=2 1586844081000000000"},
    {"cpu,host=a,value=71% 1586844081000000000", "cpu,host=a value=71 1586844081000000000"},
    {"disk,host=web 01 used=71", "disk,host=web\\ 01 used=71"},
    {"my cpu v=1", "my\\ cpu v=1"},
    {"cpu host=a value=1", "cpu,host=a value=1"},
    {"cpu host=a dc=eu value=1 1586844081000000000",
     "cpu,host=a,dc=eu value=1 1586844081000000000"},
    {"cpu host: a value: 1", "cpu,host=a value=1"},
    {"cpu host=1 value=2", "cpu host=1,value=2"},
    {"cpu value=1 host=a", "cpu,host=a value=1"},
    {"cpu v=1,000", "cpu v=1000"},
    {"cpu v=5 host=a 1586844081000000000", "cpu,host=a v=5 1586844081000000000"},
    {"cpu,host=a state=up,load=5", "cpu,host=a state=\"up\",load=5"},
    {"cpu v=yes", "cpu v=true"},
    {"cpu v=5abc", "cpu v=\"5abc\""},
    {"cpu s=\"abc 1586844081000000000", "cpu s=\"abc\" 1586844081000000000"},
    {"cpu v=1 2020-04-14 06:01:21", "cpu v=1 1586844081000000000"},
    {"cpu v=1 1.586844081e+18", "cpu v=1 1586844081000000000"},
    {"cpu v=1 1586844081", "cpu v=1 1586844081000000000"},
    {"cpu,host=a 42", "cpu,host=a value=42"},
    {",host=a value=1", "measurement,host=a value=1"},
    {"host=a value=1", "measurement,host=a value=1"},
    {" value=1", "measurement value=1"},
    {"level=info msg=\"a b\" took=5", "measurement level=\"info\",msg=\"a b\",took=5"},
    {"page.views:1|c", "page.views value=1"},
    {"users,service=pay,addr=10.0.0.1:80:32|g", "users,service=pay,addr=10.0.0.1:80 value=32"},
    // Accepted, and probably not meant.
    {"cpu;host=a value=1", "cpu,host=a value=1"},
    {"cpu\xEF\xBC\x8Chost=a value=1", "cpu,host=a value=1"},
    {"cpu\\,host=a value=1", "cpu,host=a value=1"},
    {">cpu,host=a value=1", "cpu,host=a value=1"},
    {"\"cpu,host=a value=1", "cpu,host=a value=1"},
    {"cpu,host=a,host=b value=1", "cpu,host=a value=1"},
    {"cpu,host=a v=1 ts=1586844081000000000", "cpu,host=a v=1 1586844081000000000"},
    {"cpu,path=C:\\ value=1", "cpu,path=C: value=1"},
    {"cpu,host=a;dc=eu value=1", "cpu,host=a,dc=eu value=1"},
    {"cpu,host=a f=1,my field=2", "cpu,host=a f=1,my\\ field=2"},
    // A comma that is escaped already.
    {"w,city=Berlin\\, Germany temp=3", "w,city=Berlin\\,\\ Germany temp=3"},
    // The names of the fields hold the spaces.
    {"disk,host=a free space=71,used space=29 1586844081000000000",
     "disk,host=a free\\ space=71,used\\ space=29 1586844081000000000"},
    {"host=web 01 value=1", "measurement,host=web\\ 01 value=1"},
    {"city=New York,state=NY temp=3 1586844081000000000",
     "measurement,city=New\\ York,state=NY temp=3 1586844081000000000"},
};

// Lines whose meaning cannot be guessed.
constexpr std::string_view unclear[] = {
    "cpu",
    "cpu,host=a",
    "cpu,host=a 1586844081000000000",
    "cpu v=NaN",
    "cpu v=",
    "cpu value",
    "cpu f=\"a\"b\" 1",
    "cpu v=%d",
    "cpu v={{ value }}",
    "insert into cpu set v=1",
    "cpu{host='a'} 1",
    "cpu,host=a v=${value} $(date +%s)",
    "{\"measurement\":\"cpu\",\"fields\":{\"v\":[1]}}",
    "{\"measurement\":\"cpu\",\"fields\":{},\"time\":1}",
    "cpu v=1 14/04/2020",
    "cpu v=1e400",
    "cpu v=99999999999999999999i",
    "SELECT * FROM cpu",
    "CREATE DATABASE x",
    "rate(requests[5m])",
    "time,host,value",
    "{\"a\":1}",
    "cpu v=1,2,3",
};

TEST(Repair, OffersWhatWasMeant) {
  for (const repair_case& each : certain) {
    SCOPED_TRACE(each.wrong);
    const auto offered = repaired(each.wrong);
    ASSERT_EQ(offered.size(), 1U);
    EXPECT_EQ(offered[0].condition, "");
    EXPECT_EQ(points_of(offered[0].text), points_of(each.meant));
    EXPECT_EQ(points_of(offered[0].text).find("refused"), std::string::npos);
  }
}

TEST(Repair, NamesTheConditionWhereSomethingElseCanBeMeant) {
  for (const repair_case& each : likely) {
    SCOPED_TRACE(each.wrong);
    const auto offered = repaired(each.wrong);
    ASSERT_GE(offered.size(), 1U);
    ASSERT_LE(offered.size(), 2U);
    EXPECT_EQ(points_of(offered[0].text), points_of(each.meant));
    for (const repaired_line& line : offered) {
      EXPECT_NE(line.condition, "");
      EXPECT_EQ(points_of(line.text).find("refused"), std::string::npos) << line.text;
    }
  }
}

TEST(Repair, OffersNothingWhereTheMeaningIsUnclear) {
  for (const std::string_view wrong : unclear) {
    const auto offered = repaired(wrong);
    EXPECT_TRUE(offered.empty()) << wrong << " => " << offered[0].text;
  }
}

TEST(Repair, TheFirstConditionNamesTheSpace) {
  const auto cut = repaired("disk,host=a free space=71,used space=29");
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0].condition, "the space belongs to the name of the field");
  EXPECT_TRUE(cut[1].condition.starts_with("it belongs to the value of the tag `host`"));
  const auto tag = repaired("disk,host=web 01 used=71");
  ASSERT_EQ(tag.size(), 2U);
  EXPECT_EQ(tag[0].condition, "the space belongs to the value of the tag `host`");
  EXPECT_EQ(tag[1].condition, "it belongs to the name of the field");
}

TEST(Repair, ACommaMayStandBetweenTwoPoints) {
  const auto offered = repaired("cpu v=1,mem v=2 1586844081000000000");
  ASSERT_EQ(offered.size(), 2U);
  EXPECT_EQ(offered[0].text, "cpu v=1,mem\\ v=2 1586844081000000000");
  EXPECT_EQ(offered[1].text, "cpu v=1\nmem v=2 1586844081000000000");
}

TEST(Repair, WritesTimesInTheReadersUnit) {
  constexpr std::int64_t second = 1'000'000'000;
  EXPECT_EQ(repaired("m f=1 2020-04-14T06:01:21Z", second).at(0).text, "m f=1 1586844081");
  EXPECT_EQ(repaired("m f=1 1586844081000ms", second).at(0).text, "m f=1 1586844081");
  EXPECT_EQ(repaired("a.b 42 1586844081", 1'000'000).at(0).text, "a.b value=42 1586844081000");
  EXPECT_EQ(repaired("m f=1 1586844081000000000", second).at(0).text, "m f=1 1586844081");
  const auto cut = repaired("m f=1 1586844081.5", second);
  EXPECT_EQ(cut.at(0).text, "m f=1 1586844081");
  EXPECT_NE(cut.at(0).condition, "");
}

// --- good lines with mistakes made in them

class mutator {
 public:
  explicit mutator(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return random_() % count; }
  std::string_view one_of(std::initializer_list<std::string_view> words) {
    return words.begin()[below(words.size())];
  }
  // Measurement, tags, fields and time of a good line; every part that a mistake can be made in.
  void draw() {
    measurement = one_of({"cpu", "disk_io", "weather", "caf\xC3\xA9", "net.if"});
    tag = one_of({"host=a", "dc=eu-west", "path=/var/log", "city=K\xC3\xB6ln", "rack=r\\,7"});
    more_tags = one_of({"", ",region=us", ",zone=b\\ c"});
    field = one_of({"usage=71", "value=1.5", "load=-3", "n=42"});
    more_fields = one_of({"", ",ok=true", ",text=\"a, b=c d\"", ",count=7i"});
    time = one_of({"", " 1586844081000000000", " 1586844081123456789"});
  }
  [[nodiscard]] std::string series() const { return measurement + "," + tag + more_tags; }
  [[nodiscard]] std::string line() const { return series() + " " + field + more_fields + time; }

  std::string measurement, tag, more_tags, field, more_fields, time;

 private:
  std::mt19937 random_;
};

std::string replace_first(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

struct mutation {
  const char* name;
  std::function<std::string(mutator&)> make;
};

const std::vector<mutation>& mutations() {
  static const std::vector<mutation> all = {
      {"fields joined", [](mutator& m) { return m.series() + "," + m.field + m.time; }},
      {"comma before time",
       [](mutator& m) {
         return m.series() + " " + m.field + m.more_fields +
                (m.time.empty() ? "," : "," + m.time.substr(m.below(2)));
       }},
      {"space after comma", [](mutator& m) { return replace_first(m.line(), ",", ", "); }},
      {"space before comma", [](mutator& m) { return replace_first(m.line(), ",", " ,"); }},
      {"two commas", [](mutator& m) { return replace_first(m.line(), ",", ",,"); }},
      {"spaces at equals", [](mutator& m) { return replace_first(m.line(), "=", " = "); }},
      {"arrow",
       [](mutator& m) {
         return replace_first(m.line(), m.field[0] == 'n' ? "n=" : "=",
                              m.field[0] == 'n' ? "n=>" : "=>");
       }},
      {"quoted",
       [](mutator& m) {
         const std::string_view quote = m.one_of({"'", "`"});
         return std::string{quote} + m.line() + std::string{quote};
       }},
      {"python", [](mutator& m) { return "b'" + m.line() + "'"; }},
      {"prompt",
       [](mutator& m) {
         return std::string{m.one_of({"> ", "$ ", "INSERT ", ">>> "})} + m.line();
       }},
      {"tab", [](mutator& m) { return m.series() + "\t" + m.field + m.more_fields + m.time; }},
      {"no-break space",
       [](mutator& m) { return m.series() + "\xC2\xA0" + m.field + m.more_fields + m.time; }},
      {"semicolon", [](mutator& m) { return m.line() + ";"; }},
      {"escaped feed", [](mutator& m) { return m.line() + "\\n"; }},
      {"comment",
       [](mutator& m) { return m.line() + (m.time.empty() ? " 1" : "") + " # a comment"; }},
      {"plus", [](mutator& m) { return replace_first(m.line(), m.field, "w=+5," + m.field); }},
      {"percent", [](mutator& m) { return replace_first(m.line(), m.field, m.field + "%"); }},
      {"null", [](mutator& m) { return replace_first(m.line(), m.field, "w=null," + m.field); }},
      {"empty field", [](mutator& m) { return replace_first(m.line(), m.field, "w=," + m.field); }},
      {"empty tag", [](mutator& m) { return replace_first(m.line(), ",", ",w=,"); }},
      {"shell",
       [](mutator& m) { return "curl -XPOST localhost --data-binary '" + m.line() + "'"; }},
  };
  return all;
}

// What a mutation of that name meant, where it is not the line itself.
std::string meant_by(std::string_view name, const mutator& m) {
  if (name == "fields joined") {
    return m.series() + " " + m.field + m.time;
  }
  if (name == "comment" && m.time.empty()) {
    return m.line() + " 1";
  }
  return name == "plus" ? replace_first(m.line(), m.field, "w=5," + m.field) : m.line();
}

TEST(Repair, GivesTheLineBackThatAMistakeWasMadeIn) {
  mutator drawn(20200414);
  for (int round = 0; round < 300; ++round) {
    for (const mutation& each : mutations()) {
      drawn.draw();
      const std::string wrong = each.make(drawn);
      SCOPED_TRACE(each.name + (": " + wrong));
      const auto offered = repaired(wrong);
      ASSERT_GE(offered.size(), 1U);
      EXPECT_EQ(points_of(offered[0].text), points_of(meant_by(each.name, drawn)));
    }
  }
}

// Two mistakes in one line, and bytes changed at random: what is offered is read, and it ends.
TEST(Repair, OffersOnlyWhatIsRead) {
  mutator drawn(7);
  constexpr std::string_view spare = " ,=\"\\\t';:|#{}[]()i0L%-+e\xC2\xA0\xEF\xBB\xBF\xE2\x80\x9C";
  for (int round = 0; round < 8000; ++round) {
    drawn.draw();
    std::string wrong = mutations()[drawn.below(mutations().size())].make(drawn);
    for (std::size_t edits = drawn.below(4); edits > 0; --edits) {
      wrong.insert(drawn.below(wrong.size() + 1), 1, spare[drawn.below(spare.size())]);
      wrong.erase(drawn.below(wrong.size()), drawn.below(2));
    }
    SCOPED_TRACE(wrong);
    for (const repaired_line& line : repaired(wrong)) {
      ASSERT_NE(line.text, "");
      ASSERT_EQ(points_of(line.text).find("refused"), std::string::npos) << line.text;
    }
  }
}

// The cost is linear in the line, whatever it holds, and long lines are only diagnosed.
TEST(Repair, HostileLinesCostLittle) {
  for (const std::string_view piece : {"=\"",
                                       "==",
                                       "=>",
                                       ",",
                                       " ",
                                       "\"",
                                       ",\"",
                                       ",'",
                                       "\\n",
                                       ";",
                                       ",\xE2\x80\x9C",
                                       "a=\"b\" ",
                                       "\t",
                                       "a=1,5,",
                                       "a:b ",
                                       ",a=b c",
                                       "=\"a\"",
                                       "\xC2\xA0",
                                       "1,",
                                       "{",
                                       "put 1 ",
                                       "\\\"",
                                       "a;b=1 "}) {
    for (const std::string_view head : {"cpu,host=a v=", "", "cpu "}) {
      std::string line{head};
      while (line.size() < 300'000) {
        line += piece;
      }
      line += "\x01=x";
      const auto begin = std::chrono::steady_clock::now();
      (void)repaired(line);
      line_reader reader;
      reader.feed(line);
      reader.finish();
      if (reader.next() == line_event::error) {
        EXPECT_FALSE(diagnose(reader.error()).kind.empty());
      }
      line.resize(std::min<std::size_t>(line.size(), repaired_line::line_bytes_max));
      (void)repaired(line);
      const auto took = std::chrono::steady_clock::now() - begin;
      EXPECT_LT(took, std::chrono::seconds(5)) << head << piece;
    }
  }
}

}  // namespace
}  // namespace weir::test
