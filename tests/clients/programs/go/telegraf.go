// SPDX-License-Identifier: Apache-2.0

// Telegraf's outputs influxdb and influxdb_v2 (OUTPUT), from its own configuration and with its own buffer, as its agent
// uses them.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/influxdata/telegraf/config"
	"github.com/influxdata/telegraf/logger"
	"github.com/influxdata/telegraf/metric"
	"github.com/influxdata/telegraf/models"
	_ "github.com/influxdata/telegraf/plugins/outputs/influxdb"
	_ "github.com/influxdata/telegraf/plugins/outputs/influxdb_v2"
)

var configurations = map[string]string{
	"influxdb": `[[outputs.influxdb]]
  urls = ["%s"]
  database = "%s"
  content_encoding = "%s"
`,
	"influxdb_v2": `[[outputs.influxdb_v2]]
  urls = ["%s"]
  bucket = "%s"
  content_encoding = "%s"
  token = "my-token"
  organization = "my-org"
`,
}

type client struct {
	plain, packed *models.RunningOutput
}

const logFile = "telegraf.log"

func running(encoding string) *models.RunningOutput {
	settings := config.NewConfig()
	text := fmt.Sprintf(configurations[os.Getenv("OUTPUT")], url, database, encoding)
	if policy := os.Getenv("RETENTION_POLICY"); policy != "" {
		text += fmt.Sprintf("  retention_policy = %q\n", policy)
	}
	if err := settings.LoadConfigData([]byte(text), "telegraf.conf"); err != nil {
		panic(err)
	}
	made := settings.Outputs[0]
	made.MetricBatchSize, made.MetricBufferLimit = 1000, 50000
	if err := made.Init(); err != nil {
		panic(err)
	}
	return made
}

func (c *client) connect() (string, error) {
	if err := c.plain.Connect(); err != nil {
		return "", err
	}
	return "", c.packed.Connect()
}

// Telegraf created its database when it connected; with InfluxDB 2 it makes no bucket.
func (c *client) create() error {
	if os.Getenv("OUTPUT") == "influxdb_v2" {
		return errNothing
	}
	return nil
}

// What Telegraf drops it says in its log, and nowhere else.
func dropped() string {
	text, _ := os.ReadFile(logFile)
	os.Truncate(logFile, 0)
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "will be dropped") || strings.Contains(line, "received error") {
			return line
		}
	}
	return ""
}

func send(to *models.RunningOutput, all []point) error {
	for _, each := range all {
		to.AddMetric(metric.New(each.measurement, each.tags, each.fields, each.at))
	}
	for to.Write() != nil { // its agent comes again at its next flush
		time.Sleep(100 * time.Millisecond)
	}
	if words := dropped(); words != "" {
		return errors.New(words)
	}
	return nil
}

func (c *client) write(all []point) error { return send(c.plain, all) }

func (c *client) gzip(all []point) error { return send(c.packed, all) }

func (c *client) bad([]string) error { return errNothing }

func (c *client) query() (string, error) { return "", errNothing }

func main() {
	if err := logger.SetupLogging(&logger.Config{Logfile: logFile}); err != nil {
		panic(err)
	}
	serve(&client{running("identity"), running("gzip")})
}
