# SPDX-License-Identifier: Apache-2.0

# influxdb, the Ruby client of InfluxDB 1: it writes each batch by itself, and is told to try no more than once.

require "influxdb"

HOST, PORT, DATABASE = ARGV[1], ARGV[2].to_i, ARGV[3]
START = 1_700_000_000_000_000_000
BAD = [
  "bad,host=a integer=1i 1700000000000000000",
  "bad,host=b integer= 1700000000000000000",
  "bad,host=c integer=3i 1700000000000000000",
].freeze

def point(number)
  {
    series: "points",
    tags: { host: "h#{number % 10}", place: "a b,c=d é" },
    values: {
      float: number + 0.5,
      integer: number,
      boolean: number.even?,
      string: "say \"#{number}\", a=b \\ é",
    },
    timestamp: START + number * 1_000_000,
  }
end

def points(first, count)
  (first...first + count).map { |number| point(number) }
end

CLIENT = InfluxDB::Client.new(DATABASE, host: HOST, port: PORT, time_precision: "ns", retry: 0)

def manage
  CLIENT.alter_retention_policy("week", DATABASE, "14d", 1)
  durations = CLIENT.list_retention_policies(DATABASE).to_h { |each| each.values_at("name", "duration") }
  durations["week"] == "336h0m0s" or raise "policies: #{durations}"
  CLIENT.create_database_user(DATABASE, "someone", "secret")
  CLIENT.list_users.map { |each| each["username"] } == ["someone"] or raise "users: #{CLIENT.list_users}"
  CLIENT.delete_user("someone")
  CLIENT.list_series.any? or raise "no series"
  CLIENT.delete_retention_policy("week", DATABASE)
  CLIENT.delete_database(DATABASE)
  CLIENT.list_databases.none? { |each| each["name"] == DATABASE } or raise "the database is still there"
end

def told(verb, first, count)
  case verb
  when "connect" then CLIENT.version
  when "create"
    CLIENT.create_database(DATABASE)
    CLIENT.create_retention_policy("week", DATABASE, "7d", 1)
    CLIENT.list_databases.any? { |each| each["name"] == DATABASE } or raise "there is no such database"
  when "write" then points(first, count).each_slice(2000) { |some| CLIENT.write_points(some) }
  when "bad" then CLIENT.write(BAD.join("\n"), "ns")
  when "conflict"
    CLIENT.write_points([{ **point(0), tags: { host: "conflict" }, values: { integer: "one" } }])
  when "manage" then manage
  when "query" then CLIENT.query('SELECT count("integer") FROM "points"')[0]["values"][0]["count"]
  end
end

$stdout.sync = true
$stdin.each_line do |line|
  verb, first, count = line.split
  next puts("none") if verb == "gzip"

  begin
    found = told(verb, first.to_i, count.to_i)
    puts("ok #{%w[connect query].include?(verb) ? found : ''}")
  rescue StandardError => e
    puts("error #{e.class} #{e.message.split.join(' ')}")
  end
end
