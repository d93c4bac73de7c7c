// SPDX-License-Identifier: Apache-2.0

// influxdb3-go/v2, the client of InfluxDB 3.
package main

import (
	"context"
	"fmt"
	"os"

	v3 "github.com/InfluxCommunity/influxdb3-go/v2/influxdb3"
)

type client struct {
	plain, packed *v3.Client
}

func connected(threshold int) *v3.Client {
	options := v3.DefaultWriteOptions
	options.GzipThreshold = threshold
	options.NoSync = os.Getenv("V3_NO_SYNC") == "true"
	options.UseV2Api = !options.NoSync
	made, err := v3.New(v3.ClientConfig{Host: url, Token: "my-token", Database: database, WriteOptions: &options})
	if err != nil {
		panic(err)
	}
	return made
}

func (c *client) connect() (string, error) { return c.plain.GetServerVersion() }

func (c *client) create() error { return errNothing }

func send(to *v3.Client, all []point) error {
	return batches(all, func(some []point) error {
		points := make([]*v3.Point, 0, len(some))
		for _, each := range some {
			points = append(points, v3.NewPoint(each.measurement, each.tags, each.fields, each.at))
		}
		return to.WritePoints(context.Background(), points)
	})
}

func (c *client) write(all []point) error { return send(c.plain, all) }

func (c *client) gzip(all []point) error { return send(c.packed, all) }

func (c *client) bad(lines []string) error {
	return c.plain.Write(context.Background(), []byte(lines[0]+"\n"+lines[1]+"\n"+lines[2]))
}

func (c *client) query() (string, error) {
	found, err := c.plain.Query(context.Background(), `SELECT count("integer") FROM "points"`)
	if err != nil {
		return "", err
	}
	found.Next()
	return fmt.Sprint(found.Value()), found.Err()
}

func main() { serve(&client{connected(0), connected(1)}) }
