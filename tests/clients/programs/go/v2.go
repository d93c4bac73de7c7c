// SPDX-License-Identifier: Apache-2.0

// influxdb-client-go/v2, the client of InfluxDB 2: it writes each batch by itself, or, with V2_MODE=batching, by its
// own batches.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	v2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api/write"
	"github.com/influxdata/influxdb-client-go/v2/domain"
	"github.com/influxdata/influxdb-client-go/v2/log"
)

const org = "my-org"

type client struct {
	plain, packed v2.Client
	batching      bool
}

// Of the batches that the library sends by itself: one was refused, and why.
var refused atomic.Pointer[string]

// listener hears what the library logs: of batches that were refused in part it says so nowhere else.
type listener struct{ log.Logger }

func (l *listener) note(words string) {
	if strings.Contains(words, "Write error") && !strings.Contains(words, "kept for retrying") {
		refused.Store(&words)
	}
	fmt.Fprintln(os.Stderr, words)
}

func (l *listener) Warn(words string)                          { l.note(words) }
func (l *listener) Error(words string)                         { l.note(words) }
func (l *listener) Warnf(words string, values ...interface{})  { l.note(fmt.Sprintf(words, values...)) }
func (l *listener) Errorf(words string, values ...interface{}) { l.note(fmt.Sprintf(words, values...)) }

func connected(packed bool) v2.Client {
	options := v2.DefaultOptions().SetUseGZip(packed).SetBatchSize(1000).SetFlushInterval(100).
		SetRetryInterval(200).SetMaxRetryInterval(1000).SetMaxRetries(100)
	return v2.NewClientWithOptions(url, "my-token", options)
}

func (c *client) connect() (string, error) {
	health, err := c.plain.Health(context.Background())
	if err != nil {
		return "", err
	}
	return string(health.Status), nil
}

func (c *client) create() error {
	owner, err := c.plain.OrganizationsAPI().FindOrganizationByName(context.Background(), org)
	if err != nil {
		return err
	}
	_, err = c.plain.BucketsAPI().CreateBucketWithName(context.Background(), owner, database)
	return err
}

func made(all []point) []*write.Point {
	points := make([]*write.Point, 0, len(all))
	for _, each := range all {
		points = append(points, v2.NewPoint(each.measurement, each.tags, each.fields, each.at))
	}
	return points
}

func (c *client) send(to v2.Client, all []point) error {
	if !c.batching {
		return batches(all, func(some []point) error {
			return to.WriteAPIBlocking(org, database).WritePoint(context.Background(), made(some)...)
		})
	}
	api := to.WriteAPI(org, database)
	for _, each := range made(all) {
		api.WritePoint(each)
	}
	// Its batches are written after a moment, and what failed when there is something new to be written: a program
	// writes on. (Flush would drop what failed.)
	for refused.Load() == nil && len(all) > 0 && !arrived(all[len(all)-1]) {
		time.Sleep(time.Second)
		api.WritePoint(v2.NewPoint("ticks", nil, map[string]interface{}{"value": 1.0}, time.Now()))
	}
	if words := refused.Swap(nil); words != nil {
		return errors.New(*words)
	}
	return nil
}

func arrived(last point) bool {
	question := fmt.Sprintf(`SELECT integer FROM points WHERE time = %d AND host = '%s'`, last.at.UnixNano(),
		last.tags["host"])
	answer, err := http.Get(url + "/query?db=" + database + "&q=" + neturl.QueryEscape(question))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return strings.Contains(string(body), `"values"`)
}

func (c *client) write(all []point) error { return c.send(c.plain, all) }

func (c *client) gzip(all []point) error { return c.send(c.packed, all) }

func (c *client) bad(lines []string) error {
	if c.batching {
		api := c.plain.WriteAPI(org, database)
		for _, line := range lines {
			api.WriteRecord(line)
		}
		for refused.Load() == nil {
			time.Sleep(20 * time.Millisecond)
		}
		return c.send(c.plain, nil)
	}
	return c.plain.WriteAPIBlocking(org, database).WriteRecord(context.Background(), lines...)
}

func (c *client) query() (string, error) {
	query := fmt.Sprintf(`from(bucket: "%s") |> range(start: 0) |> count()`, database)
	found, err := c.plain.QueryAPI(org).Query(context.Background(), query)
	if err != nil {
		return "", err
	}
	found.Next()
	return fmt.Sprint(found.Record().Value()), found.Err()
}

func (c *client) manage() error {
	all := context.Background()
	if _, err := c.plain.UsersAPI().Me(all); err != nil {
		return err
	}
	buckets := c.plain.BucketsAPI()
	bucket, err := buckets.FindBucketByName(all, database)
	if err != nil {
		return err
	}
	bucket.RetentionRules = domain.RetentionRules{{EverySeconds: 7 * 86400}}
	if _, err = buckets.UpdateBucket(all, bucket); err != nil {
		return err
	}
	if bucket, err = buckets.FindBucketByName(all, database); err != nil {
		return err
	}
	if len(bucket.RetentionRules) != 1 || bucket.RetentionRules[0].EverySeconds != 7*86400 {
		return fmt.Errorf("retention: %v", bucket.RetentionRules)
	}
	if err = buckets.DeleteBucket(all, bucket); err != nil {
		return err
	}
	if _, err = buckets.FindBucketByName(all, database); err == nil {
		return errors.New("the bucket is still there")
	}
	return nil
}

func main() {
	batching := os.Getenv("V2_MODE") == "batching"
	made := &client{connected(false), connected(true), batching}
	log.Log = &listener{log.Log}
	serve(made)
}
